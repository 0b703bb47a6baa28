// oneDNN behind one door: onednn.cc alone knows its types, onednn_version.h its versions.
//
//   SESSILE_ASSIGN_OR_RETURN(auto conv, onednn::Convolution::Of(Kind::kForward, shape));
//   conv->PackFilter(hwio, packed, scratch);         // filter_bytes(), scratch_bytes()
//   conv->Run(input, packed, output, scratch);
//
// All is computed on the calling thread. Exceptions of oneDNN become statuses here. Buffers that
// are called packed or scratch are aligned to kBufferAlignment; the caller owns all memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/buffer.h"

namespace sessile::onednn {

// c = op(a) * op(b), row-major: op(a) is [m,k], op(b) is [k,n], c is [m,n]; lda, ldb and ldc are
// the distances between rows as they are stored. REQUIRES: m, n and k above 0.
absl::Status Sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                   const float* a, int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc);

// Height and width.
using Pair = std::array<int64_t, 2>;

// A convolution of float32 images. Filters are HWIO; I is in_channels / groups.
struct ConvolutionShape {
  int64_t batch = 0;
  int64_t groups = 1;
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  Pair input = {};
  Pair filter = {};
  Pair output = {};
  Pair stride = {1, 1};
  Pair dilation = {1, 1};  // 1: taps are neighbours
  Pair pad_before = {};
  Pair pad_after = {};
  bool channels_last = true;

  friend auto operator<=>(const ConvolutionShape&, const ConvolutionShape&) = default;
};

// Whether an implementation of this name unrolls windows into a matrix ("gemm"): for when there is
// nothing else.
bool IsMatrixProduct(std::string_view name);

enum class ConvolutionKind { kForward, kBackwardInput, kBackwardFilter };

// One convolution, ready to run. Immutable and thread-safe; equal ones are shared by the process.
class Convolution {
 public:
  // oneDNN's names of what it has for this shape, the best by our rules first; its reference loops
  // do not count. REQUIRES: every size is above 0.
  static absl::StatusOr<std::vector<std::string>> Implementations(ConvolutionKind kind,
                                                                  const ConvolutionShape& shape);
  // By the implementation of that name, or else by the best. UNIMPLEMENTED if oneDNN has no such
  // one, or nothing, for this shape. REQUIRES: every size is above 0.
  static absl::StatusOr<std::shared_ptr<const Convolution>> Of(ConvolutionKind kind,
                                                               const ConvolutionShape& shape,
                                                               std::string_view name = {});
  virtual ~Convolution() = default;

  // Bytes of the filter, or of its gradient, in the layout that Run wants.
  virtual size_t filter_bytes() const = 0;
  // True if that layout is the same for both.
  virtual bool SharesFilterLayout(const Convolution& other) const = 0;
  // Bytes that each of the calls below needs for itself.
  virtual size_t scratch_bytes() const = 0;
  // oneDNN's name of the implementation: "jit:avx2".
  virtual const char* implementation() const = 0;

  virtual absl::Status PackFilter(const float* hwio, void* packed, void* scratch) const = 0;
  virtual absl::Status UnpackFilter(const void* packed, float* hwio, void* scratch) const = 0;
  // kForward writes `output`, kBackwardInput writes `input` (the gradient of it, from the gradient
  // of the output), kBackwardFilter writes `packed`; the others are read.
  virtual absl::Status Run(float* input, void* packed, float* output, void* scratch) const = 0;
};

}  // namespace sessile::onednn
