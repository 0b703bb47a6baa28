// MatMul: product = op(a) * op(b), where op transposes if the attribute says so.
//
// float32 uses tiles (matmul_tiles.h) where there is much of it, else oneDNN; the other types use
// loops of our own (ordered_tiles.h).

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/matmul_dims.h"
#include "sessile/kernels/matmul_tiles.h"
#include "sessile/kernels/onednn.h"
#include "sessile/kernels/ordered_tiles.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
absl::StatusOr<MatMulDims> MatMulDims::Of(const PrepareContext& ctx) {
  const Shape& a = ctx.input_shape(0);
  const Shape& b = ctx.input_shape(1);
  if (a.rank() != b.rank()) {
    return InvalidArgument("In[0] and In[1] has different ndims: ", a.ToString(), " vs. ",
                           b.ToString());
  }
  if (a.rank() != 2) {
    return InvalidArgument("In[0] and In[1] ndims must be == 2: ", a.rank());
  }
  MatMulDims dims;
  SESSILE_ASSIGN_OR_RETURN(dims.transpose_a, ctx.Attr<bool>("transpose_a"));
  SESSILE_ASSIGN_OR_RETURN(dims.transpose_b, ctx.Attr<bool>("transpose_b"));
  dims.m = a.dim(dims.transpose_a ? 1 : 0);
  dims.k = a.dim(dims.transpose_a ? 0 : 1);
  dims.n = b.dim(dims.transpose_b ? 0 : 1);
  if (b.dim(dims.transpose_b ? 1 : 0) != dims.k) {
    return InvalidArgument("Matrix size-incompatible: In[0]: ", a.ToString(),
                           ", In[1]: ", b.ToString());
  }
  return dims;
}

namespace {

int64_t RowBlocks(const MatMulDims& dims) {
  return BlocksOfWork(dims.m, static_cast<double>(dims.n) * static_cast<double>(dims.k));
}

// Blocks are parts of the product of many rows and columns: each call rearranges what it reads of
// both operands, which pays only if that is then used often.
class FloatMatMul final : public Prepared {
 public:
  explicit FloatMatMul(const MatMulDims& dims) : dims_(dims) {
    AddOutput(float32, Shape({dims.m, dims.n}));
    if (!dims.transpose_a) TakesRows(0);
    const double work = static_cast<double>(dims.k);
    column_blocks_ = BlocksOfWork(std::max<int64_t>(dims.n / kLeastColumns, 1),
                                  kLeastColumns * work * static_cast<double>(dims.m));
    const int64_t columns = dims.n / column_blocks_;
    row_blocks_ =
        BlocksOfWork(std::max<int64_t>(dims.m / kLeastRows, 1),
                     kLeastRows * work * static_cast<double>(columns), kMaxBlocks / column_blocks_);
    AddPhase(row_blocks_ * column_blocks_);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int /*phase*/,
                   int64_t block) const override {
    const IndexRange rows = BlockRange(dims_.m, block / column_blocks_, row_blocks_);
    const IndexRange columns = BlockRange(dims_.n, block % column_blocks_, column_blocks_);
    if (rows.size() == 0 || columns.size() == 0) return absl::OkStatus();
    float* product = out[0].data<float>() + rows.first() * dims_.n + columns.first();
    if (dims_.k == 0) {
      for (int64_t i = 0; i < rows.size(); ++i) {
        std::fill_n(product + i * dims_.n, columns.size(), 0.0f);
      }
      return absl::OkStatus();
    }
    const float* a = in[0].data<float>() + rows.first() * dims_.a_row();
    const float* b = in[1].data<float>() + columns.first() * dims_.b_column();
    return onednn::Sgemm(dims_.transpose_a, dims_.transpose_b, rows.size(), columns.size(), dims_.k,
                         a, dims_.lda(), b, dims_.ldb(), product, dims_.n);
  }

 private:
  static constexpr int64_t kLeastRows = 64;
  static constexpr int64_t kLeastColumns = 256;

  const MatMulDims dims_;
  int64_t row_blocks_ = 1;
  int64_t column_blocks_ = 1;
};

// T is unsigned where elements are integers, which wrap around.
//
// Phase 0 copies b to strips of a few columns, phase 1 goes over its rows of the product tile by
// tile. Few rows are not worth the copy, unless b is transposed.
template <typename T>
class LoopMatMul final : public Prepared {
 public:
  using Number = std::conditional_t<std::is_integral_v<T> && sizeof(T) < 4, uint32_t, T>;

  LoopMatMul(DataType dtype, const MatMulDims& dims)
      : dims_(dims), packs_(dims.m >= kTileRows || dims.transpose_b) {
    AddOutput(dtype, Shape({dims.m, dims.n}));
    if (!dims.transpose_a) TakesRows(0);
    if (packs_) {
      AddPhase(BlocksOf(strips(), dims.k * 64));
      SetScratch(1, static_cast<size_t>(strips() * dims.k) * 64);
    }
    AddPhase(packs_ ? BlocksOfWork(
                          std::max<int64_t>(dims.m / kLeastRows, 1),
                          kLeastRows * static_cast<double>(dims.n) * static_cast<double>(dims.k))
                    : RowBlocks(dims));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    const T* a = Elements<T>(in[0]);
    const T* b = Elements<T>(in[1]);
    T* product = Elements<T>(out[0]);
    if (!packs_) {
      for (const int64_t i : BlockRange(dims_.m, block, num_blocks(0))) {
        Row(a + i * dims_.a_row(), b, product + i * dims_.n);
      }
      return absl::OkStatus();
    }
    Number* packed = scratch.slot<Number>(0);
    if (phase == 0) {
      for (const int64_t strip : BlockRange(strips(), block, num_blocks(0))) {
        const int64_t first = strip * kColumns;
        PackStrip(b + first * dims_.b_column(), dims_.k, dims_.b_row(), dims_.b_column(),
                  dims_.n - first, packed + first * dims_.k);
      }
      return absl::OkStatus();
    }
    Rows(BlockRange(dims_.m, block, num_blocks(1)), a, packed, product);
    return absl::OkStatus();
  }

