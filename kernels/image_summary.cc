// ImageSummary: the first images of a batch as PNG files in a Summary message.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/png.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/proto/summary.pb.h"

namespace sessile {
namespace {

template <typename T>
bool IsFinitePixel(const T* pixel, size_t channels) {
  return std::all_of(pixel, pixel + channels, [](T v) { return std::isfinite(Widen(v)); });
}

// As TensorFlow shows floats: the largest is 255; or, if there are negative ones, 0 is 128 and what
// is farthest from it 1 or 255. Pixels that are not finite have `bad_color`.
template <typename T>
void ToBytes(const T* values, std::span<const uint8_t> bad_color, size_t channels,
             std::vector<uint8_t>* bytes) {
  using W = Wide<T>;
  W low = std::numeric_limits<W>::infinity();
  W high = -low;
  for (size_t i = 0; i < bytes->size(); i += channels) {
    if (!IsFinitePixel(values + i, channels)) continue;
    for (size_t c = 0; c < channels; ++c) {
      low = std::min<W>(low, Widen(values[i + c]));
      high = std::max<W>(high, Widen(values[i + c]));
    }
  }
  constexpr W kZero = static_cast<W>(1e-6);
  const W most = low < 0 ? std::max(std::abs(low), std::abs(high)) : high;
  const W scale = most < kZero ? W{0} : W(low < 0 ? 127 : 255) / most;
  const W offset = low < 0 ? W{128} : W{0};
  for (size_t i = 0; i < bytes->size(); i += channels) {
    const bool finite = IsFinitePixel(values + i, channels);
    for (size_t c = 0; c < channels; ++c) {
      const W shown = Widen(values[i + c]) * scale + offset;
      (*bytes)[i + c] = finite ? static_cast<uint8_t>(shown) : bad_color[c];
    }
  }
}

template <typename T>
class ImageSummary final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& images = ctx.input_shape(1);
    if (ctx.input_shape(0).rank() != 0) {
      return InvalidArgument("Tag must be a scalar, got shape ", ctx.input_shape(0).ToString());
    }
    if (images.rank() != 4 || (images.dim(3) != 1 && images.dim(3) != 3 && images.dim(3) != 4)) {
      return InvalidArgument("Tensor must be 4-D with last dim 1, 3, or 4, not ",
                             images.ToString());
    }
    if (images.num_elements() > 0 &&
        images.num_elements() / images.dim(0) > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("Tensor too large for summary ", images.ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(const int64_t most, ctx.Attr<int64_t>("max_images"));
    SESSILE_ASSIGN_OR_RETURN(const Tensor color, ctx.Attr<Tensor>("bad_color"));
    if (color.dtype() != uint8) {
      return InvalidArgument("Expected uint8 bad color, got ", DataTypeName(color.dtype()));
    }
    if (color.shape().rank() != 1 || color.num_elements() < images.dim(3)) {
      return InvalidArgument("expected depth <= bad_color.size, got depth = ", images.dim(3),
                             ", bad_color.size = ", color.num_elements());
    }
    return std::make_unique<ImageSummary>(images, most, color);
  }

  ImageSummary(const Shape& images, int64_t most, Tensor color)
      : images_(images), most_(most), color_(std::move(color)) {
    AddOutput(DataType::kString, Shape());
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const int64_t size = images_.dim(1) * images_.dim(2) * images_.dim(3);
    const auto channels = static_cast<size_t>(images_.dim(3));
    const std::string& tag = *in[0].data<std::string>();
    pb::Summary summary;
    std::vector<uint8_t> bytes(static_cast<size_t>(size));
    for (int64_t i = 0; i < std::min(most_, images_.dim(0)); ++i) {
      const T* const values = in[1].data<T>() + i * size;
      if constexpr (std::is_same_v<T, uint8_t>) {
        std::copy_n(values, bytes.size(), bytes.begin());
      } else {
        ToBytes(values, color_.flat<uint8_t>(), channels, &bytes);
      }
      pb::Summary::Value* const value = summary.add_value();
      value->set_tag(most_ > 1 ? absl::StrCat(tag, "/image/", i) : absl::StrCat(tag, "/image"));
      pb::Summary::Image* const image = value->mutable_image();
      image->set_height(static_cast<int32_t>(images_.dim(1)));
      image->set_width(static_cast<int32_t>(images_.dim(2)));
      image->set_colorspace(static_cast<int32_t>(channels));
      SESSILE_ASSIGN_OR_RETURN(*image->mutable_encoded_image_string(),
                               EncodePng(bytes, images_.dim(1), images_.dim(2), images_.dim(3)));
    }
    SESSILE_ASSIGN_OR_RETURN(*out[0].data<std::string>(), SerializeDeterministic(summary));
    return absl::OkStatus();
  }

 private:
  const Shape images_;
  const int64_t most_;
  const Tensor color_;
};

}  // namespace

void RegisterImageSummary(KernelRegistry& kernels) {
  kernels.Add<ImageSummary>("ImageSummary").For<TypeList<uint8_t, float, Half, double>>("T");
}

}  // namespace sessile
