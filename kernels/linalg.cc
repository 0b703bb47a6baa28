// MatrixInverse, MatrixDeterminant, LogMatrixDeterminant, MatrixSolve, Cholesky, Qr and Svd, one
// matrix after another, in double or complex<double> (kernels/dense.h).

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/dense.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct BatchOfMatrices {
  Shape batch;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t count() const { return batch.num_elements(); }
  int64_t size() const { return rows * columns; }
  Shape With(int64_t m, int64_t n) const { return Shape::Concat(batch, Shape({m, n})); }
};

absl::StatusOr<BatchOfMatrices> BatchOf(const Shape& shape, bool square) {
  const int rank = shape.rank();
  if (rank < 2) {
    return InvalidArgument("Input tensor 0 must have rank >= 2, got shape ", shape.ToString());
  }
  BatchOfMatrices batch = {shape.Slice(0, rank - 2), shape.dim(rank - 2), shape.dim(rank - 1)};
  if (square && batch.rows != batch.columns) {
    return InvalidArgument("Input matrices must be squares, got ", batch.rows,
                           " != ", batch.columns);
  }
  // What is computed of one matrix is at most that large; four of them are kept.
  const int64_t most = std::max(batch.rows, batch.columns);
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(batch.With(most, most).dims()).status());
  if (most > int64_t{1} << 28) {
    return InvalidArgument("Matrices of shape ", shape.ToString(), " are too large");
  }
  return batch;
}

constexpr const char* kNotInvertible = "Input is not invertible.";

// What elements of T are computed in.
template <typename T>
using DenseElement = std::conditional_t<kIsComplex<T>, std::complex<double>, double>;

template <typename T>
DenseElement<T> ToDense(T x) {
  return static_cast<DenseElement<T>>(Widen(x));
}
template <typename T>
T FromDense(DenseElement<T> x) {
  return Narrow<T>(static_cast<Wide<T>>(x));
}

// Derived::One computes the outputs of one matrix, with `elements` elements of its own.
template <typename Derived, typename T>
class MatrixKernel : public Prepared {
 public:
  using E = DenseElement<T>;

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    // There may be any number of matrices without elements.
    const auto is_empty = [](const TensorView& view) { return view.num_elements() == 0; };
    if (std::all_of(out.begin(), out.end(), is_empty)) return absl::OkStatus();
    for (const int64_t i : BlockRange(batch_.count(), block, num_blocks(0))) {
      SESSILE_RETURN_IF_ERROR(
          static_cast<const Derived*>(this)->One(ctx, in, out, i, scratch.slot<E>(block)));
    }
    return absl::OkStatus();
  }

 protected:
  MatrixKernel(BatchOfMatrices batch, int64_t elements) : batch_(std::move(batch)) {
    // The work of one matrix grows with the cube of its size.
    const double size = static_cast<double>(std::max(batch_.rows, batch_.columns));
    AddPhase(BlocksOfWork(batch_.count(), 4 * size * size * size, 64));
    if (batch_.count() > 0) {
      SetScratch(num_blocks(0), static_cast<size_t>(elements) * sizeof(E));
    }
  }

  void Load(const TensorView& view, int64_t i, bool transposed, bool conjugated, E* to) const {
    const T* const from = view.data<T>() + i * batch_.size();
    for (int64_t r = 0; r < batch_.rows; ++r) {
      for (int64_t c = 0; c < batch_.columns; ++c) {
        const E x = ToDense(from[r * batch_.columns + c]);
        to[transposed ? c * batch_.rows + r : r * batch_.columns + c] =
            conjugated ? Conjugate(x) : x;
      }
    }
  }
  // The factors of matrix `i`; `work` has room for n * n + n elements.
  absl::StatusOr<LuFactors<E>> Factors(RunContext& ctx, const TensorView& view, int64_t i,
                                       bool adjoint, E* work) const {
    const int64_t n = batch_.rows;
    Load(view, i, adjoint, adjoint, work);
    LuFactors<E> lu = {n, work, reinterpret_cast<int64_t*>(work + n * n)};
    SESSILE_RETURN_IF_ERROR(lu.Factor(ctx));
    return lu;
  }
  template <typename From>
  static void Store(int64_t count, const From* from, const TensorView& view, int64_t i) {
    T* const to = view.data<T>() + i * count;
    for (int64_t k = 0; k < count; ++k) to[k] = FromDense<T>(from[k]);
  }

  const BatchOfMatrices batch_;
};

