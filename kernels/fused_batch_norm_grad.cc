// The gradient of FusedBatchNorm in its three versions. For the gradient g of y, with N elements
// for each channel and r = 1 / sqrt(variance + epsilon):
//
//   scale_backprop = r * sum(g * (x - mean))
//   offset_backprop = sum(g)
//   x_backprop = scale * r * (g - sum(g) / N - (x - mean) * r^2 * sum(g * (x - mean)) / N)
//
// Sums are kept in double. Phase 0 sums each block of rows, phase 1 joins the blocks in order,
// phase 2 computes the elements as a * (g - m) + (b * (x - mean) + c) with m the rounded sum(g) /
// N: what cancels there is not rounded before. If not training, nothing is subtracted from g. With
// ReLU, g counts only where the ReLU's output is positive.

#include <algorithm>
#include <cmath>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/batch_norm_attrs.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/channels.h"
#include "sessile/kernels/fused_batch_norm.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

template <typename T>
class FusedBatchNormGrad final : public Prepared {
 public:
  using U = Wide<T>;
  using Lanes = BatchNormLanes<U>;
  static constexpr int64_t kArrays = 5;

  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    const Shape& gradient = ctx.input_shape(0);
    const Shape& x = ctx.input_shape(1);
    SESSILE_ASSIGN_OR_RETURN(const BatchNormAttrs attrs, BatchNormAttrs::Of(ctx, x));
    if (x != gradient) {
      return InvalidArgument("x and y_backprop must have same shape, but x has shape ",
                             x.ToString(), " and y_backprop has shape ", gradient.ToString());
    }
    const char* const names[] = {"scale", "reserve_space_1", "reserve_space_2"};
    for (int i = 0; i < 3; ++i) {
      SESSILE_RETURN_IF_ERROR(CheckIsVector(names[i], ctx.input_shape(2 + i)));
    }
    for (int i = 0; i < 3; ++i) {
      SESSILE_RETURN_IF_ERROR(CheckChannels(names[i], ctx.input_shape(2 + i), attrs.dims));
    }
    return std::make_unique<FusedBatchNormGrad>(attrs, x);
  }

  // With `features` >= 0 that input is a ReLU's output, whose gradient input 0 is.
  FusedBatchNormGrad(const BatchNormAttrs& attrs, const Shape& shape, int features = -1)
      : attrs_(attrs),
        dims_(attrs.dims),
        features_(features),
        blocks_(BlocksOf(dims_.outer, 2 * dims_.stride() * static_cast<int64_t>(sizeof(T)))) {
    constexpr DataType of_channels = DataTypeOf<U>::value;
    AddOutput(DataTypeOf<T>::value, shape);
    for (int i = 0; i < 2; ++i) AddOutput(of_channels, Shape({dims_.channels}));
    for (int i = 0; i < 2; ++i) AddOutput(of_channels, Shape({0}));
    MayForward(0, 0);
    AddPhase(blocks_);
    AddPhase(1);
    AddPhase(blocks_);
    SetScratch(blocks_ + 1, Lanes::Bytes(dims_, kArrays));
  }

  std::shared_ptr<const Prepared> AfterReluGrad() const {
    constexpr int kInputs = 6;
    return std::make_shared<FusedBatchNormGrad>(attrs_, outputs()[0].shape, kInputs);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    switch (phase) {
      case 0:
        BlockSums(in, block, Lanes(dims_, scratch, block));
        break;
      case 1:
        JoinBlocks(in, out, scratch);
        break;
      default:
        BackwardElements(in, Lanes(dims_, scratch, blocks_), block, out[0].data<T>());
    }
    return absl::OkStatus();
  }

 private:
  IndexRange Rows(int64_t block) const { return BlockRange(dims_.outer, block, blocks_); }

  // Sums [0] of g, [1] of g * (x - mean), over the block.
  void BlockSums(Inputs in, int64_t block, const Lanes& lanes) const {
    const T* const x = in[1].data<T>();
    lanes.Clear(0);
    lanes.Clear(1);
    U* const mean = lanes.values(2);
    std::copy_n(in[3].data<U>(), dims_.channels, mean);
    dims_.Tile(mean);
    WithGradient(in, [&](auto g) {
      const auto gradient = [=](int64_t i, int64_t) { return g(i); };
      const auto product = [=](int64_t i, int64_t lane) {
        return g(i) * (Widen(x[i]) - mean[lane]);
      };
      dims_.AddUp<T>(Rows(block), Addends{gradient, lanes.sums(0)},
                     Addends{product, lanes.sums(1)});
    });
    dims_.Fold(lanes.sums(0));
    dims_.Fold(lanes.sums(1));
  }

  void JoinBlocks(Inputs in, Outputs out, Scratch scratch) const {
    const Lanes lanes(dims_, scratch, blocks_);
    const auto count = static_cast<double>(dims_.per_channel());
    for (int64_t c = 0; c < dims_.channels; ++c) {
      double sum = 0;
      double products = 0;
      for (int64_t block = 0; block < blocks_; ++block) {
        const Lanes of_block(dims_, scratch, block);
        sum += of_block.sums(0)[c];
        products += of_block.sums(1)[c];
      }
      const double r = 1 / std::sqrt(double{in[4].data<U>()[c]} + attrs_.epsilon);
      out[1].data<U>()[c] = static_cast<U>(r * products);
      out[2].data<U>()[c] = static_cast<U>(sum);
      const double slope = double{in[2].data<U>()[c]} * r;
      const double correction = attrs_.training ? -slope * r * r * products / count : 0;
      lanes.values(0)[c] = static_cast<U>(slope);
      lanes.values(1)[c] = static_cast<U>(correction);
      const double mean_gradient = attrs_.training && count > 0 ? sum / count : 0;
      const U rounded = static_cast<U>(mean_gradient);
      lanes.values(2)[c] = static_cast<U>(slope * (double{rounded} - mean_gradient));
      lanes.values(3)[c] = in[3].data<U>()[c];
      lanes.values(4)[c] = rounded;
    }
    for (int64_t i = 0; i < kArrays; ++i) dims_.Tile(lanes.values(i));
  }

  void BackwardElements(Inputs in, const Lanes& lanes, int64_t block, T* x_backprop) const {
    const T* const x = in[1].data<T>();
    const U *const a = lanes.values(0), *const b = lanes.values(1), *const c = lanes.values(2),
                   *const mean = lanes.values(3), *const m = lanes.values(4);
    WithGradient(in, [&](auto g) {
      if (!attrs_.training) {
        dims_.Walk<T>(Rows(block),
                      [=](int64_t i, int64_t lane) { x_backprop[i] = Narrow<T>(a[lane] * g(i)); });
        return;
      }
      dims_.Walk<T>(Rows(block), [=](int64_t i, int64_t lane) {
        const U of_statistics = b[lane] * (Widen(x[i]) - mean[lane]) + c[lane];
        x_backprop[i] = Narrow<T>(a[lane] * (g(i) - m[lane]) + of_statistics);
      });
    });
  }

  // Calls use(g) with g(i), element i of the gradient of the normalized values.
  template <typename Use>
  void WithGradient(Inputs in, Use use) const {
    const T* g = in[0].data<T>();
    if (features_ < 0) {
      use([g](int64_t i) { return Widen(g[i]); });
      return;
    }
    const T* features = in[static_cast<size_t>(features_)].data<T>();
    use([g, features](int64_t i) { return Widen(g[i]) * OneIfPositive(Widen(features[i])); });
  }

  const BatchNormAttrs attrs_;
  const Channels dims_;
  const int features_;
  const int64_t blocks_;
};

}  // namespace

std::shared_ptr<const Prepared> ReluGradThenBatchNormGrad(const Prepared& kernel) {
  const auto* const gradient = dynamic_cast<const FusedBatchNormGrad<float>*>(&kernel);
  return gradient != nullptr ? gradient->AfterReluGrad() : nullptr;
}

void RegisterFusedBatchNormGrad(KernelRegistry& kernels) {
  RegisterBatchNormVersions<FusedBatchNormGrad>(kernels, "FusedBatchNormGrad");
}

}  // namespace sessile
