// Complex numbers: made of two real ones, and taken apart again.
//
// A gradient by a complex number is the conjugate of the derivative, so that a step against it goes
// down: see the gradients of the functions in unary_grad.cc and binary_grad.cc.

#include <array>
#include <numbers>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/broadcast_grad.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;
using Gradients = absl::StatusOr<Outputs>;
using Grads = std::span<const Output>;

bool IsComplexTensor(const Output& x) { return IsComplex(BaseType(x.dtype())); }

DataType RealTypeOf(const Output& x) {
  return BaseType(x.dtype()) == complex128 ? float64 : float32;
}

Output Part(std::string_view op, const Output& x, std::string_view name) {
  return OpBuilder(op, name).Input(x).Attr("Tout", RealTypeOf(x)).Build();
}

Output Zero(const Output& like) { return constant(0, {.dtype = BaseType(like.dtype())}); }

// d Re(x) = dy, d Im(x) = i dy.
Gradients RealGradient(GradContext&, const Node&, Grads grads) {
  const Output zero = Zero(grads[0]);
  return Outputs{complex(grads[0], zero)};
}

Gradients ImagGradient(GradContext&, const Node&, Grads grads) {
  const Output zero = Zero(grads[0]);
  return Outputs{complex(zero, grads[0])};
}

// d angle(x) = -dy / (Im(x) + i Re(x)).
Gradients AngleGradient(GradContext& ctx, const Node& node, Grads grads) {
  const control_dependencies after({grads[0]});
  const Output x = ctx.input(node, 0);
  const Output re = real(x);
  const Output im = imag(x);
  const Output inverse = reciprocal(complex(im, re));
  const Output zero = Zero(grads[0]);
  const Output dy = complex(grads[0], zero);
  return Outputs{negative(dy) * inverse};
}

Gradients ConjGradient(GradContext&, const Node&, Grads grads) { return Outputs{conj(grads[0])}; }

Gradients ComplexGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output gx = real(grads[0]);
  const Output gy = imag(grads[0]);
  return ReduceGradients(ctx.input(node, 0), ctx.input(node, 1), gx, gy);
}

// d |x| = dy x / |x|, and 0 at 0.
Gradients AbsGradient(GradContext& ctx, const Node& node, Grads grads) {
  const Output y = ctx.output(node, 0);
  const Output dy = complex(grads[0], zeros_like(grads[0]));
  const Output along = dy * ctx.input(node, 0);
  return Outputs{div_no_nan(along, complex(y, zeros_like(y)))};
}

struct PartOp {
  std::string_view op;
  std::string_view input;
  std::string_view output;
  Gradients (*gradient)(GradContext&, const Node&, Grads);
  std::string_view doc;
};

constexpr PartOp kParts[] = {
    {"Real", "input: T", "output: Tout", RealGradient, "The real part."},
    {"Imag", "input: T", "output: Tout", ImagGradient, "The imaginary part."},
    {"Angle", "input: T", "output: Tout", AngleGradient, "The argument, from -pi to pi."},
    {"ComplexAbs", "x: T", "y: Tout", AbsGradient, "|x|."},
};

}  // namespace

void RegisterComplex(OpRegistry& ops) {
  for (const PartOp& part : kParts) {
    ops.Add(part.op)
        .Input(part.input)
        .Output(part.output)
        .Attr("T: {complex64, complex128} = DT_COMPLEX64")
        .Attr("Tout: {float, double} = DT_FLOAT")
        .Shape(UnchangedShape)
        .Gradient(part.gradient)
        .RowsIndependent()
        .Doc(part.doc);
  }
  ops.Add("Conj")
      .Input("input: T")
      .Output("output: T")
      .Attr("T: {complex64, complex128, variant} = DT_COMPLEX64")
      .Shape(UnchangedShape)
      .Gradient(ConjGradient)
      .RowsIndependent()
      .Doc("The complex conjugate.");
  ops.Add("Complex")
      .Input("real: T")
      .Input("imag: T")
      .Output("out: Tout")
      .Attr("T: {float, double} = DT_FLOAT")
      .Attr("Tout: {complex64, complex128} = DT_COMPLEX64")
      .Shape(BroadcastBinaryShape)
      .Gradient(ComplexGradient)
      .Doc("real + i imag.");
}

Output complex(Input re, Input im, std::string_view name) {
  SourceScope here(re);
  const std::array<Input, 2> inputs = {re, im};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const Output real = convert_to_tensor(re, std::nullopt, "real");
  const Output imag = convert_to_tensor(im, std::nullopt, "imag");
  const name_scope scope(name.empty() ? "Complex" : name);
  const DataType type = BaseType(real.dtype());
  if (type != BaseType(imag.dtype()) || (type != float32 && type != float64)) {
    errors::ThrowIfError(InvalidArgument(
        "The `real` and `imag` components have incorrect types: ", DataTypeName(type), " ",
        DataTypeName(BaseType(imag.dtype())),
        ". They must be consistent, and one of float32 and float64"));
  }
  return OpBuilder("Complex", scope.name())
      .Input(real)
      .Input(imag)
      .Attr("Tout", type == float64 ? complex128 : complex64)
      .Build();
}

Output real(Input x, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? "Real" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "input");
  return IsComplexTensor(tensor) ? Part("Real", tensor, scope.name()) : tensor;
}

Output imag(Input x, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? "Imag" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "input");
  return IsComplexTensor(tensor) ? Part("Imag", tensor, scope.name()) : zeros_like(tensor);
}

Output angle(Input x, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? "Angle" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "input");
  if (IsComplexTensor(tensor)) return Part("Angle", tensor, scope.name());
  const Output is_negative = tensor < 0;
  const Output pi = std::numbers::pi * ones_like(tensor);
  return where(is_negative, pi, zeros_like(tensor));
}

Output conj(Input x, std::string_view name) {
  SourceScope here(x);
  // No scope for what is a tensor already; a variable that is read anew is read within it.
  if (x.is_output() && !x.is_lazy() && !IsComplexTensor(x.output())) return x.output();
  const name_scope scope(name.empty() ? "Conj" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "x");
  if (!IsComplexTensor(tensor)) return tensor;
  return OpBuilder("Conj", scope.name()).Input(tensor).Build();
}

Output abs(Input x, std::string_view name) {
  SourceScope here(x);
  const name_scope scope(name.empty() ? "Abs" : name, graph_of({&x, 1}).impl());
  const Output tensor = convert_to_tensor(x, std::nullopt, "x");
  if (IsComplexTensor(tensor)) return Part("ComplexAbs", tensor, scope.name());
  return OpBuilder("Abs", scope.name()).Input(tensor).Build();
}

// Of complex numbers x / |x|, and 0 of 0.
Output sign(Input x, std::string_view name) {
  SourceScope here(x);
  const Output tensor = convert_to_tensor(x);
  if (!IsComplexTensor(tensor)) return OpBuilder("Sign", name).Input(tensor).Build();
  const Output size = cast(Part("ComplexAbs", tensor, {}), BaseType(tensor.dtype()));
  return OpBuilder("DivNoNan", name).Input(tensor).Input(size).Build();
}

}  // namespace sessile
