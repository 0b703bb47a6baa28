// ExtractImagePatches: whole pixels are copied, whatever their type.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct PatchSide {
  int64_t input = 0;
  int64_t output = 0;
  int64_t size = 0;  // of the window
  int64_t stride = 1;
  int64_t rate = 1;
  int64_t pad = 0;
};

// Blocks are ranges of windows.
template <typename T>
class ImagePatches final : public Prepared {
 public:
  ImagePatches(DataType dtype, const Shape& images, const std::array<PatchSide, 2>& sides,
               const Shape& patches)
      : channels_(images.dim(3)),
        y_(sides[0]),
        x_(sides[1]),
        windows_(patches.dim(0) * patches.dim(1) * patches.dim(2)) {
    AddOutput(dtype, patches);
    if (patches.num_elements() == 0) return;
    AddPhase(BlocksOf(windows_, 2 * patches.dim(3) * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const images = Elements<T>(in[0]);
    for (const int64_t window : BlockRange(windows_, block, num_blocks(0))) {
      const int64_t column = window % x_.output;
      const int64_t row = window / x_.output % y_.output;
      const int64_t b = window / x_.output / y_.output;
      T* patch = Elements<T>(out[0]) + window * y_.size * x_.size * channels_;
      for (int64_t i = 0; i < y_.size; ++i) {
        const int64_t y = row * y_.stride + i * y_.rate - y_.pad;
        for (int64_t j = 0; j < x_.size; ++j, patch += channels_) {
          const int64_t x = column * x_.stride + j * x_.rate - x_.pad;
          if (y < 0 || y >= y_.input || x < 0 || x >= x_.input) {
            std::fill_n(patch, channels_, T{});
          } else {
            std::copy_n(images + ((b * y_.input + y) * x_.input + x) * channels_, channels_, patch);
          }
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  const int64_t channels_;
  const PatchSide y_;
  const PatchSide x_;
  const int64_t windows_;
};

PreparedOr PrepareImagePatches(const PrepareContext& ctx) {
  const Shape& images = ctx.input_shape(0);
  if (images.rank() != 4) {
    return InvalidArgument("input must be 4-dimensional", images.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window,
                           WindowGeometry::Of("ExtractImagePatches", ctx.attrs()));
  std::array<PatchSide, 2> sides;
  for (int i = 0; i < 2; ++i) {
    const int64_t input = images.dim(i + 1);
    SESSILE_ASSIGN_OR_RETURN(const WindowExtent extent, window.Extent(i, input, window.ksize(i)));
    sides[static_cast<size_t>(i)] = {.input = input,
                                     .output = extent.output,
                                     .size = window.ksize(i),
                                     .stride = window.stride(i),
                                     .rate = window.dilation(i),
                                     .pad = extent.pad_before};
  }
  int64_t depth = images.dim(3);
  for (const PatchSide& side : sides) {
    if (__builtin_mul_overflow(depth, side.size, &depth)) {
      return InvalidArgument("patches of ", sides[0].size, " x ", sides[1].size,
                             " pixels are too large");
    }
  }
  const std::vector<int64_t> dims = {images.dim(0), sides[0].output, sides[1].output, depth};
  SESSILE_ASSIGN_OR_RETURN(const Shape patches, Shape::FromDims(dims));
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<ImagePatches<T>>(ctx.output_dtype(0), images, sides, patches);
  });
}

}  // namespace

void RegisterImagePatches(KernelRegistry& kernels) {
  kernels.Add("ExtractImagePatches", PrepareImagePatches);
}

}  // namespace sessile