 private:
  static constexpr int64_t kColumns = kTileColumns<Number>;
  static constexpr int64_t kLeastRows = 64;
  // Of k: a part of a strip, and of the rows it meets, stays in the first-level cache.
  static constexpr int64_t kDepth = 256;

  int64_t strips() const { return (dims_.n + kColumns - 1) / kColumns; }

  void Rows(IndexRange rows, const T* a, const Number* packed, T* product) const {
    if (dims_.k == 0) std::fill_n(product + rows.first() * dims_.n, rows.size() * dims_.n, T{0});
    for (int64_t from = 0; from < dims_.k; from += kDepth) {
      const int64_t length = std::min(kDepth, dims_.k - from);
      for (int64_t first = 0; first < dims_.n; first += kColumns) {
        const Number* strip = packed + first * dims_.k + from * kColumns;
        const int64_t columns = std::min(kColumns, dims_.n - first);
        for (int64_t i = rows.first(); i < rows.last();) {
          const int64_t count = rows.last() - i >= kTileRows ? kTileRows : 1;
          Tile(a + i * dims_.a_row() + from * dims_.a_column(), length, strip, count, columns,
               from == 0, product + i * dims_.n + first);
          i += count;
        }
      }
    }
  }

  // Adds to `count` rows of the product, or writes them.
  void Tile(const T* a, int64_t length, const Number* strip, int64_t count, int64_t columns,
            bool writes, T* product) const {
    Number sums[kTileRows * kColumns] = {};
    for (int64_t r = 0; r < count && !writes; ++r) {
      for (int64_t j = 0; j < columns; ++j) sums[r * kColumns + j] = product[r * dims_.n + j];
    }
    if (count == kTileRows) {
      AddTile<kTileRows>(a, dims_.a_row(), dims_.a_column(), length, strip, sums);
    } else {
      AddTile<1>(a, dims_.a_row(), dims_.a_column(), length, strip, sums);
    }
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t j = 0; j < columns; ++j) {
        product[r * dims_.n + j] = static_cast<T>(sums[r * kColumns + j]);
      }
    }
  }

  void Row(const T* a, const T* b, T* product) const {
    std::fill_n(product, dims_.n, T{0});
    const int64_t n = dims_.n, k = dims_.k, step = dims_.a_column();
    Vectorized([=] {
      for (int64_t p = 0; p < k; ++p) {
        const auto factor = static_cast<Number>(a[p * step]);
        const T* row = b + p * n;
        for (int64_t j = 0; j < n; ++j) {
          product[j] = static_cast<T>(static_cast<Number>(product[j]) +
                                      factor * static_cast<Number>(row[j]));
        }
      }
    });
  }

  const MatMulDims dims_;
  const bool packs_;
};

// Of complex numbers: rows of the product, one by one.
template <typename T>
class PlainMatMul final : public Prepared {
 public:
  explicit PlainMatMul(const MatMulDims& dims) : dims_(dims) {
    AddOutput(DataTypeOf<T>::value, Shape({dims.m, dims.n}));
    AddPhase(BlocksOfWork(dims.m, 4 * static_cast<double>(dims.n) * static_cast<double>(dims.k)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const T* const a = in[0].data<T>();
    const T* const b = in[1].data<T>();
    for (const int64_t i : BlockRange(dims_.m, block, num_blocks(0))) {
      T* const product = out[0].data<T>() + i * dims_.n;
      std::fill_n(product, dims_.n, T{});
      for (int64_t p = 0; p < dims_.k; ++p) {
        const T factor = a[i * dims_.a_row() + p * dims_.a_column()];
        const T* const row = b + p * dims_.b_row();
        for (int64_t j = 0; j < dims_.n; ++j) product[j] += factor * row[j * dims_.b_column()];
      }
    }
    return absl::OkStatus();
  }

 private:
  const MatMulDims dims_;
};

template <typename T>
struct UnsignedFor {
  using type = T;
};
template <std::integral T>
struct UnsignedFor<T> : std::make_unsigned<T> {};

template <typename T>
struct MatMul {
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const MatMulDims dims, MatMulDims::Of(ctx));
    if constexpr (std::is_same_v<T, float>) {
      if (std::unique_ptr<Prepared> tiled = TiledMatMul(dims)) return tiled;
      return std::make_unique<FloatMatMul>(dims);
    } else if constexpr (kIsComplex<T>) {
      return std::make_unique<PlainMatMul<T>>(dims);
    } else {
      using Stored = typename UnsignedFor<T>::type;
      return std::make_unique<LoopMatMul<Stored>>(DataTypeOf<T>::value, dims);
    }
  }
};

}  // namespace

void RegisterMatMul(KernelRegistry& kernels) {
  using Types = TypeList<float, double, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
                         uint64_t, Half, BFloat16>;
  kernels.Add<InWiderType<MatMul>::Kernel>("MatMul").For<WithComplex<Types>>("T");
}

}  // namespace sessile
