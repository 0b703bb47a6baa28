#include "sessile/bench/raw/training.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sessile/bench/data.h"

namespace sessile::bench::raw {
namespace {

enum { kForwardPass, kToInput, kToKernel };

size_t FloatsOf(const Desc& desc) { return desc.get_size() / sizeof(float); }
float* At(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

void Copy(const Desc& from_desc, const float* from, const Desc& to_desc, float* to) {
  dnnl::memory source(from_desc, Engine(), const_cast<float*>(from));
  dnnl::memory target(to_desc, Engine(), to);
  dnnl::stream stream(Engine());
  dnnl::reorder(source, target).execute(stream, source, target);
}

// TensorFlow's Adam with its defaults, on floats [begin, end).
void Adam(float* value, const float* gradient, float* m, float* v, size_t begin, size_t end,
          float rate) {
  constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kAdamEpsilon = 1e-8f;
  for (size_t i = begin; i < end; ++i) {
    m[i] += (gradient[i] - m[i]) * (1 - kBeta1);
    v[i] += (gradient[i] * gradient[i] - v[i]) * (1 - kBeta2);
    value[i] -= rate * m[i] / (std::sqrt(v[i]) + kAdamEpsilon);
  }
}

}  // namespace

float SigmoidLoss(const float* logits, const float* labels, int64_t n, float* gradient) {
  const float share = 1 / static_cast<float>(n);
  double loss = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float x = logits[i], e = std::exp(-std::fabs(x));
    loss += std::max(x, 0.0f) - x * labels[i] + std::log1p(e);
    if (gradient != nullptr) {
      gradient[i] = ((x >= 0 ? 1 : e) / (1 + e) - labels[i]) * share;
    }
  }
  return static_cast<float>(loss / static_cast<double>(n));
}

Training::Training(int64_t batch, int threads, const std::vector<float>& weights)
    : batch_(batch), program_(threads) {
  for (const ConvLayer& shape : ConvLayers()) layers_.push_back({shape, {}, {}, {}, nullptr});
  ChooseForward();
  PlaceParameters();
  FillParameters(weights);
  images_ = program_.Floats(static_cast<size_t>(batch_ * kPixels));
  labels_ = program_.Floats(static_cast<size_t>(batch_ * kClasses));
  dnnl::memory layer = program_.Memory(FloatDesc({batch_, 1, 28, 28}, Tag::nhwc), images_);
  for (size_t i = 0; i < layers_.size(); ++i) layer = AddForward(i, layer);
  AddHead(layer);
  AddLoss();
  size_t largest = 0;
  for (const Layer& l : layers_) largest = std::max(largest, FloatsOf(l.output.get_desc()));
  for (float*& buffer : ping_pong_) buffer = program_.Floats(largest);
  dnnl::memory gradient = AddHeadBackward();
  for (size_t i = layers_.size(); i-- > 0;) gradient = AddBackward(i, gradient);
  AddAdam();
  program_.Finish();
}

void Training::ChooseForward() {
  for (Layer& layer : layers_) {
    if (!layer.shape.dense()) {
      layer.forward = TrainingForward(layer.shape, batch_, program_.threads());
    }
  }
}

void Training::PlaceParameters() {
  const auto add = [&](const Desc& plain, const Desc& desc) {
    parameters_.push_back({plain, desc, parameter_floats_, nullptr, nullptr});
    parameter_floats_ += (FloatsOf(desc) + 15) / 16 * 16;
  };
  const auto add_vector = [&](int64_t n) { add(FloatDesc({n}, Tag::a), FloatDesc({n}, Tag::a)); };
  const auto add_matrix = [&](int64_t in, int64_t out) {
    add(FloatDesc({in, out}, Tag::ab), FloatDesc({in, out}, Tag::ab));
  };
  for (const Layer& layer : layers_) {
    const Desc plain = FilterDesc(layer.shape);
    add(plain, layer.shape.dense() ? plain : layer.forward.desc.weights_desc());
    add_vector(layer.shape.out);
    add_vector(layer.shape.out);
  }
  add_matrix(layers_.back().shape.out, kHidden);
  add_vector(kHidden);
  add_vector(kHidden);
  add_matrix(kHidden, kClasses);
  add_vector(kClasses);
  values_ = program_.Floats(parameter_floats_);
  gradients_ = program_.Floats(parameter_floats_);
  for (Parameter& parameter : parameters_) {
    parameter.value = values_ + parameter.offset;
    parameter.gradient = gradients_ + parameter.offset;
  }
}

void Training::FillParameters(const std::vector<float>& weights) {
  size_t needed = 0;
  for (const Parameter& parameter : parameters_) needed += FloatsOf(parameter.plain);
  if (needed != weights.size()) {
    throw std::runtime_error("the network has " + std::to_string(needed) + " weights, got " +
                             std::to_string(weights.size()));
  }
  const float* from = weights.data();
  for (const Parameter& parameter : parameters_) {
    Copy(parameter.plain, from, parameter.desc, parameter.value);
    from += FloatsOf(parameter.plain);
  }
}

dnnl::memory Training::Value(const Parameter& parameter) {
  return program_.Memory(parameter.desc, parameter.value);
}

dnnl::memory Training::Gradient(const Parameter& parameter) {
  return program_.Memory(parameter.desc, parameter.gradient);
}

std::unique_ptr<BatchNorm> Training::NormOf(size_t layer, int64_t channels, int64_t rows) {
  const Parameter& gamma = parameters_[3 * layer + 1];
  const Parameter& beta = parameters_[3 * layer + 2];
  return std::make_unique<BatchNorm>(
      channels, rows, program_.threads(),
      BatchNorm::Parameters{gamma.value, beta.value, gamma.gradient, beta.gradient});
}

dnnl::memory Training::AddForward(size_t index, const dnnl::memory& input) {
  Layer& layer = layers_[index];
  const ConvLayer& shape = layer.shape;
  const Desc output = FloatDesc({batch_, shape.out, shape.out_size, shape.out_size}, Tag::nhwc);
  layer.input = input;
  layer.output = program_.Memory(output);
  if (shape.dense()) {
    AddDense(index, kForwardPass, layer.input, layer.output);
  } else {
    const ForwardDesc& desc = layer.forward.desc;
    program_.Add(dnnl::convolution_forward(desc), layer.forward.threads, desc.scratchpad_desc(),
                 {{DNNL_ARG_SRC, layer.input},
                  {DNNL_ARG_WEIGHTS, Value(kernel(index))},
                  {DNNL_ARG_DST, layer.output}});
  }
  layer.norm = NormOf(index, shape.out, shape.rows(batch_));
  const dnnl::memory active = program_.Memory(output);
  program_.Add(
      [norm = layer.norm.get(), y = At(layer.output), z = At(active)] { norm->Forward(y, z); });
  return active;
}

// A convolution whose window covers its input: the taps of a row of the window are neighbours in
// the filter, so that each row is one matrix multiplication.
void Training::AddDense(size_t index, int what, const dnnl::memory& input,
                        const dnnl::memory& output) {
  const ConvLayer& shape = layers_[index].shape;
  const int64_t row = shape.size * shape.in, image = shape.size * row;
  for (int64_t r = 0; r < shape.size; ++r) {
    const int64_t tap = ((shape.pad_before + r) * 3 + shape.pad_before) * shape.in * shape.out;
    float* const x = At(input) + r * row;
    const dnnl::memory y = program_.Memory(FloatDesc({batch_, shape.out}, Tag::ab), At(output));
    const Parameter& filter = kernel(index);
    if (what == kForwardPass) {
      program_.AddMatMul(program_.Memory(Desc({batch_, row}, kFloat, Dims{image, 1}), x),
                         program_.Memory(FloatDesc({row, shape.out}, Tag::ab), filter.value + tap),
                         y, r > 0);
    } else if (what == kToInput) {
      program_.AddMatMul(y,
                         program_.Memory(FloatDesc({shape.out, row}, Tag::ba), filter.value + tap),
                         program_.Memory(Desc({batch_, row}, kFloat, Dims{image, 1}), x));
    } else {
      program_.AddMatMul(
          program_.Memory(Desc({row, batch_}, kFloat, Dims{1, image}), x), y,
          program_.Memory(FloatDesc({row, shape.out}, Tag::ab), filter.gradient + tap));
    }
  }
}

void Training::AddHead(const dnnl::memory& input) {
  const size_t head = layers_.size();
  flat_ = program_.Memory(FloatDesc({batch_, layers_.back().shape.out}, Tag::ab), At(input));
  hidden_ = program_.Memory(FloatDesc({batch_, kHidden}, Tag::ab));
  hidden_active_ = program_.Memory(FloatDesc({batch_, kHidden}, Tag::ab));
  logits_ = program_.Memory(FloatDesc({batch_, kClasses}, Tag::ab));
  program_.AddMatMul(flat_, Value(kernel(head)), hidden_);
  hidden_norm_ = NormOf(head, kHidden, batch_);
  program_.Add([norm = hidden_norm_.get(), y = At(hidden_), z = At(hidden_active_)] {
    norm->Forward(y, z);
  });
  program_.AddMatMul(hidden_active_, Value(kernel(head + 1)), logits_);
}

// The output's bias is part of it: ten numbers are not worth a primitive.
void Training::AddLoss() {
  const Parameter& bias = parameters_.back();
  logits_gradient_ = program_.Memory(FloatDesc({batch_, kClasses}, Tag::ab));
  program_.Add([this, bias, logits = At(logits_), gradient = At(logits_gradient_)] {
    const int64_t n = batch_ * kClasses;
    for (int64_t i = 0; i < n; ++i) logits[i] += bias.value[i % kClasses];
    loss_ = SigmoidLoss(logits, labels_, n, gradient);
    std::fill_n(bias.gradient, kClasses, 0.0f);
    for (int64_t i = 0; i < n; ++i) bias.gradient[i % kClasses] += gradient[i];
  });
}

dnnl::memory Training::AddHeadBackward() {
  const size_t head = layers_.size();
  const int64_t in = layers_.back().shape.out;
  const auto transposed = [&](const dnnl::memory& memory, int64_t rows, int64_t columns) {
    return program_.Memory(FloatDesc({rows, columns}, Tag::ba), At(memory));
  };
  const dnnl::memory hidden_gradient = program_.Memory(hidden_.get_desc());
  program_.AddMatMul(transposed(hidden_active_, kHidden, batch_), logits_gradient_,
                     Gradient(kernel(head + 1)));
  program_.AddMatMul(logits_gradient_, transposed(Value(kernel(head + 1)), kClasses, kHidden),
                     hidden_gradient);
  program_.Add([norm = hidden_norm_.get(), y = At(hidden_), dz = At(hidden_gradient)] {
    norm->Backward(y, dz);
  });
  program_.AddMatMul(transposed(flat_, in, batch_), hidden_gradient, Gradient(kernel(head)));
  const dnnl::memory gradient = program_.Memory(flat_.get_desc(), ping_pong_[1]);
  program_.AddMatMul(hidden_gradient, transposed(Value(kernel(head)), kHidden, in), gradient);
  return gradient;
}

dnnl::memory Training::AddBackward(size_t index, const dnnl::memory& output_gradient) {
  const Layer& layer = layers_[index];
  const ConvLayer& shape = layer.shape;
  const dnnl::memory gradient = program_.Memory(layer.output.get_desc(), At(output_gradient));
  program_.Add([norm = layer.norm.get(), y = At(layer.output), dz = At(gradient)] {
    norm->Backward(y, dz);
  });
  const Desc input = FloatDesc({batch_, shape.in, shape.size, shape.size}, Tag::nhwc);
  const dnnl::memory input_gradient =
      program_.Memory(input, ping_pong_[At(gradient) == ping_pong_[0] ? 1 : 0]);
  if (shape.dense()) {
    AddDense(index, kToKernel, layer.input, gradient);
    AddDense(index, kToInput, input_gradient, gradient);
    return input_gradient;
  }
  const auto weights = BackwardWeights(shape, batch_, program_.threads(), layer.forward.desc);
  const bool same = weights.desc.diff_weights_desc() == kernel(index).desc;
  const dnnl::memory filter_gradient =
      same ? Gradient(kernel(index)) : program_.Memory(weights.desc.diff_weights_desc());
  program_.Add(dnnl::convolution_backward_weights(weights.desc), weights.threads,
               weights.desc.scratchpad_desc(),
               {{DNNL_ARG_SRC, layer.input},
                {DNNL_ARG_DIFF_DST, gradient},
                {DNNL_ARG_DIFF_WEIGHTS, filter_gradient}});
  if (!same) program_.Reordered(filter_gradient, kernel(index).desc, kernel(index).gradient);
  if (index == 0) return {};
  const auto data = BackwardData(shape, batch_, program_.threads(), layer.forward.desc);
  program_.Add(
      dnnl::convolution_backward_data(data.desc), data.threads, data.desc.scratchpad_desc(),
      {{DNNL_ARG_DIFF_DST, gradient},
       {DNNL_ARG_WEIGHTS, program_.Reordered(Value(kernel(index)), data.desc.weights_desc())},
       {DNNL_ARG_DIFF_SRC, input_gradient}});
  return input_gradient;
}

void Training::AddAdam() {
  float* const m = program_.Floats(parameter_floats_);
  float* const v = program_.Floats(parameter_floats_);
  program_.Add([this, m, v] {
    const double step = static_cast<double>(++steps_);
    const float rate = static_cast<float>(0.002 * std::sqrt(1 - std::pow(0.999, step)) /
                                          (1 - std::pow(0.9, step)));
    const size_t threads = static_cast<size_t>(program_.threads()), blocks = parameter_floats_ / 16;
#pragma omp parallel num_threads(program_.threads())
    {
      const size_t t = static_cast<size_t>(omp_get_thread_num());
      Adam(values_, gradients_, m, v, blocks * t / threads * 16, blocks * (t + 1) / threads * 16,
           rate);
    }
  });
}

float Training::Step(const std::vector<float>& images, const std::vector<float>& labels) {
  std::copy(images.begin(), images.end(), images_);
  std::copy(labels.begin(), labels.end(), labels_);
  program_.Run();
  return loss_;
}

std::vector<float> Training::Plain(const Parameter& parameter) {
  std::vector<float> values(FloatsOf(parameter.plain));
  Copy(parameter.desc, parameter.value, parameter.plain, values.data());
  return values;
}

std::vector<FoldedLayer> Training::Folded() {
  std::vector<FoldedLayer> folded;
  for (size_t i = 0; i <= layers_.size(); ++i) {
    FoldedLayer layer;
    std::vector<float> scale;
    (i < layers_.size() ? layers_[i].norm : hidden_norm_)->Folded(&scale, &layer.bias);
    layer.kernel = Plain(kernel(i));
    for (size_t k = 0; k < layer.kernel.size(); ++k) layer.kernel[k] *= scale[k % scale.size()];
    folded.push_back(std::move(layer));
  }
  folded.push_back({Plain(kernel(layers_.size() + 1)), Plain(parameters_.back())});
  return folded;
}

}  // namespace sessile::bench::raw
