// RandomShuffle and Multinomial, and what is drawn from existing tensors.

#include <array>
#include <limits>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/assert.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/folding.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/random.h"
#include "sessile/ops/random_seed.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

absl::Status MultinomialShape(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape logits, ctx.InputWithRank(0, 2));
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(1));
  const int64_t samples = KnownInt(ctx, 1).value_or(None);
  ctx.SetOutput(0, Shape({logits.dim(0), samples < 0 ? None : samples}));
  return absl::OkStatus();
}

Output DrawClasses(const char* scope_name, const Input& logits, const Input& num_samples,
                   DataType dtype, std::optional<int64_t> seed, const std::string& name) {
  const std::array<Input, 2> inputs = {logits, num_samples};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(name.empty() ? scope_name : name);
  const Output tensor = convert_to_tensor(logits, {}, "logits");
  const SeedPair seeds = NextSeeds(graph, seed);
  return OpBuilder("Multinomial")
      .Input(tensor)
      .Input(num_samples)
      .Attr("seed", seeds.seed)
      .Attr("seed2", seeds.seed2)
      .Attr("output_dtype", dtype)
      .Build();
}

}  // namespace

void RegisterRandomDraws(OpRegistry& ops) {
  ops.Add("RandomShuffle")
      .Input("value: T")
      .Output("output: T")
      .Attr("seed: int = 0")
      .Attr("seed2: int = 0")
      .Attr("T: type")
      .Shape(UnchangedShape)
      .NoGradient("the order that is drawn does not depend on the values")
      .Stateful()
      .Doc("The rows of `value` in a random order.");
  ops.Add("Multinomial")
      .Input("logits: T")
      .Input("num_samples: int32")
      .Output("output: output_dtype")
      .Attr("seed: int = 0")
      .Attr("seed2: int = 0")
      .Attr("T: realnumbertype")
      .Attr("output_dtype: {int32, int64} = DT_INT64")
      .Shape(MultinomialShape)
      .NotDifferentiable("classes are integers")
      .Stateful()
      .Doc("Classes drawn with probabilities softmax(logits), `num_samples` for each row.");
}

Output random_shuffle(Input value, const RandomOrderOptions& options) {
  SourceScope here(value);
  const Graph graph = graph_of(std::span(&value, 1));
  const SeedPair seeds = NextSeeds(graph, options.seed);
  return OpBuilder("RandomShuffle", options.name)
      .Input(std::move(value))
      .Attr("seed", seeds.seed)
      .Attr("seed2", seeds.seed2)
      .Build();
}

Output random_crop(Input value, Input size, const RandomOrderOptions& options) {
  SourceScope here(value);
  const std::array<Input, 2> inputs = {value, size};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.name.empty() ? "random_crop" : options.name);
  const Output tensor = convert_to_tensor(value, {}, "value");
  const Output sizes = convert_to_tensor(size, int32, "size");
  Output whole = shape(tensor);
  const Output fits = reduce_all(whole >= sizes);
  const Operation checked =
      Assert(fits, {"Need value.shape >= size, got ", whole, sizes}, {.summarize = 1000});
  whole = with_dependencies({checked}, whole);
  const Output room = whole - sizes;
  const Output limit = room + 1;
  const Output rank = shape(whole);
  const Output drawn = random_uniform(
      rank, {.maxval = std::numeric_limits<int32_t>::max(), .dtype = int32, .seed = options.seed});
  return slice(tensor, drawn % limit, sizes, scope.name());
}

Output multinomial(Input logits, Input num_samples, const MultinomialOptions& options) {
  SourceScope here(logits);
  return DrawClasses("multinomial", logits, num_samples, options.output_dtype, options.seed,
                     options.name);
}

namespace random {

Output categorical(Input logits, Input num_samples, const CategoricalOptions& options) {
  SourceScope here(logits);
  return DrawClasses("categorical", logits, num_samples, options.dtype, options.seed, options.name);
}

}  // namespace random
}  // namespace sessile
