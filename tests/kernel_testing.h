// Runs one kernel of the built-in registry by itself, without a graph or a session.
//
//   KernelCall call{.op = "Relu", .attrs = {{"T", float32}}, .inputs = {x}};
//   SESSILE_ASSIGN_OR_RETURN(const std::vector<Tensor> outputs, RunKernel(call));
//
//   ExpectSameBitsInAnyOrder(call);   // whatever the order and the threads of the blocks
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

inline constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

enum class BlockOrder { kForward, kBackward, kShuffled, kThreads };

struct KernelCall {
  std::string op;
  std::vector<std::pair<std::string, AttrValue>> attrs = {};
  std::vector<Tensor> inputs = {};
  // The outputs' types; all have the type of attribute T if this is empty.
  std::vector<DataType> output_types = {};
  // Yardstick kernels count. Types in `attrs` are those carried.
  bool yardstick = false;
  BlockOrder order = BlockOrder::kForward;
  // Lets outputs take the memory of a copy of the input that they may be forwarded from.
  bool in_place = false;
};

// The outputs. Kernels whose outputs depend on data or that need session state are not for this.
// Scratch and outputs are filled with garbage before, so that reading them is noticed.
absl::StatusOr<std::vector<Tensor>> RunKernel(const KernelCall& call);
// The same for kernels with one output, adding a failure to the running test if there is an error.
Tensor RunKernelOrFail(const KernelCall& call);

// The codes that the kernel of the call chooses from.
absl::StatusOr<Alternatives> AlternativesOf(const KernelCall& call);

// Expects the same bits for blocks forward, backward, shuffled and on several threads, and for
// outputs in place of inputs.
void ExpectSameBitsInAnyOrder(KernelCall call);

// Values between -1 and 1, the same for the same seed. T is float or double.
template <typename T>
Tensor RandomTensor(const Shape& shape, uint64_t seed);

// The largest distance between elements of `actual` (float or double) and `expected` (double),
// relative to the largest magnitude of `expected` or to 1 if that is smaller. Infinite where the
// shapes differ or only one is NaN.
double Distance(const Tensor& actual, const Tensor& expected);

// Expects that `status` has this code and a message that contains `text`.
void ExpectError(const absl::Status& status, absl::StatusCode code, const std::string& text);

}  // namespace sessile
