// StridedSlice and its gradient, and x[...], which is made of it.

#include <array>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/slice_spec.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"
#include "sessile/ops/subscript.h"

namespace sessile {
namespace {

constexpr const char* kMasks[] = {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask",
                                  "shrink_axis_mask"};

// int16 too, which folding.h leaves alone.
std::optional<std::vector<int64_t>> KnownBounds(ShapeContext& ctx, int i) {
  const Tensor* const value = ctx.input_value(i);
  if (value == nullptr) return std::nullopt;
  absl::StatusOr<std::vector<int64_t>> bounds = IntsFromTensor(*value);
  if (!bounds.ok()) return std::nullopt;
  return *std::move(bounds);
}

// What is known of the slice of a tensor of shape `in`, whose bounds are inputs first, first + 1
// and first + 2. Nothing without the strides.
absl::StatusOr<std::optional<SliceSpec>> KnownSpec(ShapeContext& ctx, const Shape& in, int first) {
  for (int i = first; i < first + 3; ++i) SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(i, 1).status());
  const std::optional<std::vector<int64_t>> strides = KnownBounds(ctx, first + 2);
  if (!in.has_rank() || !strides.has_value()) return std::optional<SliceSpec>();
  SESSILE_ASSIGN_OR_RETURN(const SliceMasks masks, SliceMasks::Of(ctx.attrs()));
  const SliceBounds bounds = {KnownBounds(ctx, first), KnownBounds(ctx, first + 1), *strides};
  SESSILE_ASSIGN_OR_RETURN(SliceSpec spec, SliceSpec::Of(in, bounds, masks));
  return std::optional<SliceSpec>(std::move(spec));
}

absl::Status StridedSliceShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const std::optional<SliceSpec> spec, KnownSpec(ctx, ctx.input(0), 1));
  if (spec.has_value()) ctx.SetOutput(0, spec->output());
  return absl::OkStatus();
}

// The part of a vector, where vector and bounds are known.
template <typename T>
std::optional<std::vector<T>> PartOf(ShapeContext& ctx, std::span<const T> vector) {
  const absl::StatusOr<std::optional<SliceSpec>> spec = KnownSpec(ctx, Shape({vector.size()}), 1);
  if (!spec.ok() || !spec->has_value() || (*spec)->output().num_elements() < 0) {
    return std::nullopt;
  }
  const bool known = KnownBounds(ctx, 1).has_value() && KnownBounds(ctx, 2).has_value();
  if (!known) return std::nullopt;
  const SliceSpec::Dim& part = (*spec)->dims()[0];
  std::vector<T> values;
  for (int64_t i = 0; i < part.size; ++i) {
    values.push_back(vector[static_cast<size_t>(part.begin + i * part.stride)]);
  }
  return values;
}

// One dimension of a shape, others of which may not be known.
std::optional<Tensor> DimensionValue(ShapeContext& ctx, int index) {
  const absl::StatusOr<Shape> x = ctx.input_value_as_shape(0);
  if (!x.ok() || !x->has_rank() ||
      ctx.attrs().GetOr<int64_t>("shrink_axis_mask", 0).value_or(0) != 1) {
    return std::nullopt;
  }
  const auto part = PartOf(ctx, x->dims());
  if (!part.has_value() || part->size() != 1 || part->front() < 0) return std::nullopt;
  return IntTensor(OutputType(ctx, index), Shape(), *part);
}

std::optional<Tensor> StridedSliceValue(ShapeContext& ctx, int index) {
  if (ctx.input_value(0) == nullptr) return DimensionValue(ctx, index);
  const std::optional<std::vector<int64_t>> x = KnownInts(ctx, 0);
  if (!x.has_value() || ctx.input_value(0)->rank() != 1) return std::nullopt;
  const auto part = PartOf(ctx, std::span<const int64_t>(*x));
  if (!part.has_value()) return std::nullopt;
  const auto spec = KnownSpec(ctx, Shape({x->size()}), 1);
  return IntTensor(OutputType(ctx, index), (*spec)->output(), *part);
}

std::optional<Shape> StridedSliceValueAsShape(ShapeContext& ctx, int) {
  const absl::StatusOr<Shape> x = ctx.input_value_as_shape(0);
  if (!x.ok() || !x->has_rank()) return std::nullopt;
  const auto part = PartOf(ctx, x->dims());
  if (!part.has_value()) return std::nullopt;
  absl::StatusOr<Shape> shape = Shape::FromDims(*part);
  if (!shape.ok()) return std::nullopt;
  return *std::move(shape);
}

