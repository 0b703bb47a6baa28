// Every file of kernels/ registers its kernels with one function; these are all of them.
#pragma once

#include "sessile/core/framework/kernel_registry.h"

namespace sessile {

void RegisterBatchNorm(KernelRegistry& kernels);
void RegisterBiasAdd(KernelRegistry& kernels);
void RegisterConv2D(KernelRegistry& kernels);
void RegisterMatMul(KernelRegistry& kernels);
void RegisterRelu(KernelRegistry& kernels);

// All of the above.
void RegisterAllKernels(KernelRegistry& kernels);

}  // namespace sessile
