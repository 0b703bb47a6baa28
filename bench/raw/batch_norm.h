// Batch norm with ReLU behind it, on rows of channels, as loops.
//
// A row of C floats is seldom a whole number of vectors, but lcm(C, width) floats are: walking the
// rows in such periods keeps all lanes full and a channel in the same lane.
#pragma once

#include <cstdint>
#include <vector>

namespace sessile::bench::raw {

// One layer's batch norm. All pointers outlive it; none may be null.
class BatchNorm {
 public:
  struct Parameters {
    const float *gamma, *beta;
    float *gamma_gradient, *beta_gradient;
  };

  BatchNorm(int64_t channels, int64_t rows, int threads, const Parameters& parameters);

  // z = relu(norm(y)); keeps the statistics for Backward and moves the running ones.
  void Forward(const float* y, float* z);
  // Turns `dz` into the gradient of y, in place, and writes those of gamma and beta.
  void Backward(const float* y, float* dz);

  // norm(y) in inference is y * scale + shift.
  void Folded(std::vector<float>* scale, std::vector<float>* shift) const;

 private:
  void FinishForward();
  void FinishBackward();

  int64_t channels_, rows_;
  int threads_;
  Parameters parameters_;
  std::vector<double> sums_;          // by thread: the first moments, then the second
  std::vector<float> scale_, shift_;  // of this batch
  std::vector<float> mean_, deviation_inverse_;
  std::vector<float> per_y_, constant_;  // the gradient is scale*d + per_y*y + constant
  std::vector<float> running_mean_, running_variance_;
};

}  // namespace sessile::bench::raw