// What follows from a constant, as a value; else the tensor itself.
Input ValueOr(const Output& tensor) {
  const Tensor* const value = constant_value(tensor);
  return value == nullptr ? Input(tensor) : Input(*value);
}

void CopyMasks(OpBuilder& builder, const Node& node) {
  for (const char* const mask : kMasks) builder.CopyAttr(node, mask);
}

// Zeros, with the gradient where the slice was taken.
absl::StatusOr<std::vector<Output>> StridedSliceGradient(GradContext& ctx, const Node& node,
                                                         std::span<const Output> grads) {
  const Output begin = ctx.input(node, 1);
  const Output whole = shape(ctx.input(node, 0), {.out_type = begin.dtype()});
  OpBuilder builder("StridedSliceGrad");
  builder.Input(ValueOr(whole));
  for (int i = 1; i <= 3; ++i) builder.Input(ValueOr(ctx.input(node, i)));
  builder.Input(grads[0]);
  CopyMasks(builder, node);
  return std::vector<Output>{builder.Build(), Output(), Output(), Output()};
}

absl::Status StridedSliceGradShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape whole, ctx.input_value_as_shape(0));
  ctx.SetOutput(0, std::move(whole));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Output>> StridedSliceGradGradient(GradContext& ctx, const Node& node,
                                                             std::span<const Output> grads) {
  OpBuilder builder("StridedSlice");
  builder.Input(grads[0]);
  for (int i = 1; i <= 3; ++i) builder.Input(ctx.input(node, i));
  CopyMasks(builder, node);
  return std::vector<Output>{Output(), Output(), Output(), Output(), builder.Build()};
}

// -- x[...]

// The dtype of what a range leaves out: that of its tensors, if there are any.
std::optional<DataType> BoundsType(const Subscript& range) {
  std::optional<DataType> type;
  for (const auto* bound : {&range.begin(), &range.end(), &range.step()}) {
    if (!bound->has_value() || !(*bound)->is_output()) continue;
    const DataType own = BaseType((*bound)->output().dtype());
    if (own == int64 || (own == int32 && type != int64) || !type.has_value()) type = own;
  }
  return type;
}

void CheckBound(const std::optional<Input>& bound) {
  if (!bound.has_value() || !bound->is_output()) return;
  const Output& tensor = bound->output();
  const DataType type = BaseType(tensor.dtype());
  const Shape shape = tensor.get_shape();
  const bool is_index = type == int16 || type == int32 || type == int64;
  if (is_index && (!shape.has_rank() || shape.rank() == 0)) return;
  errors::ThrowIfError(InvalidArgument(
      "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
      "tf.int32/tf.int64 tensors are valid indices, got ",
      PythonName(type), " of shape ", shape.ToPythonString()));
}

// The arguments of the node, item by item.
class Items {
 public:
  void Add(const Subscript& item) {
    if (begin.size() >= 31) {
      errors::ThrowIfError(InvalidArgument("A slice has at most 31 items"));
    }
    for (const auto* bound : {&item.begin(), &item.end(), &item.step()}) CheckBound(*bound);
    const int64_t bit = int64_t{1} << begin.size();
    switch (item.kind()) {
      case Subscript::Kind::kRange:
        AddRange(item, bit);
        break;
      case Subscript::Kind::kElement:
        AddElement(*item.begin(), bit);
        break;
      case Subscript::Kind::kNewAxis:
        masks.new_axis |= bit;
        Add(0, 0, 1);
        break;
      case Subscript::Kind::kEllipsis:
        masks.ellipsis |= bit;
        Add(0, 0, 1);
        break;
    }
  }

  std::vector<Input> begin;
  std::vector<Input> end;
  std::vector<Input> strides;
  SliceMasks masks;

