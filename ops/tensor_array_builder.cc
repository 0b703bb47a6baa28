// TensorArray, which builds the nodes of lists.

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/tensor_array.h"

namespace sessile {
namespace {

bool IsListCount(const Tensor* value) {
  return value != nullptr && value->dtype() == int32 && value->rank() == 0 &&
         value->scalar<int32_t>() >= 0;
}

}  // namespace

// What all copies share. The first write gives the place and, with infer_shape, the shape.
struct TensorArray::List {
  DataType dtype = DataType::kInvalid;
  TensorArrayOptions options;
  Output handle;
  std::optional<Output> colocated;
  // Shared with the list of the gradients.
  std::shared_ptr<Shape> element_shape;
};

TensorArray::TensorArray(DataType dtype, const TensorArrayOptions& options)
    : list_(std::make_shared<List>()) {
  list_->dtype = BaseType(dtype);
  list_->options = options;
  list_->element_shape = std::make_shared<Shape>(options.element_shape);
  if (options.handle.has_value()) {
    UseHandle();
    return;
  }
  if (!options.size.has_value()) {
    errors::ThrowIfError(
        InvalidArgument("Argument `size` must be provided if handle is not provided."));
  }
  const SourceScope here(*options.size);
  std::optional<device> anywhere;
  std::optional<colocate_with> alone;
  if (options.colocate_with_first_write_call) {
    anywhere.emplace(nullptr);
    alone.emplace(nullptr);
  }
  const std::vector<Output> outputs =
      OpBuilder("TensorArrayV3", options.name.empty() ? "TensorArray" : options.name)
          .Input(*options.size)
          .Attr("dtype", list_->dtype)
          .Attr("element_shape", options.element_shape)
          .Attr("dynamic_size", options.dynamic_size)
          .Attr("clear_after_read", options.clear_after_read)
          .Attr("identical_element_shapes", options.infer_shape)
          .Attr("tensor_array_name", options.tensor_array_name)
          .BuildAll();
  list_->handle = outputs[0];
  flow_ = outputs[1];
}

void TensorArray::UseHandle() {
  const TensorArrayOptions& options = list_->options;
  if (options.size.has_value() || options.element_shape.has_rank() || options.dynamic_size ||
      !options.tensor_array_name.empty()) {
    errors::ThrowIfError(InvalidArgument(
        "Cannot provide both a `handle` and `size`, `element_shape`, `dynamic_size` or "
        "`tensor_array_name` arguments at the same time."));
  }
  if (!options.flow.has_value()) {
    errors::ThrowIfError(InvalidArgument("flow must not be None if handle is not None."));
  }
  list_->handle = *options.handle;
  flow_ = *options.flow;
  // TensorFlow takes a name scope, in which it builds nothing.
  const name_scope scope(options.name.empty() ? "TensorArray" : options.name,
                         list_->handle.graph_impl());
}

DataType TensorArray::dtype() const { return list_->dtype; }
Output TensorArray::handle() const { return list_->handle; }
Shape TensorArray::element_shape() const { return *list_->element_shape; }

TensorArray TensorArray::with_flow(Output flow) const {
  TensorArray later = *this;
  later.flow_ = std::move(flow);
  return later;
}

void TensorArray::CheckElementShape(const Shape& shape) const {
  Shape& known = *list_->element_shape;
  if (!Shape::Compatible(known, shape)) {
    errors::ThrowIfError(InvalidArgument("Inconsistent shapes: saw ", shape.ToPythonString(),
                                         " but expected ", known.ToPythonString()));
  }
  if (list_->options.infer_shape) known = errors::ValueOrThrow(Shape::Merge(known, shape));
}

TensorArray TensorArray::Written(const char* op, const Input& place, const Output& value,
                                 std::string_view name) const {
  if (BaseType(value.dtype()) != dtype()) {
    errors::ThrowIfError(InvalidArgument("TensorArray dtype is ", PythonName(dtype()),
                                         ", but the value written has dtype ",
                                         PythonName(value.dtype())));
  }
  std::optional<colocate_with> near;
  if (list_->options.colocate_with_first_write_call) {
    if (!list_->colocated.has_value()) list_->colocated = value;
    near.emplace(Dependency(*list_->colocated));
  }
  return with_flow(
      OpBuilder(op, name).Input(handle()).Input(place).Input(value).Input(flow_).Build());
}

TensorArray TensorArray::write(Input index, Input value, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArrayWrite" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, {}, "value", dtype());
  CheckElementShape(tensor.get_shape());
  return Written("TensorArrayWriteV3", index, tensor, name);
}

Output TensorArray::read(Input index, std::string_view name) const {
  const SourceScope here(index);
  const Output value = OpBuilder("TensorArrayReadV3", name)
                           .Input(handle())
                           .Input(std::move(index))
                           .Input(flow_)
                           .Attr("dtype", dtype())
                           .Build();
  value.set_shape(element_shape());
  return value;
}

Output TensorArray::gather(Input indices, std::string_view name) const {
  const SourceScope here(indices);
  const Shape element = element_shape();
  const Output value = OpBuilder("TensorArrayGatherV3", name)
                           .Input(handle())
                           .Input(std::move(indices))
                           .Input(flow_)
                           .Attr("dtype", dtype())
                           .Attr("element_shape", element)
                           .Build();
  if (element.has_rank()) value.set_shape(Shape::Concat(Shape({None}), element));
  return value;
}

Output TensorArray::stack(std::string_view name) const {
  const SourceScope here(flow_);
  const colocate_with near{Dependency(handle())};
  const name_scope scope(name.empty() ? "TensorArrayStack" : name, handle().graph_impl());
  const Output count = size();
  const Output value = gather(range(0, count), name);
  const Shape element = element_shape();
  if (!element.has_rank() || list_->options.dynamic_size || !list_->options.size.has_value()) {
    return value;
  }
  const Tensor* const known = constant_value(count);
  if (IsListCount(known)) {
    value.set_shape(Shape::Concat(Shape({known->scalar<int32_t>()}), element));
  }
  return value;
}

Output TensorArray::concat(std::string_view name) const {
  const SourceScope here(flow_);
  const Shape element = element_shape();
  const Shape rest = element.has_rank() && element.rank() > 0 ? element.Slice(1) : Shape::Unknown();
  const std::vector<Output> outputs = OpBuilder("TensorArrayConcatV3", name)
                                          .Input(handle())
                                          .Input(flow_)
                                          .Attr("dtype", dtype())
                                          .Attr("element_shape_except0", rest)
                                          .BuildAll();
  if (!rest.has_rank()) return outputs[0];
  int64_t rows = None;
  if (list_->options.infer_shape) {
    const Tensor* const count = constant_value(size());
    const bool known = IsListCount(count) && element.dim(0) != None;
    if (known && __builtin_mul_overflow(int64_t{count->scalar<int32_t>()}, element.dim(0), &rows)) {
      rows = None;
    }
  }
  outputs[0].set_shape(Shape::Concat(Shape({rows}), rest));
  return outputs[0];
}

TensorArray TensorArray::unstack(Input value, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArrayUnstack" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, {}, "Const", dtype());
  const Output rows = shape(tensor)[0];
  const Output indices = range(0, rows);
  return scatter(indices, tensor, name);
}

TensorArray TensorArray::scatter(Input indices, Input value, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArrayScatter" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, {}, "value", dtype());
  const Shape known = tensor.get_shape();
  if (known.has_rank() && known.rank() > 0) CheckElementShape(known.Slice(1));
  return Written("TensorArrayScatterV3", indices, tensor, name);
}

TensorArray TensorArray::split(Input value, Input lengths, std::string_view name) const {
  const SourceScope here(value);
  const name_scope scope(name.empty() ? "TensorArraySplit" : name, handle().graph_impl());
  const Output tensor = convert_to_tensor(value, dtype(), "value");
  std::optional<colocate_with> near;
  if (list_->options.colocate_with_first_write_call) {
    if (!list_->colocated.has_value()) list_->colocated = tensor;
    near.emplace(Dependency(*list_->colocated));
  }
  const Output wide = cast(std::move(lengths), int64);
  const Tensor* const known = constant_value(wide);
  const Shape shape = tensor.get_shape();
  if (known != nullptr && shape.has_rank() && known->rank() == 1 && known->num_elements() > 0) {
    const std::span<const int64_t> all = known->flat<int64_t>();
    if (std::all_of(all.begin(), all.end(), [&](int64_t n) { return n == all[0] && n >= 0; })) {
      CheckElementShape(Shape::Concat(Shape({all[0]}), shape.Slice(1)));
    }
  }
  return with_flow(OpBuilder("TensorArraySplitV3", name)
                       .Input(handle())
                       .Input(tensor)
                       .Input(wide)
                       .Input(flow_)
                       .Build());
}

TensorArray TensorArray::grad(std::string_view source, const Output& flow,
                              std::string_view name) const {
  const Output after = flow.has_value() ? flow : flow_;
  const SourceScope here(after);
  const name_scope scope(name.empty() ? "TensorArrayGrad" : name, handle().graph_impl());
  const colocate_with near{Dependency(handle())};
  const Output list = OpBuilder("TensorArrayGradV3", name)
                          .Input(handle())
                          .Input(after)
                          .Attr("source", std::string(source))
                          .BuildAll()[0];
  Output begin;
  {
    const control_dependencies made({list});
    begin = identity(after, "gradient_flow");
  }
  TensorArray gradients(dtype(), {.infer_shape = list_->options.infer_shape,
                                  .colocate_with_first_write_call = false,
                                  .handle = list,
                                  .flow = begin});
  gradients.list_->element_shape = list_->element_shape;
  return gradients;
}

Output TensorArray::size(std::string_view name) const {
  const SourceScope here(flow_);
  if (!list_->options.dynamic_size && list_->options.size.has_value())
    return convert_to_tensor(*list_->options.size, int32);
  return OpBuilder("TensorArraySizeV3", name).Input(handle()).Input(flow_).Build();
}

Operation TensorArray::close(std::string_view name) const {
  const SourceScope here(flow_);
  return OpBuilder("TensorArrayCloseV3", name).Input(handle()).BuildOperation();
}

}  // namespace sessile
