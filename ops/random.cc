// RandomUniform, RandomUniformInt, RandomStandardNormal, TruncatedNormal and their builders.

#include "sessile/ops/random.h"

#include <string_view>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/random.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/convert.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/random_seed.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status ShapeFromInput(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.input_value_as_shape(0));
  ctx.SetOutput(0, shape);
  return absl::OkStatus();
}

absl::Status UniformIntShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(2));
  return ShapeFromInput(ctx);
}

constexpr const char* kRandom = "random values do not depend on the inputs";

void RegisterFloating(OpRegistry& ops, std::string_view name, std::string_view doc) {
  ops.Add(name)
      .Input("shape: T")
      .Output("output: dtype")
      .Attr("seed: int = 0")
      .Attr("seed2: int = 0")
      .Attr("dtype: {half, bfloat16, float, double}")
      .Attr("T: {int32, int64}")
      .Shape(ShapeFromInput)
      .NotDifferentiable(kRandom)
      .Stateful()
      .Doc(doc);
}

// Whether `input` is Python's integer `value`, for which TensorFlow leaves nodes out.
bool IsInt(const Input& input, int64_t value) {
  const Literal* const literal = input.literal();
  return literal != nullptr && literal->kind == Literal::Kind::kInt && literal->shape.empty() &&
         literal->integers[0] == value;
}

// The shape as a tensor called "shape". An empty list is one of integers here.
Output ShapeTensor(const Graph& graph, const Input& shape) {
  std::optional<DataType> dtype;
  if (shape.literal() != nullptr && shape.literal()->kind == Literal::Kind::kNone) dtype = int32;
  return errors::ValueOrThrow(ConvertToTensor(*graph.impl(), shape, dtype, "shape"));
}

Output Draw(std::string_view op, const Output& shape, DataType dtype, const SeedPair& seeds) {
  return OpBuilder(op)
      .Input(shape)
      .Attr("dtype", dtype)
      .Attr("seed", seeds.seed)
      .Attr("seed2", seeds.seed2)
      .Build();
}

Output Normal(std::string_view op, std::string_view default_name, const Input& shape,
              const RandomNormalOptions& options) {
  SourceScope here(shape);
  const Graph graph = graph_of(std::span(&shape, 1));
  const name_scope scope(options.name.empty() ? default_name : options.name, graph.impl());
  const Output dims = ShapeTensor(graph, shape);
  const auto convert = [&](const Input& value, std::string_view name) {
    return errors::ValueOrThrow(ConvertToTensor(*graph.impl(), value, options.dtype, name));
  };
  const Output mean = convert(options.mean, "mean");
  const Output stddev = convert(options.stddev, "stddev");
  const Output drawn = Draw(op, dims, options.dtype, NextSeeds(graph, options.seed));
  const Output scaled = multiply(drawn, stddev, "mul");
  return add(scaled, mean, scope.name());
}

Output UniformInt(const Graph& graph, const Output& dims, const RandomUniformOptions& options,
                  std::string_view name) {
  const auto convert = [&](const Input& value, std::string_view as) {
    return errors::ValueOrThrow(ConvertToTensor(*graph.impl(), value, options.dtype, as));
  };
  const Output low = convert(options.minval, "min");
  const Output high = convert(*options.maxval, "max");
  const SeedPair seeds = NextSeeds(graph, options.seed);
  return OpBuilder("RandomUniformInt", name)
      .Input(dims)
      .Input(low)
      .Input(high)
      .Attr("seed", seeds.seed)
      .Attr("seed2", seeds.seed2)
      .Build();
}

void CheckUniformType(const RandomUniformOptions& options) {
  const DataType dtype = options.dtype;
  if (!IsFloating(dtype) && dtype != int32 && dtype != int64) {
    errors::ThrowIfError(InvalidArgument(
        "Argument `dtype` got invalid value ", PythonName(dtype),
        ". Accepted dtypes are float16, bfloat16, float32, float64, int32, int64."));
  }
  if (IsInteger(dtype) && !options.maxval.has_value()) {
    errors::ThrowIfError(
        InvalidArgument("Must specify maxval for integer dtype ", PythonName(dtype)));
  }
}

}  // namespace

void RegisterRandom(OpRegistry& ops) {
  RegisterFloating(ops, "RandomUniform", "Values that are uniform in [0, 1).");
  RegisterFloating(ops, "RandomStandardNormal", "Values of mean 0 and standard deviation 1.");
  RegisterFloating(ops, "TruncatedNormal",
                   "Normal values, those beyond two standard deviations drawn again.");
  ops.Add("RandomUniformInt")
      .Input("shape: T")
      .Input("minval: Tout")
      .Input("maxval: Tout")
      .Output("output: Tout")
      .Attr("seed: int = 0")
      .Attr("seed2: int = 0")
      .Attr("Tout: {int32, int64}")
      .Attr("T: {int32, int64}")
      .Shape(UniformIntShape)
      .NoGradient(kRandom)
      .Stateful()
      .Doc("Integers that are uniform in [minval, maxval).");
}

SeedPair NextSeeds(const Graph& graph, std::optional<int64_t> op_seed) {
  const std::optional<int64_t> graph_seed = graph.impl()->seed();
  const bool counts = graph_seed.has_value() && !op_seed.has_value();
  return DeriveSeeds(graph_seed, op_seed, counts ? graph.impl()->NextSeedRequest() : 0);
}

Output random_uniform(Input shape, const RandomUniformOptions& options) {
  SourceScope here(shape);
  CheckUniformType(options);
  const Graph graph = graph_of(std::span(&shape, 1));
  const name_scope scope(options.name.empty() ? "random_uniform" : options.name, graph.impl());
  const Output dims = ShapeTensor(graph, shape);
  if (IsInteger(options.dtype)) return UniformInt(graph, dims, options, scope.name());
  const Input maxval = options.maxval.value_or(Input(1));
  const bool from_zero = IsInt(options.minval, 0);
  const bool to_one = IsInt(maxval, 1);
  Output low;
  Output high;
  if (!from_zero || !to_one) {
    low =
        errors::ValueOrThrow(ConvertToTensor(*graph.impl(), options.minval, options.dtype, "min"));
    high = errors::ValueOrThrow(ConvertToTensor(*graph.impl(), maxval, options.dtype, "max"));
  }
  const Output drawn = Draw("RandomUniform", dims, options.dtype, NextSeeds(graph, options.seed));
  if (from_zero && to_one) return drawn;
  if (from_zero) return multiply(drawn, high);
  const Output width = subtract(high, low, "sub");
  const Output scaled = multiply(drawn, width, "mul");
  return add(scaled, low, scope.name());
}

Output random_normal(Input shape, const RandomNormalOptions& options) {
  return Normal("RandomStandardNormal", "random_normal", shape, options);
}

Output truncated_normal(Input shape, const RandomNormalOptions& options) {
  return Normal("TruncatedNormal", "truncated_normal", shape, options);
}

}  // namespace sessile
