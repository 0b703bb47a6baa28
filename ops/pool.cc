// Pools: the largest element or the mean of each window, of images and of volumes, and their
// gradients.

#include "sessile/core/framework/data_format.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/window_geometry.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Grads = std::span<const Output>;

absl::Status PoolShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const WindowGeometry window,
                           WindowGeometry::Of(ctx.node().op_type(), ctx.attrs()));
  SESSILE_ASSIGN_OR_RETURN(Shape output, ctx.InputWithRank(0, window.spatial_rank() + 2));
  for (int i = 0; i < window.spatial_rank(); ++i) {
    const int dim = window.format().SpatialDim(i);
    SESSILE_ASSIGN_OR_RETURN(const int64_t size,
                             window.OutputDim(i, output.dim(dim), window.ksize(i)));
    output = output.WithDim(dim, size);
  }
  ctx.SetOutput(0, std::move(output));
  return absl::OkStatus();
}

// Of gradients by the input: its shape, from a tensor that has it.
template <int rank>
absl::Status LikeInputShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, ctx.InputWithRank(0, rank));
  ctx.SetOutput(0, std::move(input));
  return absl::OkStatus();
}

// ... or as a value.
template <int rank>
absl::Status InputShapeGiven(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Shape input, ctx.input_value_as_shape(0));
  if (!input.has_rank()) input = Shape::UnknownOfRank(rank);
  if (input.rank() != rank) {
    return InvalidArgument("Shape must be rank ", rank, " but is rank ", input.rank());
  }
  ctx.SetOutput(0, std::move(input));
  return absl::OkStatus();
}

// A node of the family with the attributes of `node`.
OpBuilder PoolLike(std::string_view op, const Node& node) {
  OpBuilder builder(op);
  for (const char* attr : {"ksize", "strides", "padding", "data_format"}) {
    builder.CopyAttr(node, attr);
  }
  return builder;
}

// "MaxPool3D" for "MaxPool3DGradGrad".
std::string PoolFamily(const Node& node) {
  return node.op_type().substr(0, node.op_type().find("Grad"));
}

absl::StatusOr<Outputs> MaxPoolGradient(GradContext& ctx, const Node& node, Grads grads) {
  OpBuilder grad = PoolLike(node.op_type() + "Grad", node);
  if (node.attrs().Find("explicit_paddings") != nullptr) grad.CopyAttr(node, "explicit_paddings");
  return Outputs{grad.Input(ctx.input(node, 0)).Input(ctx.output(node, 0)).Input(grads[0]).Build()};
}

// MaxPoolGrad and MaxPoolGradGrad(input, output, grad) move elements to and from the places of the
// maxima: each is the other's gradient by `grad`; the places are constant almost everywhere.
absl::StatusOr<Outputs> PlacesGradient(GradContext& ctx, const Node& node, Grads grads) {
  const bool to_places = node.op_type().ends_with("PoolGrad") || node.op_type().ends_with("3DGrad");
  const Output input = ctx.input(node, 0);
  const Output output = ctx.input(node, 1);
  const Output by_input = zeros_like(input);
  const Output by_output = zeros_like(output);
  const std::string op = PoolFamily(node) + (to_places ? "GradGrad" : "Grad");
  const Output by_grad = PoolLike(op, node).Input(input).Input(output).Input(grads[0]).Build();
  return Outputs{by_input, by_output, by_grad};
}

absl::StatusOr<Outputs> AvgPoolGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output sizes = shape(ctx.input(node, 0));
  return Outputs{PoolLike(node.op_type() + "Grad", node).Input(sizes).Input(grads[0]).Build()};
}

// Linear in the gradient; its own is the pool itself.
absl::StatusOr<Outputs> AvgPoolGradGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output sizes = stop_gradient(ctx.input(node, 0));
  return Outputs{sizes, PoolLike(PoolFamily(node), node).Input(grads[0]).Build()};
}

// Images or volumes.
struct PoolKind {
  std::string suffix;       // of the operations' names
  std::string list;         // the type of ksize and strides
  std::string data_format;  // attribute
};

void RegisterMaxPool(OpRegistry& ops, const PoolKind& dims, ShapeFn like_input) {
  const bool images = dims.suffix.empty();
  const std::string name = "MaxPool" + dims.suffix;
  const std::string paddings =
      images ? "padding: {'SAME', 'VALID', 'EXPLICIT'}" : "padding: {'SAME', 'VALID'}";
  OpDefBuilder pool = ops.Add(name);
  if (images) {
    pool.Attr(
        "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, "
        "qint8} = DT_FLOAT");
  }
  pool.Attr("ksize: " + dims.list).Attr("strides: " + dims.list).Attr(paddings);
  if (images) pool.Attr("explicit_paddings: list(int) = []");
  pool.Attr(images ? "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'" : dims.data_format);
  if (!images) pool.Attr("T: {half, bfloat16, float}");
  pool.Input("input: T").Output("output: T").Shape(PoolShape).Gradient(MaxPoolGradient);
  pool.RowsIndependent().Doc("The largest element of each window.");

  OpDefBuilder grad = ops.Add(name + "Grad");
  const std::string type = images ? "T" : "TInput";
  grad.Input("orig_input: " + type).Input("orig_output: " + type).Input("grad: T");
  grad.Output("output: T").Attr("ksize: " + dims.list).Attr("strides: " + dims.list);
  grad.Attr(paddings);
  if (images) grad.Attr("explicit_paddings: list(int) = []");
  grad.Attr(dims.data_format);
  grad.Attr(images ? "T: realnumbertype = DT_FLOAT" : "T: {half, bfloat16, float} = DT_FLOAT");
  if (!images) grad.Attr("TInput: {half, bfloat16, float} = DT_FLOAT");
  grad.Shape(like_input).Gradient(PlacesGradient);
  grad.Doc("`grad` at the place of each window's (first) maximum, added up; else 0.");

  OpDefBuilder second = ops.Add(name + "GradGrad");
  second.Input("orig_input: T").Input("orig_output: T").Input("grad: T").Output("output: T");
  second.Attr("ksize: " + dims.list).Attr("strides: " + dims.list);
  second.Attr("padding: {'SAME', 'VALID'}").Attr(dims.data_format).Attr("T: realnumbertype");
  second.Shape(PoolShape).Gradient(PlacesGradient);
  second.Doc("The element of `grad` at the place of each window's (first) maximum.");
}

