// BatchMatMul, V2 and V3: the products of matrices in batches [batch..., rows, columns]. Dimensions
// of the batches broadcast (the first version has batches of one shape, which is a case of it).
//
// Blocks are ranges of rows of all products. float32 goes to oneDNN. The other types add up the
// products of each element in order, 16-bit floats in float.

#include <algorithm>
#include <utility>
#include <vector>

#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/onednn.h"
#include "sessile/kernels/register_all.h"

namespace sessile {
namespace {

struct BatchMatMulDims {
  bool transpose_x = false;
  bool transpose_y = false;
  int64_t m = 0, n = 0, k = 0;
  Shape output;
  // Of each product of the batch: the numbers of its matrices.
  std::vector<int64_t> x;
  std::vector<int64_t> y;

  int64_t rows() const { return static_cast<int64_t>(x.size()) * m; }
};

absl::StatusOr<BatchMatMulDims> BatchDimsOf(const PrepareContext& ctx) {
  const Shape& x = ctx.input_shape(0);
  const Shape& y = ctx.input_shape(1);
  if (x.rank() < 2 || y.rank() < 2) {
    return InvalidArgument("In[0] and In[1] must have at least 2 dimensions: ", x.ToString(),
                           " vs. ", y.ToString());
  }
  BatchMatMulDims dims;
  SESSILE_ASSIGN_OR_RETURN(dims.transpose_x, ctx.Attr<bool>("adj_x"));
  SESSILE_ASSIGN_OR_RETURN(dims.transpose_y, ctx.Attr<bool>("adj_y"));
  dims.m = x.dim(x.rank() - (dims.transpose_x ? 1 : 2));
  dims.k = x.dim(x.rank() - (dims.transpose_x ? 2 : 1));
  dims.n = y.dim(y.rank() - (dims.transpose_y ? 2 : 1));
  if (y.dim(y.rank() - (dims.transpose_y ? 1 : 2)) != dims.k) {
    return InvalidArgument("Matrix size-incompatible: In[0]: ", x.ToString(),
                           ", In[1]: ", y.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const Broadcast batch, Broadcast::Of(x.Slice(0, -2), y.Slice(0, -2)));
  std::vector<int64_t> output(batch.output().dims().begin(), batch.output().dims().end());
  output.insert(output.end(), {dims.m, dims.n});
  SESSILE_ASSIGN_OR_RETURN(dims.output, Shape::FromDims(output));
  const int64_t products = dims.m == 0 || dims.n == 0 ? 0 : batch.output().num_elements();
  batch.ForEachRun(0, products, [&](int64_t, int64_t count, const Broadcast::Offsets& at) {
    for (int64_t i = 0; i < count; ++i) {
      dims.x.push_back(at[0] + i * batch.run_stride(0));
      dims.y.push_back(at[1] + i * batch.run_stride(1));
    }
  });
  return dims;
}

template <typename T>
class BatchMatMul final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    for (const DataType type : {ctx.input_dtype(1), ctx.output_dtype(0)}) {
      if (type == DataTypeOf<T>::value) continue;
      return Unimplemented("BatchMatMulV3 of ", DataTypeName(ctx.input_dtype(0)), " and ",
                           DataTypeName(ctx.input_dtype(1)), " to ",
                           DataTypeName(ctx.output_dtype(0)), ": all must be of one type");
    }
    SESSILE_ASSIGN_OR_RETURN(BatchMatMulDims dims, BatchDimsOf(ctx));
    return std::make_unique<BatchMatMul>(std::move(dims));
  }

  explicit BatchMatMul(BatchMatMulDims dims) : dims_(std::move(dims)) {
    AddOutput(DataTypeOf<T>::value, dims_.output);
    // Each call rearranges what it reads of y, which pays only if that is then used often.
    const int64_t least_rows = std::clamp<int64_t>(dims_.m, 1, 64);
    AddPhase(BlocksOfWork(dims_.rows() / least_rows, static_cast<double>(least_rows) *
                                                         static_cast<double>(dims_.n) *
                                                         static_cast<double>(dims_.k)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange rows = BlockRange(dims_.rows(), block, num_blocks(0));
    for (int64_t row = rows.first(); row < rows.last();) {
      const auto product = static_cast<size_t>(row / dims_.m);
      const int64_t first = row % dims_.m;
      const int64_t count = std::min(dims_.m - first, rows.last() - row);
      SESSILE_RETURN_IF_ERROR(Multiply(in[0].data<T>() + dims_.x[product] * dims_.m * dims_.k,
                                       in[1].data<T>() + dims_.y[product] * dims_.k * dims_.n,
                                       first, count, out[0].data<T>() + row * dims_.n));
      row += count;
    }
    return absl::OkStatus();
  }

 private:
  // Rows [first, first + count) of one product.
  absl::Status Multiply(const T* x, const T* y, int64_t first, int64_t count, T* product) const {
    const BatchMatMulDims& d = dims_;
    if (d.k == 0) {
      std::fill_n(product, count * d.n, T{});
      return absl::OkStatus();
    }
    x += d.transpose_x ? first : first * d.k;
    if constexpr (std::is_same_v<T, float>) {
      return onednn::Sgemm(d.transpose_x, d.transpose_y, count, d.n, d.k, x,
                           d.transpose_x ? d.m : d.k, y, d.transpose_y ? d.k : d.n, product, d.n);
    } else {
      const int64_t x_row = d.transpose_x ? 1 : d.k, x_step = d.transpose_x ? d.m : 1;
      const int64_t y_column = d.transpose_y ? d.k : 1, y_step = d.transpose_y ? 1 : d.n;
      for (int64_t i = 0; i < count; ++i) {
        for (int64_t j = 0; j < d.n; ++j) {
          Wide<T> sum{};
          for (int64_t p = 0; p < d.k; ++p) {
            const Wide<T> left = Widen(x[i * x_row + p * x_step]);
            const Wide<T> right = Widen(y[j * y_column + p * y_step]);
            sum = WrapAdd(sum, WrapMul(d.transpose_x ? Conjugate(left) : left,
                                       d.transpose_y ? Conjugate(right) : right));
          }
          product[i * d.n + j] = Narrow<T>(sum);
        }
      }
      return absl::OkStatus();
    }
  }

  const BatchMatMulDims dims_;
};

}  // namespace

void RegisterBatchMatMul(KernelRegistry& kernels) {
  using Types = WithComplex<TypeList<float, double, int16_t, int32_t, int64_t, Half, BFloat16>>;
  using TypesV2 = TypeList<float, double, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t,
                           uint64_t, Half, BFloat16>;
  kernels.Add<InWiderType<BatchMatMul>::Kernel>("BatchMatMul").For<Types>("T");
  kernels.Add<InWiderType<BatchMatMul>::Kernel>("BatchMatMulV2").For<WithComplex<TypesV2>>("T");
  kernels.Add<InWiderType<BatchMatMul>::Kernel>("BatchMatMulV3").For<Types>("Ta");
  kernels.Lacks("BatchMatMulV3", "Ta", {uint8, int8}, "products of two types have no kernels");
}

}  // namespace sessile
