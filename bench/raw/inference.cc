#include "sessile/bench/raw/inference.h"

#include <omp.h>

#include <algorithm>

#include "sessile/bench/data.h"

namespace sessile::bench::raw {
namespace {

float* At(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

// `values` in the layout `to`, in memory of `program`.
dnnl::memory Packed(Program& program, const std::vector<float>& values, const Desc& from,
                    const Desc& to) {
  dnnl::memory source(from, Engine(), const_cast<float*>(values.data()));
  dnnl::memory packed = program.Memory(to);
  dnnl::stream stream(Engine());
  dnnl::reorder(source, packed).execute(stream, source, packed);
  return packed;
}

// The taps of a 3x3 filter that meet an input of the size of the window: [size*size*in, out].
FoldedLayer UsedTaps(const ConvLayer& shape, const FoldedLayer& layer) {
  FoldedLayer used;
  used.bias = layer.bias;
  const int64_t tap = shape.in * shape.out;
  for (int64_t row = 0; row < shape.size; ++row) {
    const auto from =
        layer.kernel.begin() + ((shape.pad_before + row) * 3 + shape.pad_before) * tap;
    used.kernel.insert(used.kernel.end(), from, from + shape.size * tap);
  }
  return used;
}

}  // namespace

Inference::Inference(int64_t batch, int threads, const std::vector<FoldedLayer>& layers)
    : batch_(batch), program_(threads) {
  images_ = program_.Floats(static_cast<size_t>(batch * kPixels));
  dnnl::memory x = program_.Memory(FloatDesc({batch, 1, 28, 28}, Tag::nhwc), images_);
  const std::vector<ConvLayer> shapes = ConvLayers();
  for (size_t i = 0; i < shapes.size(); ++i) {
    const ConvLayer& shape = shapes[i];
    if (shape.dense()) {
      x = AddDense(UsedTaps(shape, layers[i]), shape.size * shape.size * shape.in, shape.out, true,
                   x);
    } else {
      x = AddConvolution(shape, layers[i], x);
    }
  }
  x = AddDense(layers[shapes.size()], shapes.back().out, kHidden, true, x);
  x = AddDense(layers[shapes.size() + 1], kHidden, kClasses, false, x);
  logits_ = At(x);
  program_.Finish();
}

dnnl::memory Inference::AddConvolution(const ConvLayer& shape, const FoldedLayer& layer,
                                       const dnnl::memory& input) {
  const auto chosen = InferenceForward(shape, batch_, program_.threads());
  const dnnl::memory output = program_.Memory(chosen.desc.dst_desc());
  const Desc bias = FloatDesc({shape.out}, Tag::a);
  program_.Add(dnnl::convolution_forward(chosen.desc), chosen.threads,
               chosen.desc.scratchpad_desc(),
               {{DNNL_ARG_SRC, input},
                {DNNL_ARG_WEIGHTS,
                 Packed(program_, layer.kernel, FilterDesc(shape), chosen.desc.weights_desc())},
                {DNNL_ARG_BIAS, Packed(program_, layer.bias, bias, bias)},
                {DNNL_ARG_DST, output}});
  return output;
}

dnnl::memory Inference::AddDense(const FoldedLayer& layer, int64_t in, int64_t out, bool relu,
                                 const dnnl::memory& input) {
  const Desc matrix = FloatDesc({in, out}, Tag::ab), bias = FloatDesc({1, out}, Tag::ab);
  const Desc input_desc = FloatDesc({batch_, in}, Tag::ab);
  const Desc output_desc = FloatDesc({batch_, out}, Tag::ab);
  dnnl::primitive_attr attributes = UserScratchpad();
  if (relu) {
    dnnl::post_ops active;
    onednn::AppendRelu(active);
    attributes.set_post_ops(active);
  }
  const int threads = batch_ < 64 ? 1 : program_.threads();
  omp_set_num_threads(threads);
  const auto desc =
      onednn::Describe<dnnl::matmul>(Engine(), attributes, input_desc, matrix, bias, output_desc);
  const dnnl::memory output = program_.Memory(output_desc);
  program_.Add(dnnl::matmul(desc), threads, desc.scratchpad_desc(),
               {{DNNL_ARG_SRC, program_.Memory(input_desc, At(input))},
                {DNNL_ARG_WEIGHTS, Packed(program_, layer.kernel, matrix, matrix)},
                {DNNL_ARG_BIAS, Packed(program_, layer.bias, bias, bias)},
                {DNNL_ARG_DST, output}});
  return output;
}

void Inference::Run(const float* images, float* logits) {
  std::copy_n(images, batch_ * kPixels, images_);
  program_.Run();
  std::copy_n(logits_, batch_ * kClasses, logits);
}

}  // namespace sessile::bench::raw
