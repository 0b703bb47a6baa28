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
#include "sessile/kernels/cast.h"
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

// Of elements of type E, whatever type they are stored in. Derived::One computes the outputs of one
// matrix, with `elements` elements of its own.
template <typename Derived, typename E>
class MatrixKernel : public Prepared {
 public:
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
  MatrixKernel(const PrepareContext& ctx, BatchOfMatrices batch, int64_t elements)
      : batch_(std::move(batch)),
        type_(ctx.input_dtype(0)),
        size_(StoredSize(type_)),
        load_(FindConverter(type_, DataTypeOf<E>::value)),
        store_(FindConverter(DataTypeOf<E>::value, type_)),
        store_real_(FindConverter(DataType::kDouble, type_)) {
    // The work of one matrix grows with the cube of its size.
    const double size = static_cast<double>(std::max(batch_.rows, batch_.columns));
    AddPhase(BlocksOfWork(batch_.count(), 4 * size * size * size, 64));
    if (batch_.count() > 0) SetScratch(num_blocks(0), static_cast<size_t>(elements) * sizeof(E));
  }
  void AddMatrices(Shape shape) { AddOutput(type_, std::move(shape)); }

  // `count` elements from number `first` on.
  void Load(const TensorView& view, int64_t first, int64_t count, E* to) const {
    load_(static_cast<const char*>(view.raw()) + first * size_, to, 0, count);
  }
  void LoadMatrix(const TensorView& view, int64_t i, E* to) const {
    Load(view, i * batch_.size(), batch_.size(), to);
  }
  // Its conjugate transpose.
  void LoadAdjoint(const TensorView& view, int64_t i, E* to) const {
    for (int64_t r = 0; r < batch_.rows; ++r) {
      for (int64_t c = 0; c < batch_.columns; ++c) {
        E* const x = to + c * batch_.rows + r;
        Load(view, (i * batch_.rows + r) * batch_.columns + c, 1, x);
        *x = Conjugate(*x);
      }
    }
  }
  // The factors of matrix `i`; `work` has room for n * n + n elements.
  absl::StatusOr<LuFactors<E>> Factors(RunContext& ctx, const TensorView& view, int64_t i,
                                       bool adjoint, E* work) const {
    const int64_t n = batch_.rows;
    adjoint ? LoadAdjoint(view, i, work) : LoadMatrix(view, i, work);
    LuFactors<E> lu = {n, work, reinterpret_cast<int64_t*>(work + n * n)};
    SESSILE_RETURN_IF_ERROR(lu.Factor(ctx));
    return lu;
  }

  // Piece `i` of those of `count` elements.
  void Store(int64_t count, const E* from, const TensorView& view, int64_t i) const {
    store_(from, static_cast<char*>(view.raw()) + i * count * size_, 0, count);
  }
  void StoreReal(int64_t count, const double* from, const TensorView& view, int64_t i) const {
    store_real_(from, static_cast<char*>(view.raw()) + i * count * size_, 0, count);
  }

  const BatchOfMatrices batch_;

 private:
  const DataType type_;
  const int64_t size_;
  const Converter load_;
  const Converter store_;
  const Converter store_real_;
};

template <typename E>
class MatrixInverse final : public MatrixKernel<MatrixInverse<E>, E> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    SESSILE_ASSIGN_OR_RETURN(const bool adjoint, ctx.Attr<bool>("adjoint"));
    return std::make_unique<MatrixInverse>(ctx, std::move(batch), adjoint);
  }
  MatrixInverse(const PrepareContext& ctx, const BatchOfMatrices& batch, bool adjoint)
      : MatrixKernel<MatrixInverse<E>, E>(ctx, batch, 3 * batch.size() + batch.rows),
        adjoint_(adjoint) {
    this->AddMatrices(ctx.input_shape(0));
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i, E* work) const {
    const int64_t n = this->batch_.rows;
    SESSILE_ASSIGN_OR_RETURN(const auto lu, this->Factors(ctx, in[0], i, adjoint_, work));
    if (lu.singular) return InvalidArgument(kNotInvertible);
    auto* const identity = work + n * n + n;
    std::fill_n(identity, n * n, E{0});
    for (int64_t k = 0; k < n; ++k) identity[k * n + k] = 1;
    SESSILE_RETURN_IF_ERROR(lu.Solve(ctx, n, identity, identity + n * n));
    this->Store(n * n, identity + n * n, out[0], i);
    return absl::OkStatus();
  }

 private:
  const bool adjoint_;
};

