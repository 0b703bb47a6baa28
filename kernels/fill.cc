// Fill, ZerosLike, OnesLike, Range: values that come from no other tensor.

#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/range_size.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class Fill final : public Prepared {
 public:
  Fill(DataType dtype, const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(dtype, shape);
    AddPhase(BlocksOf(size_, sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T& value = *Elements<T>(in[1]);
    T* y = Elements<T>(out[0]);
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) y[i] = value;
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

PreparedOr PrepareFill(const PrepareContext& ctx) {
  if (ctx.input_shape(0).rank() > 1) {
    return InvalidArgument("dims must represent a vector, got shape ",
                           ctx.input_shape(0).ToString());
  }
  if (ctx.input_shape(1).num_elements() != 1) {
    return InvalidArgument("value must represent a scalar, got shape ",
                           ctx.input_shape(1).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeOfSizes(*ctx.input_value(0)));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Fill<T>>(ctx.output_dtype(0), shape);
  });
}

template <typename T>
class Same final : public Prepared {
 public:
  Same(DataType dtype, const Shape& shape, T value) : size_(shape.num_elements()), value_(value) {
    AddOutput(dtype, shape);
    AddPhase(BlocksOf(size_, sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t block) const override {
    T* y = Elements<T>(out[0]);
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) y[i] = value_;
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const T value_;
};

PreparedOr PrepareZerosLike(const PrepareContext& ctx) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Same<T>>(ctx.output_dtype(0), ctx.input_shape(0), T());
  });
}

template <typename T>
struct OnesLike {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<Same<T>>(DataTypeOf<T>::value, ctx.input_shape(0), Narrow<T>(1));
  }
};

// Element i is start + i * delta, as TensorFlow computes it: errors do not add up.
template <typename T>
class Range final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    constexpr const char* kNames[] = {"start", "limit", "delta"};
    using Number = std::conditional_t<std::is_integral_v<T>, int64_t, Wide<T>>;
    T values[3];
    Number numbers[3];
    for (int i = 0; i < 3; ++i) {
      if (ctx.input_shape(i).num_elements() != 1 || ctx.input_shape(i).rank() > 1) {
        return InvalidArgument(kNames[i], " must be a scalar, not shape ",
                               ctx.input_shape(i).ToString());
      }
      values[i] = ctx.input_value(i)->data<T>()[0];
      numbers[i] = static_cast<Number>(Widen(values[i]));
    }
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, RangeSize(numbers[0], numbers[1], numbers[2]));
    return std::make_unique<Range>(values[0], values[2], size);
  }

  Range(T start, T delta, int64_t size) : start_(start), delta_(delta), size_(size) {
    AddOutput(DataTypeOf<T>::value, Shape({size}));
    AddPhase(BlocksOf(size, sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs, Outputs out, Scratch, int, int64_t block) const override {
    const Wide<T> start = Widen(start_);
    const Wide<T> delta = Widen(delta_);
    T* y = out[0].data<T>();
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      y[i] = Narrow<T>(WrapAdd(start, WrapMul(static_cast<Wide<T>>(i), delta)));
    }
    return absl::OkStatus();
  }

 private:
  const T start_;
  const T delta_;
  const int64_t size_;
};

}  // namespace

void RegisterFill(KernelRegistry& kernels) {
  kernels.Add("Fill", PrepareFill).ValueInput(0);
  kernels.Add("ZerosLike", PrepareZerosLike);
  kernels.Add<OnesLike>("OnesLike").For<AllNumberTypes>("T");
  kernels.Add<OnesLike>("OnesLike").For<TypeList<bool>>("T");
  kernels.Lacks("OnesLike", "T", ComplexTypes(), kNoComplexKernels);
  kernels.Add<Range>("Range").For<AllNumberTypes>("Tidx").AllValueInputs();
}

}  // namespace sessile
