// The training step in raw oneDNN: forward, backward, Adam.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sessile/bench/raw/batch_norm.h"
#include "sessile/bench/raw/convolution.h"
#include "sessile/bench/raw/network.h"
#include "sessile/bench/raw/program.h"

namespace sessile::bench::raw {

// The weights of inference, batch norm folded into them.
struct FoldedLayer {
  std::vector<float> kernel;  // HWIO, or [in, out]
  std::vector<float> bias;
};

class Training {
 public:
  // `weights` are the trainable variables in the order of their making, as TensorFlow stores them.
  // Throws std::runtime_error if they are not those of this network, dnnl::error.
  Training(int64_t batch, int threads, const std::vector<float>& weights);

  // Trains on `images` [batch,28,28,1] and one-hot `labels`; returns the loss before the update.
  float Step(const std::vector<float>& images, const std::vector<float>& labels);

  // The 19 convolutions, then the two dense layers, with the statistics so far.
  std::vector<FoldedLayer> Folded();

 private:
  // A variable and its gradient; all of them lie behind each other.
  struct Parameter {
    Desc plain;  // TensorFlow's layout
    Desc desc;   // the one that it is kept in
    size_t offset = 0;
    float *value = nullptr, *gradient = nullptr;
  };
  struct Layer {
    ConvLayer shape;
    Chosen<ForwardDesc> forward;
    dnnl::memory input, output;  // output: before batch norm
    std::unique_ptr<BatchNorm> norm;
  };

  void ChooseForward();
  void PlaceParameters();
  void FillParameters(const std::vector<float>& weights);
  // Variables are numbered in the order of their making: a kernel, gamma and beta for each layer.
  Parameter& kernel(size_t layer) { return parameters_[3 * layer]; }
  dnnl::memory Value(const Parameter& parameter);
  dnnl::memory Gradient(const Parameter& parameter);
  std::unique_ptr<BatchNorm> NormOf(size_t layer, int64_t channels, int64_t rows);

  dnnl::memory AddForward(size_t layer, const dnnl::memory& input);
  void AddHead(const dnnl::memory& input);
  void AddLoss();
  dnnl::memory AddHeadBackward();
  dnnl::memory AddBackward(size_t layer, const dnnl::memory& output_gradient);
  void AddDense(size_t layer, int what, const dnnl::memory& input, const dnnl::memory& output);
  void AddAdam();
  std::vector<float> Plain(const Parameter& parameter);

  int64_t batch_;
  Program program_;
  std::vector<Layer> layers_;
  std::vector<Parameter> parameters_;
  size_t parameter_floats_ = 0;
  float *values_ = nullptr, *gradients_ = nullptr;

  float *images_ = nullptr, *labels_ = nullptr;
  float* ping_pong_[2] = {};  // gradients of activations
  dnnl::memory flat_, hidden_, hidden_active_, logits_, logits_gradient_;
  std::unique_ptr<BatchNorm> hidden_norm_;
  float loss_ = 0;
  int64_t steps_ = 0;
};

// The mean sigmoid cross entropy of `logits`, and its gradient if wanted.
float SigmoidLoss(const float* logits, const float* labels, int64_t n, float* gradient);

}  // namespace sessile::bench::raw