template <typename T>
class MatrixInverse final : public MatrixKernel<MatrixInverse<T>, T> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    SESSILE_ASSIGN_OR_RETURN(const bool adjoint, ctx.Attr<bool>("adjoint"));
    return std::make_unique<MatrixInverse>(std::move(batch), ctx.input_shape(0), adjoint);
  }
  MatrixInverse(BatchOfMatrices batch, const Shape& shape, bool adjoint)
      : MatrixKernel<MatrixInverse<T>, T>(batch, 3 * batch.size() + batch.rows), adjoint_(adjoint) {
    this->AddOutput(DataTypeOf<T>::value, shape);
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i,
                   DenseElement<T>* work) const {
    const int64_t n = this->batch_.rows;
    SESSILE_ASSIGN_OR_RETURN(const auto lu, this->Factors(ctx, in[0], i, adjoint_, work));
    if (lu.singular) return InvalidArgument(kNotInvertible);
    auto* const identity = work + n * n + n;
    std::fill_n(identity, n * n, DenseElement<T>{0});
    for (int64_t k = 0; k < n; ++k) identity[k * n + k] = 1;
    SESSILE_RETURN_IF_ERROR(lu.Solve(ctx, n, identity, identity + n * n));
    this->Store(n * n, identity + n * n, out[0], i);
    return absl::OkStatus();
  }

 private:
  const bool adjoint_;
};

template <typename T>
class MatrixSolve final : public MatrixKernel<MatrixSolve<T>, T> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    SESSILE_ASSIGN_OR_RETURN(const BatchOfMatrices rhs, BatchOf(ctx.input_shape(1), false));
    SESSILE_ASSIGN_OR_RETURN(const bool adjoint, ctx.Attr<bool>("adjoint"));
    if (rhs.batch != batch.batch || rhs.rows != batch.rows) {
      return InvalidArgument("Input matrix and rhs are incompatible: ",
                             ctx.input_shape(0).ToString(), " and ", ctx.input_shape(1).ToString());
    }
    return std::make_unique<MatrixSolve>(std::move(batch), ctx.input_shape(1), rhs.columns,
                                         adjoint);
  }
  MatrixSolve(BatchOfMatrices batch, const Shape& output, int64_t columns, bool adjoint)
      : MatrixKernel<MatrixSolve<T>, T>(batch, batch.size() + batch.rows * (1 + 2 * columns)),
        columns_(columns),
        adjoint_(adjoint) {
    this->AddOutput(DataTypeOf<T>::value, output);
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i,
                   DenseElement<T>* work) const {
    const int64_t n = this->batch_.rows;
    const int64_t size = n * columns_;
    SESSILE_ASSIGN_OR_RETURN(const auto lu, this->Factors(ctx, in[0], i, adjoint_, work));
    if (lu.singular) return InvalidArgument("Input matrix is not invertible.");
    auto* const rhs = work + n * n + n;
    const T* const from = in[1].data<T>() + i * size;
    for (int64_t k = 0; k < size; ++k) rhs[k] = ToDense(from[k]);
    SESSILE_RETURN_IF_ERROR(lu.Solve(ctx, columns_, rhs, rhs + size));
    this->Store(size, rhs + size, out[0], i);
    return absl::OkStatus();
  }

 private:
  const int64_t columns_;
  const bool adjoint_;
};

// Of absolute value 1, or 0.
double SignOf(double x) { return x < 0 ? -1 : x == 0 ? 0 : 1; }
std::complex<double> SignOf(const std::complex<double>& x) {
  return x == std::complex<double>() ? x : x / std::abs(x);
}