void RegisterAvgPool(OpRegistry& ops, const PoolKind& dims, ShapeFn input_shape_given) {
  const std::string name = "AvgPool" + dims.suffix;
  const auto add_attrs = [&dims](OpDefBuilder& op) {
    op.Attr("ksize: " + dims.list).Attr("strides: " + dims.list).Attr("padding: {'SAME', 'VALID'}");
    op.Attr(dims.data_format).Attr("T: {half, bfloat16, float, double}");
  };
  OpDefBuilder pool = ops.Add(name);
  add_attrs(pool.Input(dims.suffix.empty() ? "value: T" : "input: T").Output("output: T"));
  pool.Shape(PoolShape).Gradient(AvgPoolGradient).RowsIndependent();
  pool.Doc("The mean of each window; padding does not count.");
  OpDefBuilder grad = ops.Add(name + "Grad");
  add_attrs(grad.Input("orig_input_shape: int32").Input("grad: T").Output("output: T"));
  grad.Shape(input_shape_given).Gradient(AvgPoolGradGradient);
  grad.Doc("The gradient of " + name + " by its input of shape `orig_input_shape`.");
}

}  // namespace

void RegisterPool(OpRegistry& ops) {
  const PoolKind images = {"", "list(int) >= 4", "data_format: {'NHWC', 'NCHW'} = 'NHWC'"};
  const PoolKind volumes = {"3D", "list(int) >= 5", "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'"};
  RegisterMaxPool(ops, images, LikeInputShape<4>);
  RegisterMaxPool(ops, volumes, LikeInputShape<5>);
  RegisterAvgPool(ops, images, InputShapeGiven<4>);
  RegisterAvgPool(ops, volumes, InputShapeGiven<5>);
}

namespace nn {
namespace {

// A list for all dimensions, given so or for the spatial ones.
std::vector<int64_t> PoolDimsList(const IntList& list, int spatial, bool channels_last,
                                  const char* name) {
  std::vector<int64_t> values = list.values();
  const auto n = static_cast<size_t>(spatial);
  if (values.size() == n + 2) return values;
  if (values.size() == 1) values.resize(n, values[0]);
  if (values.size() != n) {
    errors::ThrowIfError(InvalidArgument(name, " should be of length 1, ", n, " or ", n + 2,
                                         ". Received: ", name, "=", list.ToString(), " of length ",
                                         values.size()));
  }
  values.insert(values.begin(), channels_last ? 1 : 2, 1);
  if (channels_last) values.push_back(1);
  return values;
}

Output Pool(const std::string& op, int spatial, const Input& value, const IntList& ksize,
            const IntList& strides, const ConvPadding& padding, const std::string& data_format,
            const std::string& name) {
  SourceScope here(value);
  const Graph graph = graph_of(std::span(&value, 1));
  const name_scope scope(name.empty() ? op : name, graph.impl());
  const bool channels_last = !data_format.starts_with("NC");
  const bool is_max = op.starts_with("Max");
  if (is_max) {
    for (const int64_t size : ksize.values()) {
      if (size == 0) {
        errors::ThrowIfError(
            InvalidArgument("`ksize` cannot be zero. Received: ksize=", ksize.ToString()));
      }
    }
  }
  OpBuilder pool(op, scope.name());
  pool.Input(value).Attr("ksize", PoolDimsList(ksize, spatial, channels_last, "ksize"));
  pool.Attr("strides", PoolDimsList(strides, spatial, channels_last, "strides"));
  pool.Attr("padding", padding.kind()).Attr("data_format", data_format);
  if (op == "MaxPool") pool.Attr("explicit_paddings", padding.explicit_paddings());
  return pool.Build();
}

}  // namespace

Output max_pool(Input value, const IntList& ksize, const IntList& strides,
                const ConvPadding& padding, const PoolOptions& options) {
  const std::string format = options.data_format.empty() ? "NHWC" : options.data_format;
  return Pool("MaxPool", 2, value, ksize, strides, padding, format, options.name);
}

Output avg_pool(Input value, const IntList& ksize, const IntList& strides,
                const ConvPadding& padding, const PoolOptions& options) {
  const std::string format = options.data_format.empty() ? "NHWC" : options.data_format;
  return Pool("AvgPool", 2, value, ksize, strides, padding, format, options.name);
}

Output max_pool3d(Input input, const IntList& ksize, const IntList& strides,
                  const ConvPadding& padding, const PoolOptions& options) {
  const std::string format = options.data_format.empty() ? "NDHWC" : options.data_format;
  return Pool("MaxPool3D", 3, input, ksize, strides, padding, format, options.name);
}

Output avg_pool3d(Input input, const IntList& ksize, const IntList& strides,
                  const ConvPadding& padding, const PoolOptions& options) {
  const std::string format = options.data_format.empty() ? "NDHWC" : options.data_format;
  return Pool("AvgPool3D", 3, input, ksize, strides, padding, format, options.name);
}

}  // namespace nn
}  // namespace sessile
