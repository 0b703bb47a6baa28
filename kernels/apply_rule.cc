#include "sessile/kernels/apply_rule.h"

#include <algorithm>
#include <limits>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/row_indices.h"

namespace sessile {
namespace {

// "lr is not a scalar: [2]".
absl::Status CheckScalar(const PrepareContext& ctx, int input, const char* what) {
  const Shape& shape = ctx.input_shape(input);
  if (shape.rank() == 0) return absl::OkStatus();
  return InvalidArgument(what, " is not a scalar: ", shape.ToString());
}

// Of a slot or a gradient: "var and grad do not have the same shape[2] [3]".
absl::Status CheckSameShape(const PrepareContext& ctx, int input, const char* what) {
  const Shape& var = ctx.input_shape(0);
  if (ctx.input_shape(input) == var) return absl::OkStatus();
  return InvalidArgument("var and ", what, " do not have the same shape", var.ToString(), " ",
                         ctx.input_shape(input).ToString());
}

// Steps whatever the rule and the type; small types are computed in wider ones, piece by piece.
class Stepper {
 public:
  Stepper(const RuleFacts& rule, StepLoop loop, DataType type, DataType wide, bool flag,
          bool has_indices)
      : rule_(rule),
        loop_(loop),
        size_(StoredSize(type)),
        piece_(static_cast<int64_t>(sizeof(WidePiece)) / StoredSize(wide)),
        how_(Widening::Of(type, wide)),
        to_scalar_(FindConverter(type, DataType::kComplex128)),
        flag_(flag),
        indices_(has_indices ? rule.grad + 1 : std::numeric_limits<int>::max()) {}

  int64_t bytes_per_element() const { return (3 + 2 * rule_.slots) * size_; }

  ApplyScalars ScalarsOf(Inputs in) const {
    ApplyScalars scalars = {};
    for (int i = rule_.slots + 1; i <= static_cast<int>(rule_.inputs.size()); ++i) {
      if (i == rule_.grad) continue;
      to_scalar_(in[static_cast<size_t>(i < indices_ ? i : i + 1)].raw(),
                 &scalars[static_cast<size_t>(i)], 0, 1);
    }
    return scalars;
  }

  // n elements of the state from `to` on, with those of the gradient from `from` on.
  void Step(const ApplyScalars& scalars, Inputs in, int64_t to, int64_t from, int64_t n) const {
    const int64_t piece = how_.converts() ? piece_ : std::max<int64_t>(n, 1);
    for (int64_t i = 0; i < n; i += piece) {
      StepPiece(scalars, in, to + i, from + i, std::min(piece, n - i));
    }
  }

 private:
  static constexpr size_t kMaxState = 4;

  void StepPiece(const ApplyScalars& scalars, Inputs in, int64_t to, int64_t from,
                 int64_t n) const {
    std::array<WidePiece, kMaxState + 1> wide;
    std::array<void*, kMaxState> state = {};
    const auto states = static_cast<size_t>(rule_.slots + 1);
    for (size_t k = 0; k < states; ++k) {
      state[k] = Widened(in[k], to, n, &wide[k]);
    }
    void* const grad = Widened(in[static_cast<size_t>(rule_.grad)], from, n, &wide[kMaxState]);
    loop_(scalars, flag_, state.data(), grad, n);
    for (size_t k = 0; k < states && how_.converts(); ++k) {
      how_.narrow(state[k], static_cast<char*>(in[k].raw()) + to * size_, 0, n);
    }
  }

  void* Widened(const TensorView& x, int64_t first, int64_t n, WidePiece* piece) const {
    char* const elements = static_cast<char*>(x.raw()) + first * size_;
    if (!how_.converts()) return elements;
    how_.widen(elements, piece->bytes, 0, n);
    return piece->bytes;
  }

