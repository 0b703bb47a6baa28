// LRN and its gradient. For channel j of a position, with r = depth_radius:
//
//   n_j = bias + alpha * sum_{|k - j| <= r} x_k^2,  y_j = x_j * n_j^-beta
//   dx_k = dy_k * n_k^-beta - 2 * alpha * beta * x_k * sum_{|k - j| <= r} dy_j * y_j / n_j

#include <algorithm>
#include <cmath>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

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

  // Calls f(j, the sum of term(k) over the channels k around j) for all channels. Each sum is
  // made anew: one that slides along would carry its rounding errors on.
  template <typename Term, typename F>
  void ForEachSum(Term term, F&& f) const {
    for (int64_t j = 0; j < channels_; ++j) {
      const int64_t end = std::min(channels_, j + radius_ + 1);
      double sum = 0;
      for (int64_t k = std::max<int64_t>(0, j - radius_); k < end; ++k) sum += term(k);
      f(j, sum);
    }
  }
  double Norm(double sum_of_squares) const { return bias_ + alpha_ * sum_of_squares; }

 private:
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
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t row : BlockRange(n_.rows(), block, num_blocks(0))) {
      const T* const x = in[0].data<T>() + row * n_.channels();
      T* const y = out[0].data<T>() + row * n_.channels();
      const auto square = [x](int64_t k) {
        const auto value = static_cast<double>(Widen(x[k]));
        return value * value;
      };
      n_.ForEachSum(square, [&](int64_t j, double sum) {
        const auto scale = std::pow(n_.Norm(sum), -n_.beta());
        y[j] = Narrow<T>(static_cast<Wide<T>>(static_cast<double>(Widen(x[j])) * scale));
      });
    }
    return absl::OkStatus();
  }

 private:
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
    SetScratch(num_blocks(0), 2 * static_cast<size_t>(n_.channels()) * sizeof(double));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    double* const norms = scratch.slot<double>(block);
    double* const parts = norms + n_.channels();
    for (const int64_t row : BlockRange(n_.rows(), block, num_blocks(0))) {
      const int64_t first = row * n_.channels();
      const auto at = [&](size_t i, int64_t c) {
        return static_cast<double>(Widen(in[i].data<T>()[first + c]));
      };
      n_.ForEachSum([&](int64_t k) { return at(1, k) * at(1, k); },
                    [&](int64_t j, double sum) {
                      norms[j] = n_.Norm(sum);
                      parts[j] = at(0, j) * at(2, j) / norms[j];
                    });
      n_.ForEachSum([&](int64_t j) { return parts[j]; },
                    [&](int64_t k, double sum) {
                      const double own = at(0, k) * std::pow(norms[k], -n_.beta());
                      const double dx = own - 2 * n_.alpha() * n_.beta() * at(1, k) * sum;
                      out[0].data<T>()[first + k] = Narrow<T>(static_cast<Wide<T>>(dx));
                    });
    }
    return absl::OkStatus();
  }

 private:
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