template <typename E>
class MatrixSolve final : public MatrixKernel<MatrixSolve<E>, E> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    SESSILE_ASSIGN_OR_RETURN(const BatchOfMatrices rhs, BatchOf(ctx.input_shape(1), false));
    SESSILE_ASSIGN_OR_RETURN(const bool adjoint, ctx.Attr<bool>("adjoint"));
    if (rhs.batch != batch.batch || rhs.rows != batch.rows) {
      return InvalidArgument("Input matrix and rhs are incompatible: ",
                             ctx.input_shape(0).ToString(), " and ", ctx.input_shape(1).ToString());
    }
    return std::make_unique<MatrixSolve>(ctx, batch, rhs.columns, adjoint);
  }
  MatrixSolve(const PrepareContext& ctx, const BatchOfMatrices& batch, int64_t columns,
              bool adjoint)
      : MatrixKernel<MatrixSolve<E>, E>(ctx, batch, batch.size() + batch.rows * (1 + 2 * columns)),
        columns_(columns),
        adjoint_(adjoint) {
    this->AddMatrices(ctx.input_shape(1));
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i, E* work) const {
    const int64_t n = this->batch_.rows;
    const int64_t size = n * columns_;
    SESSILE_ASSIGN_OR_RETURN(const auto lu, this->Factors(ctx, in[0], i, adjoint_, work));
    if (lu.singular) return InvalidArgument("Input matrix is not invertible.");
    auto* const rhs = work + n * n + n;
    this->Load(in[1], i * size, size, rhs);
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
template <typename E>
class Determinant final : public MatrixKernel<Determinant<E>, E> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    return std::make_unique<Determinant>(ctx, batch);
  }
  Determinant(const PrepareContext& ctx, const BatchOfMatrices& batch)
      : MatrixKernel<Determinant<E>, E>(ctx, batch, batch.size() + batch.rows),
        log_(ctx.num_outputs() == 2) {
    for (int i = 0; i < ctx.num_outputs(); ++i) this->AddMatrices(batch.batch);
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i, E* work) const {
    const int64_t n = this->batch_.rows;
    SESSILE_ASSIGN_OR_RETURN(const auto lu, this->Factors(ctx, in[0], i, false, work));
    E sign = lu.sign;
    double magnitude = log_ ? 0 : 1;
    for (int64_t k = 0; k < n; ++k) {
      const E pivot = lu.a[k * n + k];
      const double size = std::abs(pivot);
      sign *= SignOf(pivot);
      magnitude = log_ ? magnitude + std::log(size) : magnitude * size;
    }
    const E result = log_ ? sign : sign * magnitude;
    this->Store(1, &result, out[0], i);
    if (log_) this->StoreReal(1, &magnitude, out[1], i);
    return absl::OkStatus();
  }

 private:
  const bool log_;
};

template <typename E>
class Cholesky final : public MatrixKernel<Cholesky<E>, E> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), true));
    return std::make_unique<Cholesky>(ctx, batch);
  }
  Cholesky(const PrepareContext& ctx, const BatchOfMatrices& batch)
      : MatrixKernel<Cholesky<E>, E>(ctx, batch, batch.size()) {
    this->AddMatrices(ctx.input_shape(0));
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i, E* work) const {
    this->LoadMatrix(in[0], i, work);
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

template <typename E>
class Qr final : public MatrixKernel<Qr<E>, E> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), false));
    SESSILE_ASSIGN_OR_RETURN(const bool full, ctx.Attr<bool>("full_matrices"));
    const int64_t inner = full ? batch.rows : std::min(batch.rows, batch.columns);
    return std::make_unique<Qr>(ctx, batch, inner);
  }
  Qr(const PrepareContext& ctx, const BatchOfMatrices& batch, int64_t inner)
      : MatrixKernel<Qr<E>, E>(ctx, batch,
                               batch.size() + batch.rows * inner + 2 * batch.columns + inner),
        inner_(inner) {
    this->AddMatrices(this->batch_.With(batch.rows, inner));
    this->AddMatrices(this->batch_.With(inner, batch.columns));
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i, E* work) const {
    const BatchOfMatrices& b = this->batch_;
    this->LoadMatrix(in[0], i, work);
    auto* const q = work + b.size();
    SESSILE_RETURN_IF_ERROR(FactorQr(ctx, b.rows, b.columns, inner_, work, q, q + b.rows * inner_));
    this->Store(b.rows * inner_, q, out[0], i);
    this->Store(inner_ * b.columns, work, out[1], i);
    return absl::OkStatus();
  }

 private:
  const int64_t inner_;
};

