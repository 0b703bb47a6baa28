// LRN and its gradient. For channel j of a position, with r = depth_radius:
//
//   n_j = bias + alpha * sum_{|k - j| <= r} x_k^2,  y_j = x_j * n_j^-beta
//   dx_k = dy_k * n_k^-beta - 2 * alpha * beta * x_k * sum_{|k - j| <= r} dy_j * y_j / n_j

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

class Neighbours {
 public:
  static absl::StatusOr<Neighbours> Of(const PrepareContext& ctx) {
    const Shape& shape = ctx.input_shape(0);
    if (shape.rank() != 4) {
      return InvalidArgument("in must be 4-dimensional, got ", shape.ToString());
    }
    Neighbours n;
    SESSILE_ASSIGN_OR_RETURN(n.radius_, ctx.Attr<int64_t>("depth_radius"));
    SESSILE_ASSIGN_OR_RETURN(n.bias_, ctx.Attr<float>("bias"));
    SESSILE_ASSIGN_OR_RETURN(n.alpha_, ctx.Attr<float>("alpha"));
    SESSILE_ASSIGN_OR_RETURN(n.beta_, ctx.Attr<float>("beta"));
    if (n.radius_ < 0 || n.radius_ > std::numeric_limits<int32_t>::max()) {
      return InvalidArgument("depth_radius = ", n.radius_, " is not in [0, 2^31)");
    }
    n.channels_ = shape.dim(3);
    n.rows_ = shape.dim(0) * shape.dim(1) * shape.dim(2);
    return n;
  }

  int64_t rows() const { return rows_; }
  int64_t channels() const { return channels_; }
  double alpha() const { return alpha_; }
  double beta() const { return beta_; }
  int64_t blocks() const { return BlocksOf(rows_, channels_ * 64); }

  // Elements of `terms` and of `sums` for SumUp.
  int64_t padded() const { return channels_ + 2 * reach(); }
  // Channel 0 in `terms`; the elements before it and after the channels are for SumUp to fill.
  double* First(double* terms) const { return terms + reach(); }
  // sums[j] = the sum of terms[k] over the channels k around j, in order. Each sum is made anew:
  // one that slides along would carry its rounding errors on.
  void SumUp(double* terms, double* sums) const {
    const int64_t channels = channels_, r = reach();
    std::fill_n(terms, r, 0.0);
    std::fill_n(terms + r + channels, r, 0.0);
    std::fill_n(sums, channels, 0.0);
    for (int64_t k = 0; k <= 2 * r; ++k) {
      for (int64_t j = 0; j < channels; ++j) sums[j] += terms[j + k];
    }
  }
  // norm^-beta
  double Power(double norm) const {
    if (beta_ == 0.5f) return 1 / std::sqrt(norm);
    if (beta_ == 0.75f) {
      const double root = std::sqrt(norm);
      return 1 / (root * std::sqrt(root));
    }
    return beta_ == 1.0f ? 1 / norm : std::pow(norm, -beta());
  }
  double Norm(double sum_of_squares) const { return bias_ + alpha_ * sum_of_squares; }

 private:
  // How far from a channel there may be others.
  int64_t reach() const { return std::min(radius_, std::max<int64_t>(channels_ - 1, 0)); }

  int64_t rows_ = 0;
  int64_t channels_ = 0;
  int64_t radius_ = 0;
  float bias_ = 0;
  float alpha_ = 0;
  float beta_ = 0;
};