 private:
  void Add(Input first, Input last, Input step) {
    begin.push_back(std::move(first));
    end.push_back(std::move(last));
    strides.push_back(std::move(step));
  }
  void AddRange(const Subscript& range, int64_t bit) {
    const std::optional<DataType> type = BoundsType(range);
    const auto bound = [&](const std::optional<Input>& given, int value, int64_t* mask) -> Input {
      if (given.has_value()) return *given;
      if (mask != nullptr) *mask |= bit;
      return type.has_value() ? Input(constant(value, {.dtype = type})) : Input(value);
    };
    Input first = bound(range.begin(), 0, &masks.begin);
    Input last = bound(range.end(), 0, &masks.end);
    Input step = bound(range.step(), 1, nullptr);
    Add(std::move(first), std::move(last), std::move(step));
  }
  void AddElement(const Input& element, int64_t bit) {
    masks.shrink_axis |= bit;
    if (!element.is_output()) {
      const int64_t number = element.literal()->integers[0];
      Add(element, Input(number + 1), 1);
      return;
    }
    const Output next = element.output() + 1;
    const DataType type = BaseType(element.output().dtype());
    Add(element, next, type == int32 ? Input(1) : Input(constant(1, {.dtype = type})));
  }
};

// An operator cannot take the line that it stands on as a default argument: its numbers know it.
SourceLocation LineOf(std::initializer_list<Subscript> items) {
  for (const Subscript& item : items) {
    for (const auto* bound : {&item.begin(), &item.end(), &item.step()}) {
      if (bound->has_value()) return (*bound)->location();
    }
  }
  return {};
}

// The three lists in one dtype: int64 if one of them is.
void Agree(std::array<Output, 3>& lists) {
  bool wide = false;
  for (const Output& list : lists) wide = wide || BaseType(list.dtype()) == int64;
  for (Output& list : lists) {
    if (wide && BaseType(list.dtype()) != int64) list = cast(list, int64);
  }
}

}  // namespace

void RegisterStridedSlice(OpRegistry& ops) {
  OpDefBuilder slice = ops.Add("StridedSlice");
  slice.Input("input: T").Input("begin: Index").Input("end: Index").Input("strides: Index");
  slice.Output("output: T").Attr("T: type").Attr("Index: {int16, int32, int64}");
  slice.Shape(StridedSliceShape).Value(StridedSliceValue).ValueAsShape(StridedSliceValueAsShape);
  slice.Gradient(StridedSliceGradient);
  slice.Doc("The part input[begin:end:strides] of a tensor; masks say what else an item may be.");
  OpDefBuilder grad = ops.Add("StridedSliceGrad");
  grad.Input("shape: Index").Input("begin: Index").Input("end: Index").Input("strides: Index");
  grad.Input("dy: T").Output("output: T").Attr("T: type").Attr("Index: {int32, int64}");
  grad.Shape(StridedSliceGradShape).Gradient(StridedSliceGradGradient);
  grad.Doc("The gradient of StridedSlice: `dy` in zeros of `shape`, where the slice was taken.");
  for (const char* const mask : kMasks) {
    slice.Attr(absl::StrCat(mask, ": int = 0"));
    grad.Attr(absl::StrCat(mask, ": int = 0"));
  }
}

Output strided_slice(Input input, Input begin, Input end, Input strides,
                     StridedSliceOptions options) {
  SourceScope here(input);
  return OpBuilder("StridedSlice", options.name)
      .Input(input)
      .Input(begin)
      .Input(end)
      .Input(strides)
      .Attr("begin_mask", options.begin_mask)
      .Attr("end_mask", options.end_mask)
      .Attr("ellipsis_mask", options.ellipsis_mask)
      .Attr("new_axis_mask", options.new_axis_mask)
      .Attr("shrink_axis_mask", options.shrink_axis_mask)
      .Build();
}

Output strided_slice(Input input, Input begin, Input end) {
  SourceScope here(input);
  return strided_slice(input, begin, end, ones_like(begin), {});
}

Output Output::operator[](std::initializer_list<Subscript> items) const {
  const SourceScope here(LineOf(items));
  const auto with = graph().as_default();
  Items all;
  for (const Subscript& item : items) all.Add(item);
  const name_scope scope("strided_slice", graph_impl());
  std::array<Output, 3> lists;
  if (all.begin.empty()) {
    lists.fill(constant(std::vector<int>{}, {.dtype = int32}));
  } else {
    lists = {stack(all.begin), Output(), Output()};
    lists[1] = stack(all.end);
    lists[2] = stack(all.strides);
    Agree(lists);
  }
  return strided_slice(*this, lists[0], lists[1], lists[2],
                       {.begin_mask = all.masks.begin,
                        .end_mask = all.masks.end,
                        .ellipsis_mask = all.masks.ellipsis,
                        .new_axis_mask = all.masks.new_axis,
                        .shrink_axis_mask = all.masks.shrink_axis,
                        .name = scope.name()});
}

Output Output::operator[](const Subscript& item) const { return (*this)[{item}]; }

}  // namespace sessile
