#include "sessile/bench/raw/batch_norm.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "sessile/bench/raw/network.h"

namespace sessile::bench::raw {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16;
#else
constexpr int kWidth = 8;
#endif
typedef float Vector __attribute__((vector_size(4 * kWidth)));

constexpr int kMaxVectors = 25;   // in a period
constexpr int64_t kChunk = 2048;  // floats summed in single precision
// Below this many floats a second thread costs more than it gives.
constexpr int64_t kParallel = 8192;

inline Vector Load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void Store(float* to, Vector v) { std::memcpy(to, &v, sizeof v); }
inline Vector OrZero(Vector v, Vector condition) { return condition > 0 ? v : Vector{}; }

// A value for each channel, repeated over a period.
template <int kVectors>
struct Repeated {
  Repeated(const std::vector<float>& channels) {  // NOLINT: meant to convert
    for (auto to = lanes.begin(); to != lanes.end();) {
      to = std::copy(channels.begin(), channels.end(), to);
    }
  }
  Vector operator[](int k) const { return Load(lanes.data() + k * kWidth); }
  alignas(64) std::array<float, kVectors * kWidth> lanes;
};

// Adds term(float index) and its product with y to the sums of each channel.
template <int kVectors, typename Term>
void Moments(const float* y, int64_t floats, int64_t channels, double* sums, const Term& term) {
  constexpr int64_t kPeriod = kVectors * kWidth;
  const int64_t chunk = (kChunk / kPeriod + 1) * kPeriod;
  std::fill_n(sums, 2 * channels, 0.0);
  for (int64_t begin = 0; begin < floats; begin += chunk) {
    Vector first[kVectors] = {}, second[kVectors] = {};
    const int64_t end = std::min(floats, begin + chunk);
    int64_t i = begin;
    for (; i + kPeriod <= end; i += kPeriod) {
#pragma GCC unroll 25
      for (int k = 0; k < kVectors; ++k) {
        const Vector v = Load(y + i + k * kWidth);
        const Vector t = term(v, i + k * kWidth, k);
        first[k] += t;
        second[k] += t * v;
      }
    }
    // The rest of the rows ends within a period: lanes beyond it are zeros.
    for (int k = 0; i + k * kWidth < end; ++k) {
      alignas(64) float rest[kWidth] = {};
      const int64_t left = std::min<int64_t>(kWidth, end - i - k * kWidth);
      std::copy_n(y + i + k * kWidth, left, rest);
      Vector t = term(Load(rest), i + k * kWidth, k);
      for (int64_t lane = left; lane < kWidth; ++lane) t[lane] = 0;
      first[k] += t;
      second[k] += t * Load(rest);
    }
    for (int64_t lane = 0; lane < kPeriod; ++lane) {
      sums[lane % channels] += first[lane / kWidth][lane % kWidth];
      sums[channels + lane % channels] += second[lane / kWidth][lane % kWidth];
    }
  }
}

// to[i] = map(float index), over `floats` floats that end within a period.
template <int kVectors, typename Map>
void Apply(float* to, int64_t floats, const Map& map) {
  constexpr int64_t kPeriod = kVectors * kWidth;
  int64_t i = 0;
  for (; i + kPeriod <= floats; i += kPeriod) {
#pragma GCC unroll 25
    for (int k = 0; k < kVectors; ++k) Store(to + i + k * kWidth, map(i + k * kWidth, k));
  }
  for (int k = 0; i + k * kWidth < floats; ++k) {
    alignas(64) float rest[kWidth];
    Store(rest, map(i + k * kWidth, k));
    std::copy_n(rest, std::min<int64_t>(kWidth, floats - i - k * kWidth), to + i + k * kWidth);
  }
}

// The four passes, for a number of vectors in a period. Buffers have kWidth floats behind them.
struct Passes {
  void (*statistics)(const float* y, int64_t floats, int64_t channels, double* sums);
  void (*normalize)(const float* y, float* z, int64_t floats, const std::vector<float>& scale,
                    const std::vector<float>& shift);
  void (*gradients)(const float* y, const float* dz, int64_t floats, int64_t channels,
                    const std::vector<float>& scale, const std::vector<float>& shift, double* sums);
  void (*propagate)(const float* y, float* dz, int64_t floats, const std::vector<float>& scale,
                    const std::vector<float>& shift, const std::vector<float>& per_y,
                    const std::vector<float>& constant);
};

template <int kVectors>
constexpr Passes PassesOf() {
  using Row = Repeated<kVectors>;
  using Channels = std::vector<float>;
  return {
      [](const float* y, int64_t floats, int64_t channels, double* sums) {
        Moments<kVectors>(y, floats, channels, sums, [](Vector v, int64_t, int) { return v; });
      },
      [](const float* y, float* z, int64_t floats, const Channels& scale, const Channels& shift) {
        const Row a = scale, b = shift;
        Apply<kVectors>(z, floats, [&](int64_t i, int k) {
          const Vector normal = Load(y + i) * a[k] + b[k];
          return OrZero(normal, normal);
        });
      },
      [](const float* y, const float* dz, int64_t floats, int64_t channels, const Channels& scale,
         const Channels& shift, double* sums) {
        const Row a = scale, b = shift;
        Moments<kVectors>(y, floats, channels, sums, [&](Vector v, int64_t i, int k) {
          return OrZero(Load(dz + i), v * a[k] + b[k]);
        });
      },
      [](const float* y, float* dz, int64_t floats, const Channels& scale, const Channels& shift,
         const Channels& per_y, const Channels& constant) {
        const Row a = scale, b = shift, c = per_y, d = constant;
        Apply<kVectors>(dz, floats, [&](int64_t i, int k) {
          const Vector v = Load(y + i);
          const Vector passed = OrZero(Load(dz + i), v * a[k] + b[k]);
          return a[k] * passed + (c[k] * v + d[k]);
        });
      }};
}

template <int... kVectors>
const Passes& PassesFor(int64_t vectors, std::integer_sequence<int, kVectors...>) {
  static constexpr Passes kAll[] = {PassesOf<kVectors + 1>()...};
  return kAll[vectors - 1];
}

const Passes& PassesFor(int64_t channels) {
  const int64_t vectors = channels / std::gcd(channels, int64_t{kWidth});
  if (vectors > kMaxVectors) throw std::runtime_error("batch norm: too many channels");
  return PassesFor(vectors, std::make_integer_sequence<int, kMaxVectors>());
}

// The floats of thread `t` of `threads`: whole rows.
std::pair<int64_t, int64_t> Part(int64_t rows, int64_t channels, int t, int threads) {
  return {rows * t / threads * channels, rows * (t + 1) / threads * channels};
}

}  // namespace