template <typename T>
class LRN final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Neighbours n, Neighbours::Of(ctx));
    return std::make_unique<LRN>(n, ctx.input_shape(0));
  }

  LRN(const Neighbours& n, const Shape& shape) : n_(n) {
    AddOutput(DataTypeOf<T>::value, shape);
    TakesRows(0);
    AddPhase(n_.blocks());
    SetScratch(num_blocks(0), static_cast<size_t>(n_.padded() + n_.channels()) * sizeof(double));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    double* const terms = scratch.slot<double>(block);
    double* const sums = terms + n_.padded();
    const T* const images = in[0].data<T>();
    T* const result = out[0].data<T>();
    VectorizedFor<T>([this, terms, sums, images, result, block] {
      for (const int64_t row : BlockRange(n_.rows(), block, num_blocks(0))) {
        Row(images + row * n_.channels(), terms, sums, result + row * n_.channels());
      }
    });
    return absl::OkStatus();
  }

 private:
  void Row(const T* x, double* terms, double* sums, T* y) const {
    const int64_t channels = n_.channels();
    double* const squares = n_.First(terms);
    for (int64_t k = 0; k < channels; ++k) {
      const auto value = static_cast<double>(Widen(x[k]));
      squares[k] = value * value;
    }
    n_.SumUp(terms, sums);
    const auto write = [&](auto power) {
      for (int64_t j = 0; j < channels; ++j) {
        const double scaled = static_cast<double>(Widen(x[j])) * power(n_.Norm(sums[j]));
        y[j] = Narrow<T>(static_cast<Wide<T>>(scaled));
      }
    };
    if (n_.beta() == 0.5) {
      write([](double norm) { return 1 / std::sqrt(norm); });
    } else {
      write([this](double norm) { return n_.Power(norm); });
    }
  }

  const Neighbours n_;
};

template <typename T>
class LRNGrad final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Neighbours n, Neighbours::Of(ctx));
    for (const int i : {1, 2}) {
      if (ctx.input_shape(i) == ctx.input_shape(0)) continue;
      return InvalidArgument(
          "input_grads, input_image, and out_image should have the same shape, but got ",
          ctx.input_shape(0).ToString(), " and ", ctx.input_shape(i).ToString());
    }
    return std::make_unique<LRNGrad>(n, ctx.input_shape(0));
  }

  LRNGrad(const Neighbours& n, const Shape& shape) : n_(n) {
    AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(n_.blocks());
    SetScratch(num_blocks(0),
               static_cast<size_t>(n_.padded() + 2 * n_.channels()) * sizeof(double));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    double* const memory = scratch.slot<double>(block);
    const std::array<const T*, 3> inputs = {in[0].data<T>(), in[1].data<T>(), in[2].data<T>()};
    T* const result = out[0].data<T>();
    VectorizedFor<T>([this, memory, inputs, result, block] {
      for (const int64_t row : BlockRange(n_.rows(), block, num_blocks(0))) {
        const int64_t first = row * n_.channels();
        Row(inputs[0] + first, inputs[1] + first, inputs[2] + first, memory, result + first);
      }
    });
    return absl::OkStatus();
  }

 private:
  void Row(const T* dy, const T* x, const T* y, double* terms, T* dx) const {
    const int64_t channels = n_.channels();
    double* const term = n_.First(terms);
    double* const sums = terms + n_.padded();
    double* const norms = sums + channels;
    const auto at = [](const T* from, int64_t c) { return static_cast<double>(Widen(from[c])); };
    for (int64_t k = 0; k < channels; ++k) term[k] = at(x, k) * at(x, k);
    n_.SumUp(terms, sums);
    for (int64_t j = 0; j < channels; ++j) {
      norms[j] = n_.Norm(sums[j]);
      term[j] = at(dy, j) * at(y, j) / norms[j];
    }
    n_.SumUp(terms, sums);
    const double factor = 2 * n_.alpha() * n_.beta();
    for (int64_t k = 0; k < channels; ++k) {
      const double own = at(dy, k) * n_.Power(norms[k]);
      dx[k] = Narrow<T>(static_cast<Wide<T>>(own - factor * at(x, k) * sums[k]));
    }
  }

  const Neighbours n_;
};

template <template <typename> class K>
void AddLRN(KernelRegistry& kernels, const char* op) {
  kernels.Add<K>(op).template For<TypeList<float, Half, BFloat16>>("T");
  kernels.Add(op, K<double>::Prepare).Types("T", {float64}).YardstickOnly();
}

}  // namespace

void RegisterLRN(KernelRegistry& kernels) {
  AddLRN<LRN>(kernels, "LRN");
  AddLRN<LRNGrad>(kernels, "LRNGrad");
}

}  // namespace sessile
