// BiasAdd and BiasAddGrad. Both are bound by memory: one pass over the data.
//
// BiasAddGrad gives the same bits for any number of threads: phase 0 sums each block of rows into
// its own slot of scratch, phase 1 adds the slots in order.

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/channels.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

absl::StatusOr<Channels> ChannelsOfInput(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const DataFormat format, DataFormat::Of(ctx.attrs()));
  const Shape& shape = ctx.input_shape(0);
  if (shape.rank() < 2) {
    return InvalidArgument("Input tensor must be at least 2D: ", shape.ToString());
  }
  return Channels::Of(shape, format);
}

template <typename T>
class BiasAdd final : public Prepared, public Tiled<BiasAdd<T>, T> {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Channels dims, ChannelsOfInput(ctx));
    const Shape& bias = ctx.input_shape(1);
    if (bias.rank() != 1) return InvalidArgument("Biases must be 1D: ", bias.ToString());
    if (bias.dim(0) != dims.channels) {
      return InvalidArgument(
          "Must provide as many biases as the last dimension of the input tensor: ",
          bias.ToString(), " vs. ", ctx.input_shape(0).ToString());
    }
    return std::make_unique<BiasAdd>(dims, ctx.input_shape(0));
  }

  BiasAdd(const Channels& dims, const Shape& shape) : dims_(dims) {
    AddOutput(DataTypeOf<T>::value, shape);
    MayForward(0, 0);
    TakesRows(0);
    AddPhase(BlocksOf(dims.outer, dims.stride() * static_cast<int64_t>(sizeof(T))));
    SetScratch(num_blocks(0), static_cast<size_t>(dims.lanes()) * sizeof(T));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int /*phase*/,
                   int64_t block) const override {
    const T* value = in[0].data<T>();
    T* sum = out[0].data<T>();
    T* bias = scratch.slot<T>(block);
    std::copy_n(in[1].data<T>(), dims_.channels, bias);
    dims_.Tile(bias);
    dims_.Walk<T>(BlockRange(dims_.outer, block, num_blocks(0)),
                  [=](int64_t i, int64_t lane) { sum[i] = WrapAdd(value[i], bias[lane]); });
    return absl::OkStatus();
  }

  // The bias broadcasts as shapes do where channels are last.
  bool tiles_apply() const { return dims_.inner == 1; }
  int num_operands() const { return 2; }
  static void Tile(const T* const* in, T* out, int64_t n) {
    const T* const value = in[0];
    const T* const bias = in[1];
    VectorizedFor<T>([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) out[i] = WrapAdd(value[i], bias[i]);
    });
  }

 private:
  const Channels dims_;
};

template <typename T>
class BiasAddGrad final : public Prepared,
                          public MaySumColumns<BiasAddGrad<T>, std::is_same_v<T, float>> {
 public:
  using Sum = SumOf<T>;

  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Channels dims, ChannelsOfInput(ctx));
    return std::make_unique<BiasAddGrad>(dims);
  }

  explicit BiasAddGrad(const Channels& dims) : dims_(dims) {
    AddOutput(DataTypeOf<T>::value, Shape({dims.channels}));
    AddPhase(BlocksOf(dims.outer, dims.stride() * static_cast<int64_t>(sizeof(T))));
    AddPhase(1);
    SetScratch(num_blocks(0), static_cast<size_t>(dims.lanes()) * sizeof(Sum));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      SumRows(in[0].data<T>(), BlockRange(dims_.outer, block, num_blocks(0)),
              scratch.slot<Sum>(block));
    } else {
      SumSlots(scratch, out[0].data<T>());
    }
    return absl::OkStatus();
  }

  std::optional<ColumnSum> column_sum() const {
    if (dims_.inner != 1) return std::nullopt;
    return ColumnSum{dims_.channels, 1};
  }

 private:
  void SumRows(const T* value, IndexRange rows, Sum* sums) const {
    std::fill_n(sums, dims_.lanes(), Sum{0});
    dims_.Walk<T>(rows, [=](int64_t i, int64_t lane) { sums[lane] += static_cast<Sum>(value[i]); });
    dims_.Fold(sums);
  }

  void SumSlots(Scratch scratch, T* bias) const {
    Sum* total = scratch.slot<Sum>(0);
    for (int64_t block = 1; block < num_blocks(0); ++block) {
      const Sum* sums = scratch.slot<Sum>(block);
      for (int64_t c = 0; c < dims_.channels; ++c) total[c] += sums[c];
    }
    for (int64_t c = 0; c < dims_.channels; ++c) bias[c] = static_cast<T>(total[c]);
  }

  const Channels dims_;
};

}  // namespace

void RegisterBiasAdd(KernelRegistry& kernels) {
  for (const char* op : {"BiasAdd", "BiasAddV1"}) {
    kernels.Add<InWiderType<BiasAdd>::Kernel>(op).For<WithComplex<AllNumberTypes>>("T");
  }
  kernels.Add<InWiderType<BiasAddGrad>::Kernel>("BiasAddGrad")
      .For<WithComplex<AllNumberTypes>>("T");
  for (const char* op : {"BiasAdd", "BiasAddV1", "BiasAddGrad"}) {
    kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  }
}

}  // namespace sessile
