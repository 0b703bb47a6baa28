#include "sessile/kernels/map.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"

namespace sessile {
namespace {

class MapKernel final : public Prepared, public Elementwise {
 public:
  MapKernel(const PrepareContext& ctx, DataType wide, MapLoop loop, Alpha alpha)
      : size_(ctx.input_shape(0).num_elements()),
        operands_(ctx.num_inputs()),
        loop_(loop),
        alpha_(alpha),
        in_(ctx.input_dtype(0)),
        out_(ctx.output_dtype(0)),
        how_(Widening::Of(in_, wide)) {
    AddOutput(out_, ctx.input_shape(0));
    for (int i = 0; i < operands_ && in_ == out_; ++i) MayForward(i, 0);
    AddPhase(
        BlocksOf(size_, static_cast<int64_t>(DataTypeSize(in_)) * operands_ + StoredSize(out_)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const int64_t piece = how_.converts() ? kWidePiece : std::max<int64_t>(range.size(), 1);
    for (int64_t i = range.first(); i < range.last(); i += piece) {
      RunPiece(in, out[0], i, std::min(piece, range.last() - i));
    }
    return absl::OkStatus();
  }

  bool applies() const override { return in_ == DataType::kFloat && out_ == DataType::kFloat; }
  int operands() const override { return operands_; }
  void RunTile(const float* const* in, float* out, int64_t n) const override {
    const void* const operands[] = {in[0], operands_ == 2 ? in[1] : nullptr};
    loop_(operands, out, n, alpha_);
  }

 private:
  void RunPiece(Inputs in, const TensorView& out, int64_t first, int64_t n) const {
    std::array<WidePiece, 2> wide;
    std::array<const void*, 2> operands;
    for (size_t i = 0; i < static_cast<size_t>(operands_); ++i) {
      operands[i] = static_cast<const char*>(in[i].raw()) + first * StoredSize(in_);
      if (!how_.converts()) continue;
      how_.widen(operands[i], wide[i].bytes, 0, n);
      operands[i] = wide[i].bytes;
    }
    char* const to = static_cast<char*>(out.raw()) + first * StoredSize(out_);
    if (how_.converts() && in_ == out_) {
      loop_(operands.data(), wide[0].bytes, n, alpha_);
      how_.narrow(wide[0].bytes, to, 0, n);
    } else {
      loop_(operands.data(), to, n, alpha_);
    }
  }

  const int64_t size_;
  const int operands_;
  const MapLoop loop_;
  const Alpha alpha_;
  const DataType in_;
  const DataType out_;
  const Widening how_;
};

}  // namespace

PreparedOr PrepareMap(const PrepareContext& ctx, DataType wide, MapLoop loop) {
  SESSILE_ASSIGN_OR_RETURN(const float alpha, ctx.attrs().GetOr<float>("alpha", 0.0f));
  return std::make_unique<MapKernel>(ctx, wide, loop, Alpha{alpha});
}

absl::Status CheckSameShapes(const PrepareContext& ctx, const std::string& op) {
  if (ctx.input_shape(0) == ctx.input_shape(1)) return absl::OkStatus();
  return InvalidArgument(
      "Inputs to operation ", op, " of type ", op,
      " must have the same size and shape.  Input 0: ", ctx.input_shape(0).ToString(),
      " != input 1: ", ctx.input_shape(1).ToString());
}

}  // namespace sessile
