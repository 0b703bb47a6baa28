// VariableV2, Variable and what reads and writes the value behind their reference: Assign,
// AssignAdd, AssignSub, CountUpTo, RefSelect, IsVariableInitialized; and the same for handles. The
// executor holds the variable's lock while a kernel here runs.

#include "sessile/core/session/variable.h"

#include <algorithm>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// In the first version of variables the shape of a scalar means none.
absl::StatusOr<Shape> DeclaredShape(const Node& node) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, node.attrs().GetOr<Shape>("shape", Shape::Unknown()));
  const bool is_old_scalar = node.op_type() == "Variable" && shape == Shape();
  return is_old_scalar ? Shape::Unknown() : shape;
}

absl::StatusOr<std::unique_ptr<KernelState>> MakeVariable(const Node& node) {
  SESSILE_ASSIGN_OR_RETURN(Shape shape, DeclaredShape(node));
  return std::make_unique<VariableState>(node.name(), std::move(shape));
}

class VariableOutput final : public Prepared {
 public:
  VariableOutput(DataType dtype, const Shape& shape) { AddOutput(dtype, shape); }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareVariable(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, DeclaredShape(ctx.node()));
  return std::make_unique<VariableOutput>(ctx.output_dtype(0), shape);
}

template <typename T>
class Assign final : public Prepared {
 public:
  Assign(const PrepareContext& ctx, bool same_shape)
      : size_(ctx.input_shape(1).num_elements()), same_shape_(same_shape) {
    Initializes(0, {ctx.input_dtype(1), ctx.input_shape(1)});
    Updates(ctx, 0);
    AddPhase(BlocksOf(size_, 2 * sizeof(T)));
  }
  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int,
                   int64_t block) const override {
    if (same_shape_) {
      const Shape& declared = ctx.variable(0)->declared_shape();
      if (!Shape::Compatible(declared, in[1].shape())) {
        return InvalidArgument("Assign requires shapes of both tensors to match. lhs shape= ",
                               declared.ToString(), " rhs shape= ", in[1].shape().ToString());
      }
    }
    const T* const value = Elements<T>(in[1]);
    T* const variable = Elements<T>(in[0]);
    if (value == variable) return absl::OkStatus();  // assigned to itself
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    std::copy(value + range.first(), value + range.last(), variable + range.first());
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const bool same_shape_;
};

PreparedOr PrepareAssign(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool same_shape, ctx.attrs().GetOr<bool>("validate_shape", true));
  const Shape& old = ctx.input_shape(0);
  if (same_shape && !Shape::Compatible(old, ctx.input_shape(1))) {
    return InvalidArgument("Assign requires shapes of both tensors to match. lhs shape= ",
                           old.ToString(), " rhs shape= ", ctx.input_shape(1).ToString());
  }
  return WithStorage(ctx.input_dtype(1), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Assign<T>>(ctx, same_shape);
  });
}

// A handle takes a value of any shape, unless the node asks for the one that is there.
PreparedOr PrepareAssignVariable(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool same_shape, ctx.attrs().GetOr<bool>("validate_shape", false));
  const Shape& old = ctx.input_shape(0);
  if (same_shape && !Shape::Compatible(old, ctx.input_shape(1))) {
    return InvalidArgument("Trying to assign to variable with tensor with wrong shape. Expected ",
                           old.ToString(), " got ", ctx.input_shape(1).ToString());
  }
  return WithStorage(ctx.input_dtype(1), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<Assign<T>>(ctx, /*same_shape=*/false);
  });
}

absl::Status CheckSameSize(const PrepareContext& ctx) {
  const Shape& variable = ctx.input_shape(0);
  const Shape& value = ctx.input_shape(1);
  if (variable == value) return absl::OkStatus();
  if (IsRef(ctx.node().input_types()[0])) {
    return InvalidArgument("Parameters and update must be the same size");
  }
  return InvalidArgument("Cannot update variable with shape ", variable.ToString(),
                         " using a Tensor with shape ", value.ToString(),
                         ", shapes must be equal.");
}

template <bool add>
struct AssignUpdate {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_RETURN_IF_ERROR(CheckSameSize(ctx));
      return std::make_unique<Kernel>(ctx);
    }
    explicit Kernel(const PrepareContext& ctx) : size_(ctx.input_shape(1).num_elements()) {
      Updates(ctx, 0);
      OnlyUpdates();
      AddPhase(BlocksOf(size_, 3 * sizeof(T)));
    }
    absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t block) const override {
      T* const variable = in[0].data<T>();
      const T* const value = in[1].data<T>();
      for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
        const Wide<T> old = Widen(variable[i]);
        variable[i] =
            Narrow<T>(add ? WrapAdd(old, Widen(value[i])) : WrapSub(old, Widen(value[i])));
      }
      return absl::OkStatus();
    }

   private:
    const int64_t size_;
  };
};

