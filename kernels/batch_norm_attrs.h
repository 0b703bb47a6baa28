// What batch normalization and its gradient share: attributes, checks of their inputs, arrays of
// sums, and the types that they are registered for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/shape.h"
#include "sessile/kernels/channels.h"
#include "sessile/kernels/numeric.h"

namespace sessile {

struct BatchNormAttrs {
  Channels dims;
  bool training = true;
  double epsilon = 0;
  double factor = 1;  // how much of the batch's statistics goes into the running ones

  // `x` is the input that is normalized.
  static absl::StatusOr<BatchNormAttrs> Of(const PrepareContext& ctx, const Shape& x);
};

// Whether an input has one dimension; whether it has an element for each channel.
absl::Status CheckIsVector(const char* name, const Shape& shape);
absl::Status CheckChannels(const std::string& name, const Shape& shape, const Channels& dims);

// Arrays of lanes() numbers in one slot of scratch: sums are doubles, values for each channel are
// U.
template <typename U>
class BatchNormLanes {
 public:
  static size_t Bytes(const Channels& dims, int64_t arrays) {
    return static_cast<size_t>(arrays * dims.lanes()) * sizeof(double);
  }

  BatchNormLanes(const Channels& dims, Scratch scratch, int64_t slot)
      : lanes_(dims.lanes()), data_(scratch.slot<double>(slot)) {}
  double* sums(int64_t i) const { return data_ + i * lanes_; }
  U* values(int64_t i) const { return reinterpret_cast<U*>(sums(i)); }
  void Clear(int64_t i) const { std::fill_n(sums(i), lanes_, 0.0); }

 private:
  const int64_t lanes_;
  double* const data_;
};

// Registers versions 1, 2 and 3 of `op` ("FusedBatchNorm" or "FusedBatchNormGrad").
template <template <typename> class K>
void RegisterBatchNormVersions(KernelRegistry& kernels, const std::string& op) {
  for (const std::string& name : {op + "V2", op + "V3"}) {
    kernels.Add<K>(name).template For<TypeList<float, Half, BFloat16>>("T").When("U", float32);
    kernels.Add(name, K<double>::Prepare)
        .Types("T", {float64})
        .Types("U", {float64})
        .YardstickOnly();
  }
  kernels.Add(op, K<float>::Prepare).Types("T", {float32});
  kernels.Add(op, K<double>::Prepare).Types("T", {float64}).YardstickOnly();
}

}  // namespace sessile
