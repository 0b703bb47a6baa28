// MatMul: product = op(a) * op(b), where op transposes if the attribute says so.
//
// Blocks are ranges of rows of the product. float32 goes to oneDNN; the other types use a loop of
// our own, for which phase 0 copies a transposed b into rows that are contiguous.

#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/onednn.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

struct MatMulDims {
  bool transpose_a = false;
  bool transpose_b = false;
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;

  static absl::StatusOr<MatMulDims> Of(const PrepareContext& ctx);

  // op(a)[i, p] is a[i * row + p * column].
  int64_t a_row() const { return transpose_a ? 1 : k; }
  int64_t a_column() const { return transpose_a ? m : 1; }
  int64_t lda() const { return transpose_a ? m : k; }
  int64_t ldb() const { return transpose_b ? k : n; }
};

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

int64_t RowBlocks(const MatMulDims& dims) {
  return BlocksOfWork(dims.m, static_cast<double>(dims.n) * static_cast<double>(dims.k));
}

class FloatMatMul final : public Prepared {
 public:
  explicit FloatMatMul(const MatMulDims& dims) : dims_(dims) {
    AddOutput(float32, Shape({dims.m, dims.n}));
    if (!dims.transpose_a) TakesRows(0);
    AddPhase(RowBlocks(dims));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int /*phase*/,
                   int64_t block) const override {
    const IndexRange rows = BlockRange(dims_.m, block, num_blocks(0));
    float* product = out[0].data<float>() + rows.first() * dims_.n;
    if (rows.size() == 0 || dims_.n == 0) return absl::OkStatus();
    if (dims_.k == 0) {
      std::fill_n(product, rows.size() * dims_.n, 0.0f);
      return absl::OkStatus();
    }
    const float* a = in[0].data<float>() + rows.first() * dims_.a_row();
    return onednn::Sgemm(dims_.transpose_a, dims_.transpose_b, rows.size(), dims_.n, dims_.k, a,
                         dims_.lda(), in[1].data<float>(), dims_.ldb(), product, dims_.n);
  }

 private:
  const MatMulDims dims_;
};

template <typename T>
class LoopMatMul final : public Prepared {
 public:
  // Integers wrap around.
  using Number = std::conditional_t<std::is_integral_v<T>, uint64_t, T>;

  explicit LoopMatMul(const MatMulDims& dims) : dims_(dims) {
    AddOutput(DataTypeOf<T>::value, Shape({dims.m, dims.n}));
    if (!dims.transpose_a) TakesRows(0);
    AddPhase(RowBlocks(dims));
    if (dims.transpose_b) {
      AddPhase(RowBlocks(dims));
      SetScratch(1, static_cast<size_t>(dims.n * dims.k) * sizeof(T));
    }
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    const T* b = in[1].data<T>();
    if (dims_.transpose_b) {
      T* contiguous = scratch.slot<T>(0);
      if (phase == 0) {
        Transpose(b, BlockRange(dims_.k, block, num_blocks(0)), contiguous);
        return absl::OkStatus();
      }
      b = contiguous;
    }
    for (const int64_t i : BlockRange(dims_.m, block, num_blocks(0))) {
      Row(in[0].data<T>() + i * dims_.a_row(), b, out[0].data<T>() + i * dims_.n);
    }
    return absl::OkStatus();
  }

 private:
  void Transpose(const T* b, IndexRange rows, T* contiguous) const {
    for (const int64_t p : rows) {
      for (int64_t j = 0; j < dims_.n; ++j) contiguous[p * dims_.n + j] = b[j * dims_.k + p];
    }
  }

  void Row(const T* a, const T* b, T* product) const {
    std::fill_n(product, dims_.n, T{0});
    for (int64_t p = 0; p < dims_.k; ++p) {
      const auto factor = static_cast<Number>(a[p * dims_.a_column()]);
      const T* row = b + p * dims_.n;
      for (int64_t j = 0; j < dims_.n; ++j) {
        product[j] =
            static_cast<T>(static_cast<Number>(product[j]) + factor * static_cast<Number>(row[j]));
      }
    }
  }

  const MatMulDims dims_;
};

template <typename T>
struct MatMul {
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const MatMulDims dims, MatMulDims::Of(ctx));
    if constexpr (std::is_same_v<T, float>) {
      return std::make_unique<FloatMatMul>(dims);
    } else {
      return std::make_unique<LoopMatMul<T>>(dims);
    }
  }
};

}  // namespace

void RegisterMatMul(KernelRegistry& kernels) {
  using Types = TypeList<float, double, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
  kernels.Add<MatMul>("MatMul").For<Types>("T");
  kernels.Lacks("MatMul", "T", {float16, bfloat16, complex64, complex128},
                "kernels compute with float, double and the integers only");
}

}  // namespace sessile