template <typename E>
class Svd final : public MatrixKernel<Svd<E>, E> {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(BatchOfMatrices batch, BatchOf(ctx.input_shape(0), false));
    SESSILE_ASSIGN_OR_RETURN(const bool compute_uv, ctx.Attr<bool>("compute_uv"));
    SESSILE_ASSIGN_OR_RETURN(const bool full, ctx.Attr<bool>("full_matrices"));
    return std::make_unique<Svd>(ctx, batch, compute_uv, full);
  }
  Svd(const PrepareContext& ctx, const BatchOfMatrices& batch, bool compute_uv, bool full)
      : MatrixKernel<Svd<E>, E>(ctx, batch, ElementsFor(batch)),
        compute_uv_(compute_uv),
        full_(full) {
    const BatchOfMatrices& b = this->batch_;
    const int64_t values = std::min(b.rows, b.columns);
    this->AddMatrices(Shape::Concat(b.batch, Shape({values})));
    for (const int64_t size : {b.rows, b.columns}) {
      this->AddMatrices(compute_uv ? b.With(size, full ? size : values) : Shape({0}));
    }
  }
  absl::Status One(RunContext& ctx, Inputs in, Outputs out, int64_t i, E* work) const {
    // Of the adjoint matrix if that is the one with more rows: u and v change places.
    const BatchOfMatrices& b = this->batch_;
    const bool wide = b.columns > b.rows;
    const int64_t m = wide ? b.columns : b.rows;
    const int64_t n = wide ? b.rows : b.columns;
    auto* const w = work;
    auto* const v = w + m * m;
    auto* const values = reinterpret_cast<double*>(v + n * n);
    wide ? this->LoadMatrix(in[0], i, w) : this->LoadAdjoint(in[0], i, w);
    // Row k is column k of that matrix.
    for (int64_t k = 0; k < m * n; ++k) w[k] = Conjugate(w[k]);
    if (!std::all_of(w, w + m * n, [](auto x) { return std::isfinite(std::abs(x)); })) {
      return NoNumbers(out, i, n);
    }
    SESSILE_RETURN_IF_ERROR(FactorSvd(ctx, m, n, w, v, values));
    this->StoreReal(n, values, out[0], i);
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
  void StoreVectors(int64_t size, int64_t count, const E* rows, const TensorView& view,
                    int64_t i) const {
    for (int64_t k = 0; k < size; ++k) {
      for (int64_t c = 0; c < count; ++c) {
        this->Store(1, rows + c * size + k, view, (i * size + k) * count + c);
      }
    }
  }
  absl::Status NoNumbers(Outputs out, int64_t i, int64_t values) const {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const BatchOfMatrices& b = this->batch_;
    const auto fill = [&](const TensorView& view, int64_t size) {
      for (int64_t k = 0; k < size; ++k) this->StoreReal(1, &nan, view, i * size + k);
    };
    fill(out[0], values);
    for (size_t k = 1; compute_uv_ && k < 3; ++k) {
      const int64_t rows = k == 1 ? b.rows : b.columns;
      fill(out[k], rows * (full_ ? rows : values));
    }
    return absl::OkStatus();
  }

  const bool compute_uv_;
  const bool full_;
};

template <template <typename> class K>
struct InDense {
  template <typename T>
  using Kernel = K<DenseElement<T>>;
};

}  // namespace

void RegisterLinalg(KernelRegistry& kernels) {
  using Types = WithComplex<FloatTypes>;
  using WithHalf = TypeList<float, double, Half, std::complex<float>, std::complex<double>>;
  kernels.Add<InDense<MatrixInverse>::Kernel>("MatrixInverse").For<WithHalf>("T");
  kernels.Add<InDense<MatrixInverse>::Kernel>("BatchMatrixInverse").For<FloatTypes>("T");
  kernels.Add<InDense<MatrixSolve>::Kernel>("MatrixSolve").For<Types>("T");
  kernels.Add<InDense<MatrixSolve>::Kernel>("BatchMatrixSolve").For<FloatTypes>("T");
  kernels.Add<InDense<Determinant>::Kernel>("MatrixDeterminant").For<Types>("T");
  kernels.Add<InDense<Determinant>::Kernel>("BatchMatrixDeterminant").For<Types>("T");
  kernels.Add<InDense<Determinant>::Kernel>("LogMatrixDeterminant").For<Types>("T");
  kernels.Add<InDense<Cholesky>::Kernel>("Cholesky").For<Types>("T");
  kernels.Add<InDense<Cholesky>::Kernel>("BatchCholesky").For<FloatTypes>("T");
  kernels.Add<InDense<Qr>::Kernel>("Qr").For<WithHalf>("T");
  kernels.Add<InDense<Svd>::Kernel>("Svd").For<Types>("T");
  for (const char* op :
       {"MatrixSolve", "MatrixDeterminant", "LogMatrixDeterminant", "Cholesky", "Svd"}) {
    kernels.Lacks(op, "T", {float16}, kNoKernelInTensorFlow);
  }
}

}  // namespace sessile