template <typename T>
class CountUpTo final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t limit, ctx.Attr<int64_t>("limit"));
    if (ctx.input_shape(0) != Shape()) {
      return InvalidArgument("input is not a scalar: ", ctx.input_shape(0).ToString());
    }
    return std::make_unique<CountUpTo>(limit);
  }
  explicit CountUpTo(int64_t limit) : limit_(limit) {
    AddOutput(DataTypeOf<T>::value, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    T& counter = *in[0].data<T>();
    if (counter >= limit_) {
      return absl::OutOfRangeError(absl::StrCat("Reached limit of ", limit_));
    }
    *out[0].data<T>() = counter;
    counter = WrapAdd(counter, T{1});
    return absl::OkStatus();
  }

 private:
  const int64_t limit_;
};

class RefSelect final : public Prepared {
 public:
  RefSelect(const PrepareContext& ctx, int input) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(input));
    Alias(input, 0);
  }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareRefSelect(const PrepareContext& ctx) {
  if (ctx.input_shape(0) != Shape()) {
    return InvalidArgument("Index must be a scalar, not ", ctx.input_shape(0).ToString());
  }
  const int32_t index = ctx.input_value(0)->scalar<int32_t>();
  const int count = ctx.num_inputs() - 1;
  if (index < 0 || index >= count) {
    return InvalidArgument("Index must be in the range [0, ", count, ") but got ", index);
  }
  return std::make_unique<RefSelect>(ctx, 1 + index);
}

class IsInitialized final : public Prepared {
 public:
  IsInitialized() {
    AddOutput(bool_, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext& ctx, Inputs, Outputs out, Scratch, int, int64_t) const override {
    *out[0].data<bool>() = ctx.variable(0)->initialized();
    return absl::OkStatus();
  }
};

PreparedOr PrepareIsInitialized(const PrepareContext&) { return std::make_unique<IsInitialized>(); }

void RegisterOnHandles(KernelRegistry& kernels) {
  kernels.Add("AssignVariableOp", OnHandlesOf<PrepareAssignVariable>)
      .UpdatesHandles()
      .TakesUninitialized();
  using Add = AssignUpdate<true>;
  using Sub = AssignUpdate<false>;
  kernels.Add<OnHandles<Add::Kernel>::Kernel>("AssignAddVariableOp")
      .For<WithComplex<AllNumberTypes>>("dtype")
      .UpdatesHandles();
  kernels.Add<OnHandles<Sub::Kernel>::Kernel>("AssignSubVariableOp")
      .For<WithComplex<AllNumberTypes>>("dtype")
      .UpdatesHandles();
  kernels.Add("VarIsInitializedOp", PrepareIsInitialized).ReadsHandles().TakesUninitialized();
  for (const char* op : {"AssignAddVariableOp", "AssignSubVariableOp"}) {
    kernels.Lacks(op, "dtype", QuantizedTypes(), kNoQuantizedKernels);
    kernels.Lacks(op, "dtype", {string, bool_, DataType::kResource, DataType::kVariant},
                  "there is nothing to add up");
  }
}

}  // namespace

void RegisterVariable(KernelRegistry& kernels) {
  kernels.Add("VariableV2", PrepareVariable).State(MakeVariable);
  kernels.Add("Variable", PrepareVariable).State(MakeVariable);
  kernels.Add("Assign", PrepareAssign);
  kernels.Add<AssignUpdate<true>::Kernel>("AssignAdd").For<WithComplex<AllNumberTypes>>("T");
  kernels.Add<AssignUpdate<false>::Kernel>("AssignSub").For<WithComplex<AllNumberTypes>>("T");
  kernels.Add<CountUpTo>("CountUpTo").For<TypeList<int32_t, int64_t>>("T");
  kernels.Add("RefSelect", PrepareRefSelect).ValueInput(0);
  kernels.Add("IsVariableInitialized", PrepareIsInitialized);
  for (const char* op : {"AssignAdd", "AssignSub"}) {
    kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  }
  RegisterOnHandles(kernels);
}

}  // namespace sessile
