// Fill, ZerosLike, OnesLike: values that come from no other tensor.

#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/range_size.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/variant.h"
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

// Of lists of tensors and their kin.
class ZerosLikeVariants final : public Prepared {
 public:
  explicit ZerosLikeVariants(const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(DataType::kVariant, shape);
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    for (int64_t i = 0; i < size_; ++i) {
      const VariantValue* const x = in[0].data<Variant>()[i].get();
      if (x == nullptr) return InvalidArgument("ZerosLike: element ", i, " is empty");
      SESSILE_ASSIGN_OR_RETURN(out[0].data<Variant>()[i], x->ZerosLike());
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

PreparedOr PrepareZerosLike(const PrepareContext& ctx) {
  if (ctx.output_dtype(0) == DataType::kVariant) {
    return std::make_unique<ZerosLikeVariants>(ctx.input_shape(0));
  }
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

}  // namespace

void RegisterFill(KernelRegistry& kernels) {
  kernels.Add("Fill", PrepareFill).ValueInput(0);
  kernels.Add("ZerosLike", PrepareZerosLike);
  kernels.Add<OnesLike>("OnesLike").For<WithComplex<AllNumberTypes>>("T");
  kernels.Add<OnesLike>("OnesLike").For<TypeList<bool>>("T");
}

}  // namespace sessile
