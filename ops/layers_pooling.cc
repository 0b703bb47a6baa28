#include "sessile/ops/layer.h"
#include "sessile/ops/layer_arguments.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/nn.h"

namespace sessile::layers {
namespace {

using PoolFn = Output (*)(Input, const IntList&, const IntList&, const nn::ConvPadding&,
                          const nn::PoolOptions&);

Output Pooling(const char* type, PoolFn pool, const Input& inputs, const IntList& pool_size,
               const IntList& strides, const Pooling2DOptions& options) {
  SourceScope here(inputs);
  const std::vector<int64_t> size = HeightAndWidth(pool_size, "pool_size");
  const std::vector<int64_t> steps = HeightAndWidth(strides, "strides");
  const std::string padding = OpPadding(options.padding);
  const std::string data_format = OpDataFormat(options.data_format);
  const Output x = convert_to_tensor(inputs);
  Layer layer({.type = type, .name = options.name}, x);
  layer.ExpectRank(4);
  return pool(x, size, steps, padding, {.data_format = data_format});
}

}  // namespace

Output max_pooling2d(Input inputs, const IntList& pool_size, const IntList& strides,
                     const Pooling2DOptions& options) {
  return Pooling("max_pooling2d", nn::max_pool, inputs, pool_size, strides, options);
}

Output average_pooling2d(Input inputs, const IntList& pool_size, const IntList& strides,
                         const Pooling2DOptions& options) {
  return Pooling("average_pooling2d", nn::avg_pool, inputs, pool_size, strides, options);
}

}  // namespace sessile::layers
