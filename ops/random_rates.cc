// RandomGamma and RandomPoisson: samples for each of many parameters.

#include <array>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"
#include "sessile/ops/random_seed.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

using Outputs = std::vector<Output>;

// The shape that is asked for, before that of the parameters.
absl::Status RandomRatesShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputWithRank(0, 1).status());
  SESSILE_ASSIGN_OR_RETURN(const Shape samples, ctx.input_value_as_shape(0));
  const Shape parameters = ctx.input(1);
  if (samples.has_rank() && parameters.has_rank()) {
    ctx.SetOutput(0, Shape::Concat(samples, parameters));
  }
  return absl::OkStatus();
}

// By implicit differentiation of the distribution (Figurnov et al., 2018); parameters get the sum
// over their samples.
absl::StatusOr<Outputs> RandomGammaGradient(GradContext& ctx, const Node& node,
                                            std::span<const Output> grads) {
  const Output alpha = ctx.input(node, 1);
  const control_dependencies after({grads[0]});
  const Output dims = shape(ctx.input(node, 0))[0];
  const Output units = ones({dims}, int32);
  const Output aligned_shape = concat({units, shape(alpha)}, 0);
  const Output aligned = reshape(alpha, aligned_shape);
  const Output by_alpha =
      OpBuilder("RandomGammaGrad").Input(aligned).Input(ctx.output(node, 0)).Build();
  const Output product = grads[0] * by_alpha;
  return Outputs{Output(), reduce_sum(product, {.axis = range(0, dims)})};
}

OpDefBuilder RandomRatesOp(OpRegistry& ops, std::string_view name, std::string_view parameter,
                           std::string_view output) {
  OpDefBuilder op = ops.Add(name);
  op.Input("shape: S").Input(parameter).Output(output);
  op.Attr("seed: int = 0").Attr("seed2: int = 0").Attr("S: {int32, int64}");
  op.Shape(RandomRatesShape).Stateful();
  return op;
}

constexpr const char* kNumberOfEvents = "a number of events has no derivative";

}  // namespace

void RegisterRandomRates(OpRegistry& ops) {
  RandomRatesOp(ops, "RandomGamma", "alpha: T", "output: T")
      .Attr("T: {half, float, double}")
      .Gradient(RandomGammaGradient)
      .Doc("Samples of gamma distributions with shapes `alpha` and scale 1.");
  ops.Add("RandomGammaGrad")
      .Input("alpha: T")
      .Input("sample: T")
      .Output("output: T")
      .Attr("T: {float, double}")
      .Shape(BroadcastBinaryShape)
      .NoGradient("TensorFlow has none")
      .Doc("The derivative of a sample of RandomGamma by `alpha`.");
  RandomRatesOp(ops, "RandomPoisson", "rate: dtype", "output: dtype")
      .Attr("dtype: {half, float, double}")
      .Deprecated(25)
      .NoGradient(kNumberOfEvents)
      .Doc("Samples of Poisson distributions with `rate` events.");
  RandomRatesOp(ops, "RandomPoissonV2", "rate: R", "output: dtype")
      .Attr("R: {half, float, double, int32, int64} = DT_DOUBLE")
      .Attr("dtype: {half, float, double, int32, int64} = DT_INT64")
      .NoGradient(kNumberOfEvents)
      .Doc("Samples of Poisson distributions with `rate` events.");
}

Output random_poisson(Input lam, Input sample_shape, const RandomPoissonOptions& options) {
  SourceScope here(lam);
  const std::array<Input, 2> inputs = {lam, sample_shape};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.name.empty() ? "random_poisson" : options.name);
  const Output dims = convert_to_tensor(sample_shape, int32, "shape");
  const SeedPair seeds = NextSeeds(graph, options.seed);
  return OpBuilder("RandomPoissonV2")
      .Input(dims)
      .Input(lam)
      .Attr("dtype", options.dtype)
      .Attr("seed", seeds.seed)
      .Attr("seed2", seeds.seed2)
      .Build();
}

}  // namespace sessile