BatchNorm::BatchNorm(int64_t channels, int64_t rows, int threads, const Parameters& parameters)
    : channels_(channels),
      rows_(rows),
      threads_(channels * rows < kParallel ? 1 : threads),
      parameters_(parameters),
      sums_(static_cast<size_t>(2 * channels * threads_)),
      running_variance_(static_cast<size_t>(channels), 1.0f) {
  for (auto* values :
       {&scale_, &shift_, &mean_, &deviation_inverse_, &per_y_, &constant_, &running_mean_}) {
    values->resize(static_cast<size_t>(channels));
  }
}

void BatchNorm::Forward(const float* y, float* z) {
  const Passes& passes = PassesFor(channels_);
#pragma omp parallel num_threads(threads_)
  {
    const int t = omp_get_thread_num();
    const auto [begin, end] = Part(rows_, channels_, t, threads_);
    passes.statistics(y + begin, end - begin, channels_, &sums_[2 * channels_ * t]);
#pragma omp barrier
    if (t == 0) FinishForward();
#pragma omp barrier
    passes.normalize(y + begin, z + begin, end - begin, scale_, shift_);
  }
}

void BatchNorm::FinishForward() {
  const double n = static_cast<double>(rows_);
  for (int64_t c = 0; c < channels_; ++c) {
    double sum = 0, squares = 0;
    for (int t = 0; t < threads_; ++t) {
      sum += sums_[2 * channels_ * t + c];
      squares += sums_[2 * channels_ * t + channels_ + c];
    }
    const double mean = sum / n;
    const double variance = std::max(squares / n - mean * mean, 0.0);
    mean_[c] = static_cast<float>(mean);
    deviation_inverse_[c] = 1 / std::sqrt(static_cast<float>(variance) + kEpsilon);
    scale_[c] = parameters_.gamma[c] * deviation_inverse_[c];
    shift_[c] = parameters_.beta[c] - mean_[c] * scale_[c];
    // TensorFlow keeps the unbiased variance.
    const float unbiased = static_cast<float>(variance * n / std::max(n - 1, 1.0));
    running_mean_[c] += (mean_[c] - running_mean_[c]) * (1 - kMomentum);
    running_variance_[c] += (unbiased - running_variance_[c]) * (1 - kMomentum);
  }
}

void BatchNorm::Backward(const float* y, float* dz) {
  const Passes& passes = PassesFor(channels_);
#pragma omp parallel num_threads(threads_)
  {
    const int t = omp_get_thread_num();
    const auto [begin, end] = Part(rows_, channels_, t, threads_);
    passes.gradients(y + begin, dz + begin, end - begin, channels_, scale_, shift_,
                     &sums_[2 * channels_ * t]);
#pragma omp barrier
    if (t == 0) FinishBackward();
#pragma omp barrier
    passes.propagate(y + begin, dz + begin, end - begin, scale_, shift_, per_y_, constant_);
  }
}

void BatchNorm::FinishBackward() {
  for (int64_t c = 0; c < channels_; ++c) {
    double sum = 0, products = 0;
    for (int t = 0; t < threads_; ++t) {
      sum += sums_[2 * channels_ * t + c];
      products += sums_[2 * channels_ * t + channels_ + c];
    }
    const double gamma = (products - mean_[c] * sum) * deviation_inverse_[c];
    parameters_.beta_gradient[c] = static_cast<float>(sum);
    parameters_.gamma_gradient[c] = static_cast<float>(gamma);
    const double per_row = scale_[c] / static_cast<double>(rows_);
    per_y_[c] = static_cast<float>(-per_row * deviation_inverse_[c] * gamma);
    constant_[c] = static_cast<float>(-per_row * sum - per_y_[c] * mean_[c]);
  }
}

void BatchNorm::Folded(std::vector<float>* scale, std::vector<float>* shift) const {
  scale->resize(static_cast<size_t>(channels_));
  shift->resize(static_cast<size_t>(channels_));
  for (int64_t c = 0; c < channels_; ++c) {
    (*scale)[c] = parameters_.gamma[c] / std::sqrt(running_variance_[c] + kEpsilon);
    (*shift)[c] = parameters_.beta[c] - running_mean_[c] * (*scale)[c];
  }
}

}  // namespace sessile::bench::raw
