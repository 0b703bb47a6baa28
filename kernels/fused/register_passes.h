// The passes that know operations by name, each beside the kernel that it puts in their place.
#pragma once

#include "sessile/core/framework/kernel_registry.h"

namespace sessile {

void RegisterCommonSubexpressions(KernelRegistry& kernels);
void RegisterRowChunks(KernelRegistry& kernels);
void RegisterZeros(KernelRegistry& kernels);
void RegisterBatchNormRelu(KernelRegistry& kernels);
void RegisterFuseElementwise(KernelRegistry& kernels);
void RegisterFuseEpilogue(KernelRegistry& kernels);
void RegisterFlatUpdates(KernelRegistry& kernels);

// All of the above, in the order in which they run.
void RegisterPasses(KernelRegistry& kernels);

}  // namespace sessile