// The product of U's diagonal, with the sign of the row exchanges; or its sign and the
// logarithm of its absolute value.
template <bool log>
struct DeterminantKernels {
  template <typename T>
  class Kernel final : public MatrixKernel<Kernel<T>, T> {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
      return std::make_unique<Kernel>(std::move(batch));
    }
    explicit Kernel(BatchOfMatrices batch)
        : MatrixKernel<Kernel<T>, T>(batch, batch.size() + batch.rows) {
      for (int i = 0; i < (log ? 2 : 1); ++i) {
        this->AddOutput(DataTypeOf<T>::value, this->batch_.batch);
      }
    }
    absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i,
                     DenseElement<T>* work) const {
      const int64_t n = this->batch_.rows;
      SESSILE_ASSIGN_OR_RETURN(const auto lu, this->Factors(ctx, in[0], i, false, work));
      DenseElement<T> sign = lu.sign;
      double magnitude = log ? 0 : 1;
      for (int64_t k = 0; k < n; ++k) {
        const auto pivot = lu.a[k * n + k];
        const double size = std::abs(pivot);
        sign *= SignOf(pivot);
        magnitude = log ? magnitude + std::log(size) : magnitude * size;
      }
      if constexpr (log) {
        out[0].template data<T>()[i] = FromDense<T>(sign);
        out[1].template data<T>()[i] = FromDense<T>(magnitude);
      } else {
        out[0].template data<T>()[i] = FromDense<T>(sign * magnitude);
      }
      return absl::OkStatus();
    }
  };
};

template <typename T>
class Cholesky final : public MatrixKernel<Cholesky<T>, T> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    return std::make_unique<Cholesky>(std::move(batch), ctx.input_shape(0));
  }
  Cholesky(BatchOfMatrices batch, const Shape& shape)
      : MatrixKernel<Cholesky<T>, T>(batch, batch.size()) {
    this->AddOutput(DataTypeOf<T>::value, shape);
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i,
                   DenseElement<T>* work) const {
    this->Load(in[0], i, false, false, work);
    bool positive = false;
    SESSILE_RETURN_IF_ERROR(FactorCholesky(ctx, this->batch_.rows, work, &positive));
    if (!positive) {
      return InvalidArgument(
          "Cholesky decomposition was not successful. The input might not be valid.");
    }
    this->Store(this->batch_.size(), work, out[0], i);
    return absl::OkStatus();
  }
};

template <typename T>
class Qr final : public MatrixKernel<Qr<T>, T> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), false));
    SESSILE_ASSIGN_OR_RETURN(const bool full, ctx.Attr<bool>("full_matrices"));
    const int64_t inner = full ? batch.rows : std::min(batch.rows, batch.columns);
    return std::make_unique<Qr>(std::move(batch), inner);
  }
  Qr(BatchOfMatrices batch, int64_t inner)
      : MatrixKernel<Qr<T>, T>(batch,
                               batch.size() + batch.rows * inner + 2 * batch.columns + inner),
        inner_(inner) {
    this->AddOutput(DataTypeOf<T>::value, this->batch_.With(batch.rows, inner));
    this->AddOutput(DataTypeOf<T>::value, this->batch_.With(inner, batch.columns));
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i,
                   DenseElement<T>* work) const {
    const BatchOfMatrices& b = this->batch_;
    this->Load(in[0], i, false, false, work);
    auto* const q = work + b.size();
    SESSILE_RETURN_IF_ERROR(FactorQr(ctx, b.rows, b.columns, inner_, work, q, q + b.rows * inner_));
    this->Store(b.rows * inner_, q, out[0], i);
    this->Store(inner_ * b.columns, work, out[1], i);
    return absl::OkStatus();
  }

 private:
  const int64_t inner_;
};

