// BatchNormWithGlobalNormalization and its gradient. With r = 1 / sqrt(v + epsilon), g = gamma or,
// without scaling, 1, and sums over all but the channels:
//
//   y = (t - m) r g + beta
//   dx = r g dy             dm = -r g sum(dy)        dv = -r^3 g sum(dy (t - m)) / 2
//   db = sum(dy)            dg = r sum(dy (t - m)), or 0 without scaling

#include <cmath>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

struct GlobalNormalization {
  double epsilon = 0;
  bool scales = false;
  int64_t channels = 0;
  int64_t rows = 0;

  static absl::StatusOr<GlobalNormalization> Of(const PrepareContext& ctx, int first_vector,
                                                int end_vectors) {
    const Shape& t = ctx.input_shape(0);
    if (t.rank() != 4) {
      return InvalidArgument("input must be 4-dimensional, but has shape ", t.ToString());
    }
    GlobalNormalization made;
    SESSILE_ASSIGN_OR_RETURN(const float epsilon, ctx.attrs().Get<float>("variance_epsilon"));
    SESSILE_ASSIGN_OR_RETURN(made.scales, ctx.attrs().Get<bool>("scale_after_normalization"));
    made.epsilon = epsilon;
    made.channels = t.dim(3);
    made.rows = t.Slice(0, 3).num_elements();
    for (int i = first_vector; i < end_vectors; ++i) {
      if (ctx.input_shape(i) == Shape({made.channels})) continue;
      return InvalidArgument("input ", i, " must have shape [", made.channels,
                             "], as the channels of t, but has ", ctx.input_shape(i).ToString());
    }
    return made;
  }
};

template <typename T>
class GlobalNormalize final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const auto attrs, GlobalNormalization::Of(ctx, 1, 5));
    return std::make_unique<GlobalNormalize>(attrs, ctx.input_shape(0));
  }
  GlobalNormalize(const GlobalNormalization& attrs, const Shape& shape) : attrs_(attrs) {
    AddOutput(DataTypeOf<T>::value, shape);
    MayForward(0, 0);
    AddPhase(BlocksOf(attrs.rows, attrs.channels * static_cast<int64_t>(sizeof(T))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* t = in[0].data<T>();
    T* y = out[0].data<T>();
    const IndexRange rows = BlockRange(attrs_.rows, block, num_blocks(0));
    for (int64_t c = 0; c < attrs_.channels; ++c) {
      const double r = 1 / std::sqrt(double{in[2].data<T>()[c]} + attrs_.epsilon);
      const double slope = attrs_.scales ? r * double{in[4].data<T>()[c]} : r;
      const double mean = double{in[1].data<T>()[c]};
      const double beta = double{in[3].data<T>()[c]};
      for (const int64_t row : rows) {
        const int64_t i = row * attrs_.channels + c;
        y[i] = static_cast<T>((double{t[i]} - mean) * slope + beta);
      }
    }
    return absl::OkStatus();
  }

 private:
  const GlobalNormalization attrs_;
};

template <typename T>
class GlobalNormalizeGrad final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const auto attrs, GlobalNormalization::Of(ctx, 1, 4));
    if (ctx.input_shape(4) != ctx.input_shape(0)) {
      return InvalidArgument("t and backprop must have the same shape, but have ",
                             ctx.input_shape(0).ToString(), " and ", ctx.input_shape(4).ToString());
    }
    return std::make_unique<GlobalNormalizeGrad>(attrs, ctx.input_shape(0));
  }
  GlobalNormalizeGrad(const GlobalNormalization& attrs, const Shape& shape) : attrs_(attrs) {
    AddOutput(DataTypeOf<T>::value, shape);
    for (int i = 0; i < 4; ++i) AddOutput(DataTypeOf<T>::value, Shape({attrs.channels}));
    // A block has channels of its own, so that each sum is one.
    AddPhase(BlocksOf(attrs.channels, attrs.rows * static_cast<int64_t>(2 * sizeof(T))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t c : BlockRange(attrs_.channels, block, num_blocks(0))) Channel(in, out, c);
    return absl::OkStatus();
  }

 private:
  void Channel(Inputs in, Outputs out, int64_t c) const {
    const double r = 1 / std::sqrt(double{in[2].data<T>()[c]} + attrs_.epsilon);
    const double g = attrs_.scales ? double{in[3].data<T>()[c]} : 1;
    const double mean = double{in[1].data<T>()[c]};
    double sum = 0;
    double products = 0;
    for (int64_t row = 0; row < attrs_.rows; ++row) {
      const int64_t i = row * attrs_.channels + c;
      const double dy = double{in[4].data<T>()[i]};
      sum += dy;
      products += dy * (double{in[0].data<T>()[i]} - mean);
      out[0].data<T>()[i] = static_cast<T>(r * g * dy);
    }
    out[1].data<T>()[c] = static_cast<T>(-r * g * sum);
    out[2].data<T>()[c] = static_cast<T>(-r * r * r * g * products / 2);
    out[3].data<T>()[c] = static_cast<T>(sum);
    out[4].data<T>()[c] = static_cast<T>(attrs_.scales ? r * products : 0);
  }

  const GlobalNormalization attrs_;
};

}  // namespace

void RegisterBatchNormWithGlobalNormalization(KernelRegistry& kernels) {
  constexpr char kForward[] = "BatchNormWithGlobalNormalization";
  constexpr char kBackward[] = "BatchNormWithGlobalNormalizationGrad";
  kernels.Add<InWiderType<GlobalNormalize>::Kernel>(kForward).For<AllFloatTypes>("T");
  kernels.Add<InWiderType<GlobalNormalizeGrad>::Kernel>(kBackward).For<AllFloatTypes>("T");
  for (const char* op : {kForward, kBackward}) {
    kernels.Lacks(op, "T", {int8, int16, int32, int64, uint8, uint16, uint32, uint64},
                  "integers have no square root");
    kernels.Lacks(op, "T", ComplexTypes(), "TensorFlow has no kernels for complex numbers");
    kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  }
}

}  // namespace sessile
