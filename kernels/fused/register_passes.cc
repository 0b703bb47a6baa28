#include "sessile/kernels/fused/register_passes.h"

namespace sessile {

void RegisterPasses(KernelRegistry& kernels) {
  RegisterCommonSubexpressions(kernels);
  RegisterRowChunks(kernels);
  RegisterZeros(kernels);
  RegisterBatchNormRelu(kernels);
  RegisterFuseElementwise(kernels);
  RegisterFuseEpilogue(kernels);
  RegisterFlatUpdates(kernels);
}

}  // namespace sessile
