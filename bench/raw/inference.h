// The network's logits in raw oneDNN, batch norm folded into the weights.
#pragma once

#include <cstdint>
#include <vector>

#include "sessile/bench/raw/program.h"
#include "sessile/bench/raw/training.h"

namespace sessile::bench::raw {

class Inference {
 public:
  // For batches of exactly `batch` images. Throws dnnl::error.
  Inference(int64_t batch, int threads, const std::vector<FoldedLayer>& layers);

  int64_t batch() const { return batch_; }
  // `images` is [batch,28,28,1], `logits` gets [batch,10].
  void Run(const float* images, float* logits);

 private:
  dnnl::memory AddConvolution(const ConvLayer& shape, const FoldedLayer& layer,
                              const dnnl::memory& input);
  // relu(x * kernel + bias), or without relu.
  dnnl::memory AddDense(const FoldedLayer& layer, int64_t in, int64_t out, bool relu,
                        const dnnl::memory& input);

  int64_t batch_;
  Program program_;
  float* images_;
  float* logits_;
};

}  // namespace sessile::bench::raw
