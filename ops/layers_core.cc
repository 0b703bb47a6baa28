// Layers without weights: dropout and flatten.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/layer.h"
#include "sessile/ops/layer_arguments.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/nn.h"

namespace sessile::layers {

Output dropout(Input inputs, const DropoutOptions& options) {
  SourceScope here(inputs);
  const Output x = convert_to_tensor(inputs);
  const Layer layer({.type = "dropout", .name = options.name}, x);
  const Literal* const rate = options.rate.literal();
  const bool is_zero = rate != nullptr && rate->shape.empty() &&
                       ((rate->kind == Literal::Kind::kFloat && rate->numbers[0] == 0) ||
                        (rate->kind == Literal::Kind::kInt && rate->integers[0] == 0));
  if (is_zero) return identity(x);
  const auto drop = [&] {
    nn::DropoutOptions nn_options{.seed = options.seed, .rate = options.rate};
    if (options.noise_shape.has_value()) {
      nn_options.noise_shape = convert_to_tensor(*options.noise_shape);
    }
    return nn::dropout(x, nn_options);
  };
  return smart_cond(options.training, drop, [&] { return identity(x); });
}

Output flatten(Input inputs, const FlattenOptions& options) {
  SourceScope here(inputs);
  const std::string data_format = OpDataFormat(options.data_format);
  Output x = convert_to_tensor(inputs);
  const Layer layer({.type = "flatten", .name = options.name}, x);
  layer.ExpectMinRank(1);
  const int rank = x.get_shape().rank();
  if (data_format == "NCHW" && rank > 1) {
    std::vector<int64_t> perm = {0};
    for (int i = 2; i < rank; ++i) perm.push_back(i);
    perm.push_back(1);
    x = transpose(x, perm);
  }
  if (rank == 1) return expand_dims(x, 1);
  // What is known of the sizes stays known.
  const Shape rest = x.get_shape().Slice(1);
  const int64_t batch = x.get_shape().dim(0);
  if (rest.IsFullyDefined()) return reshape(x, constant({-1, rest.num_elements()}));
  if (batch != None) return reshape(x, constant({batch, int64_t{-1}}));
  return reshape(x, {shape(x)[0], -1});
}

}  // namespace sessile::layers