  const RuleFacts rule_;
  const StepLoop loop_;
  const int64_t size_;
  const int64_t piece_;  // elements that are widened at a time
  const Widening how_;
  const Converter to_scalar_;
  const bool flag_;
  const int indices_;  // the place of that input
};

class ApplyKernel final : public Prepared {
 public:
  ApplyKernel(const PrepareContext& ctx, const Stepper& stepper)
      : stepper_(stepper), size_(ctx.input_shape(0).num_elements()) {
    Updates(ctx, 0);
    OnlyUpdates();
    AddPhase(BlocksOf(size_, stepper_.bytes_per_element()));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    stepper_.Step(stepper_.ScalarsOf(in), in, range.first(), range.first(), range.size());
    return absl::OkStatus();
  }

 private:
  const Stepper stepper_;
  const int64_t size_;
};

// The same for the rows of the variable and its slots that `indices`, the input after the gradient,
// name: in their order, block by block of columns, so that a row may occur several times.
class SparseApplyKernel final : public Prepared {
 public:
  SparseApplyKernel(const PrepareContext& ctx, const Stepper& stepper, int indices)
      : stepper_(stepper),
        indices_(static_cast<size_t>(indices)),
        rows_(ctx.input_shape(0).dim(0)),
        columns_(ctx.input_shape(0).Slice(1).num_elements()),
        updates_(ctx.input_shape(indices).num_elements()) {
    Updates(ctx, 0);
    AddPhase(1);  // all indices are looked at before anything is written
    AddPhase(BlocksOfColumns(columns_, updates_, stepper_.bytes_per_element()));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) return CheckRowIndices(in[indices_], rows_);
    const ApplyScalars scalars = stepper_.ScalarsOf(in);
    const IndexRange columns = BlockRange(columns_, block, num_blocks(1));
    for (int64_t i = 0; i < updates_; ++i) {
      const int64_t row = IndexAt(in[indices_], i);
      stepper_.Step(scalars, in, row * columns_ + columns.first(), i * columns_ + columns.first(),
                    columns.size());
    }
    return absl::OkStatus();
  }

 private:
  const Stepper stepper_;
  const size_t indices_;
  const int64_t rows_;
  const int64_t columns_;
  const int64_t updates_;
};

}  // namespace

PreparedOr PrepareApply(const PrepareContext& ctx, const RuleFacts& rule, StepLoop loop,
                        DataType type, DataType wide) {
  for (int i = 1; i <= static_cast<int>(rule.inputs.size()); ++i) {
    const char* const name = rule.inputs[static_cast<size_t>(i - 1)];
    SESSILE_RETURN_IF_ERROR(i <= rule.slots || i == rule.grad ? CheckSameShape(ctx, i, name)
                                                              : CheckScalar(ctx, i, name));
  }
  SESSILE_ASSIGN_OR_RETURN(const bool flag, rule.FlagOf(ctx));
  return std::make_unique<ApplyKernel>(ctx, Stepper(rule, loop, type, wide, flag, false));
}

PreparedOr PrepareSparseApply(const PrepareContext& ctx, const RuleFacts& rule, StepLoop loop,
                              DataType type, DataType wide) {
  const int indices_place = rule.grad + 1;
  for (int i = 1; i <= static_cast<int>(rule.inputs.size()); ++i) {
    const char* const name = rule.inputs[static_cast<size_t>(i - 1)];
    if (i <= rule.slots) {
      SESSILE_RETURN_IF_ERROR(CheckSameShape(ctx, i, name));
    } else if (i != rule.grad) {
      SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, i < indices_place ? i : i + 1, name));
    }
  }
  const Shape& var = ctx.input_shape(0);
  const Shape& indices = ctx.input_shape(indices_place);
  if (var.rank() < 1) return InvalidArgument("var must be at least 1 dimensional");
  if (indices.rank() != 1) {
    return InvalidArgument("indices must be one-dimensional, got ", indices.ToString());
  }
  const Shape wanted = Shape::Concat(indices, var.Slice(1));
  if (ctx.input_shape(rule.grad) != wanted) {
    return InvalidArgument("grad must have shape ", wanted.ToString(), ", got ",
                           ctx.input_shape(rule.grad).ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(const bool flag, rule.FlagOf(ctx));
  return std::make_unique<SparseApplyKernel>(ctx, Stepper(rule, loop, type, wide, flag, true),
                                             indices_place);
}

}  // namespace sessile