template <typename T>
class Svd final : public MatrixKernel<Svd<T>, T> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), false));
    SESSILE_ASSIGN_OR_RETURN(const bool compute_uv, ctx.Attr<bool>("compute_uv"));
    SESSILE_ASSIGN_OR_RETURN(const bool full, ctx.Attr<bool>("full_matrices"));
    return std::make_unique<Svd>(std::move(batch), compute_uv, full);
  }
  Svd(BatchOfMatrices batch, bool compute_uv, bool full)
      : MatrixKernel<Svd<T>, T>(batch, ElementsFor(batch)), compute_uv_(compute_uv), full_(full) {
    const BatchOfMatrices& b = this->batch_;
    const int64_t values = std::min(b.rows, b.columns);
    this->AddOutput(DataTypeOf<T>::value, Shape::Concat(b.batch, Shape({values})));
    for (const int64_t size : {b.rows, b.columns}) {
      this->AddOutput(DataTypeOf<T>::value,
                      compute_uv ? b.With(size, full ? size : values) : Shape({0}));
    }
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i,
                   DenseElement<T>* work) const {
    // Of the adjoint matrix if that is the one with more rows: u and v change places.
    const BatchOfMatrices& b = this->batch_;
    const bool wide = b.columns > b.rows;
    const int64_t m = wide ? b.columns : b.rows;
    const int64_t n = wide ? b.rows : b.columns;
    auto* const w = work;
    auto* const v = w + m * m;
    auto* const values = reinterpret_cast<double*>(v + n * n);
    this->Load(in[0], i, !wide, wide, w);
    if (!std::all_of(w, w + m * n, [](auto x) { return std::isfinite(std::abs(x)); })) {
      return NoNumbers(out, i, n);
    }
    SESSILE_RETURN_IF_ERROR(FactorSvd(ctx, m, n, w, v, values));
    this->Store(n, values, out[0], i);
    if (!compute_uv_) return absl::OkStatus();
    int64_t known = 0;
    const double least = n == 0 ? 0 : values[0] * 1e-15 * static_cast<double>(m);
    while (known < n && values[known] > least) {
      for (int64_t k = 0; k < m; ++k) w[known * m + k] /= values[known];
      ++known;
    }
    SESSILE_RETURN_IF_ERROR(CompleteBasis(ctx, m, known, full_ ? m : n, w));
    StoreVectors(m, full_ ? m : n, w, out[wide ? 2 : 1], i);
    StoreVectors(n, n, v, out[wide ? 1 : 2], i);
    return absl::OkStatus();
  }

 private:
  static int64_t ElementsFor(const BatchOfMatrices& batch) {
    const int64_t m = std::max(batch.rows, batch.columns);
    const int64_t n = std::min(batch.rows, batch.columns);
    return m * m + n * n + n;
  }
  // As columns.
  static void StoreVectors(int64_t size, int64_t count, const DenseElement<T>* rows,
                           const TensorView& view, int64_t i) {
    T* const to = view.data<T>() + i * size * count;
    for (int64_t k = 0; k < size; ++k) {
      for (int64_t c = 0; c < count; ++c) to[k * count + c] = FromDense<T>(rows[c * size + k]);
    }
  }
  absl::Status NoNumbers(Outputs out, int64_t i, int64_t values) const {
    const T nan = FromDense<T>(std::numeric_limits<double>::quiet_NaN());
    const BatchOfMatrices& b = this->batch_;
    std::fill_n(out[0].data<T>() + i * values, values, nan);
    for (size_t k = 1; compute_uv_ && k < 3; ++k) {
      const int64_t rows = k == 1 ? b.rows : b.columns;
      const int64_t size = rows * (full_ ? rows : values);
      std::fill_n(out[k].data<T>() + i * size, size, nan);
    }
    return absl::OkStatus();
  }

  const bool compute_uv_;
  const bool full_;
};

}  // namespace

void RegisterLinalg(KernelRegistry& kernels) {
  using Types = WithComplex<FloatTypes>;
  using WithHalf = TypeList<float, double, Half, std::complex<float>, std::complex<double>>;
  kernels.Add<MatrixInverse>("MatrixInverse").For<WithHalf>("T");
  kernels.Add<MatrixSolve>("MatrixSolve").For<Types>("T");
  kernels.Add<DeterminantKernels<false>::Kernel>("MatrixDeterminant").For<Types>("T");
  kernels.Add<DeterminantKernels<true>::Kernel>("LogMatrixDeterminant").For<Types>("T");
  kernels.Add<Cholesky>("Cholesky").For<Types>("T");
  kernels.Add<Qr>("Qr").For<WithHalf>("T");
  kernels.Add<Svd>("Svd").For<Types>("T");
  for (const char* op :
       {"MatrixSolve", "MatrixDeterminant", "LogMatrixDeterminant", "Cholesky", "Svd"}) {
    kernels.Lacks(op, "T", {float16}, kNoKernelInTensorFlow);
  }
}

}  // namespace sessile
