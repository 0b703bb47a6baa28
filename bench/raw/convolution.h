// oneDNN's convolutions of one layer, each by the implementation that is fastest here.
#pragma once

#include "sessile/bench/raw/network.h"
#include "sessile/bench/raw/program.h"

namespace sessile::bench::raw {

// A primitive descriptor and what was chosen with it.
template <typename PrimitiveDesc>
struct Chosen {
  PrimitiveDesc desc;
  int threads = 1;
  double microseconds = 0;
};

using ForwardDesc = dnnl::convolution_forward::primitive_desc;
using BackwardDataDesc = dnnl::convolution_backward_data::primitive_desc;
using BackwardWeightsDesc = dnnl::convolution_backward_weights::primitive_desc;

// Without bias, for training.
Chosen<ForwardDesc> TrainingForward(const ConvLayer& layer, int64_t batch, int threads);
// With bias and ReLU.
Chosen<ForwardDesc> InferenceForward(const ConvLayer& layer, int64_t batch, int threads);
Chosen<BackwardDataDesc> BackwardData(const ConvLayer& layer, int64_t batch, int threads,
                                      const ForwardDesc& forward);
// The gradient comes in the layout of the forward weights if a good implementation can do that.
Chosen<BackwardWeightsDesc> BackwardWeights(const ConvLayer& layer, int64_t batch, int threads,
                                            const ForwardDesc& forward);

// HWIO, as TensorFlow stores filters.
Desc FilterDesc(const ConvLayer& layer);

}  // namespace sessile::bench::raw
