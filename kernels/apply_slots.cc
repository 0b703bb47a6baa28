// The steps of optimizers that keep slots for each variable: one pass over the variable, its slots
// and the gradient, in place. A step is a struct that has read the scalars and is called with one
// element of each.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/apply.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/row_indices.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

constexpr size_t kMaxInputs = 9;

// The scalars of a node at one run, by their place among its inputs, the indices not counted.
template <typename W>
struct Scalars {
  W operator[](int i) const { return static_cast<W>(values[static_cast<size_t>(i)]); }
  const std::array<double, kMaxInputs>& values;
};

// Steps for n elements: of the variable, followed by its slots, and of the gradient.
using StepLoop = void (*)(const std::array<double, kMaxInputs>& scalars, bool flag,
                          void* const* state, const void* grad, int64_t n);

// What a kernel knows of a rule, which has the names of the inputs after `var` (kInputs), of which
// the first kSlots are slots, the place of the gradient (kGrad), and Step<W>, made from scalars and
// the node's flag (kFlag).
struct RuleFacts {
  std::span<const char* const> inputs;
  int slots;
  int grad;
  std::string_view flag;

  template <typename Rule>
  static constexpr RuleFacts Of() {
    return {Rule::kInputs, Rule::kSlots, Rule::kGrad, Rule::kFlag};
  }
  absl::StatusOr<bool> FlagOf(const PrepareContext& ctx) const {
    if (flag.empty()) return false;
    return ctx.Attr<bool>(flag);
  }
};

template <typename Rule>
struct Steps {
  template <typename W>
  static void Run(const std::array<double, kMaxInputs>& scalars, bool flag, void* const* state,
                  const void* grad, int64_t n) {
    const typename Rule::template Step<W> step(Scalars<W>{scalars}, flag);
    Walk<W>(step, state, static_cast<const W*>(grad), n, std::make_index_sequence<Rule::kSlots>());
  }

 private:
  template <typename W, typename Step, size_t... kSlot>
  static void Walk(const Step& step, void* const* state, const W* grad, int64_t n,
                   std::index_sequence<kSlot...>) {
    W* const var = static_cast<W*>(state[0]);
    const std::array<W*, sizeof...(kSlot)> slots = {static_cast<W*>(state[kSlot + 1])...};
    VectorizedFor<W>([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        W v = var[i];
        std::array<W, sizeof...(kSlot)> s = {slots[kSlot][i]...};
        step(v, s[kSlot]..., grad[i]);
        var[i] = v;
        ((slots[kSlot][i] = s[kSlot]), ...);
      }
    });
  }
};

// Steps whatever the rule and the type; those of half and bfloat16 are computed in float, piece by
// piece.
class Stepper {
 public:
  Stepper(const RuleFacts& rule, StepLoop loop, DataType type, DataType wide, bool flag,
          bool has_indices)
      : rule_(rule),
        loop_(loop),
        size_(StoredSize(type)),
        how_(Widening::Of(type, wide)),
        to_double_(FindConverter(type, DataType::kDouble)),
        flag_(flag),
        indices_(has_indices ? rule.grad + 1 : std::numeric_limits<int>::max()) {}

  int64_t bytes_per_element() const { return (3 + 2 * rule_.slots) * size_; }

  std::array<double, kMaxInputs> ScalarsOf(Inputs in) const {
    std::array<double, kMaxInputs> scalars = {};
    for (int i = rule_.slots + 1; i <= static_cast<int>(rule_.inputs.size()); ++i) {
      if (i == rule_.grad) continue;
      to_double_(in[static_cast<size_t>(i < indices_ ? i : i + 1)].raw(),
                 &scalars[static_cast<size_t>(i)], 0, 1);
    }
    return scalars;
  }

  // n elements of the state from `to` on, with those of the gradient from `from` on.
  void Step(const std::array<double, kMaxInputs>& scalars, Inputs in, int64_t to, int64_t from,
            int64_t n) const {
    const int64_t piece = how_.converts() ? kWidePiece : std::max<int64_t>(n, 1);
    for (int64_t i = 0; i < n; i += piece) {
      StepPiece(scalars, in, to + i, from + i, std::min(piece, n - i));
    }
  }

 private:
  static constexpr size_t kMaxState = 4;

  void StepPiece(const std::array<double, kMaxInputs>& scalars, Inputs in, int64_t to, int64_t from,
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
  const Widening how_;
  const Converter to_double_;
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
    const std::array<double, kMaxInputs> scalars = stepper_.ScalarsOf(in);
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

template <typename Rule>
struct Apply {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      return PrepareApply(ctx, RuleFacts::Of<Rule>(), Steps<Rule>::template Run<Wide<T>>,
                          DataTypeOf<T>::value, DataTypeOf<Wide<T>>::value);
    }
  };
};

template <typename Rule>
struct SparseApply {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      return PrepareSparseApply(ctx, RuleFacts::Of<Rule>(), Steps<Rule>::template Run<Wide<T>>,
                                DataTypeOf<T>::value, DataTypeOf<Wide<T>>::value);
    }
  };
};

//   accum = momentum * accum + grad
//   var -= lr * accum, or Nesterov's: var -= lr * grad + lr * momentum * accum
struct Momentum {
  static constexpr std::array kInputs = {"accum", "lr", "grad", "momentum"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "use_nesterov";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), momentum(in[4]), nesterov(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      accum = accum * momentum + grad;
      var -= nesterov ? grad * lr + accum * momentum * lr : accum * lr;
    }
    const W lr, momentum;
    const bool nesterov;
  };
};

// Keras's, whose velocity has the rate in it:
//   accum = momentum * accum - lr * grad
//   var += accum, or Nesterov's: var += momentum * accum - lr * grad
struct KerasMomentum {
  static constexpr std::array kInputs = {"accum", "lr", "grad", "momentum"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "use_nesterov";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), momentum(in[4]), nesterov(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      accum = accum * momentum - grad * lr;
      var += nesterov ? accum * momentum - grad * lr : accum;
    }
    const W lr, momentum;
    const bool nesterov;
  };
};

//   ms += (grad^2 - ms) * (1 - rho)
//   mom = momentum * mom + lr * grad / sqrt(ms + epsilon)
//   var -= mom
struct RMSProp {
  static constexpr std::array kInputs = {"ms", "mom", "lr", "rho", "momentum", "epsilon", "grad"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 7;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : lr(in[3]), fresh(W{1} - in[4]), momentum(in[5]), epsilon(in[6]) {}
    void operator()(W& var, W& ms, W& mom, W grad) const {
      ms += (grad * grad - ms) * fresh;
      mom = mom * momentum + grad * lr / std::sqrt(ms + epsilon);
      var -= mom;
    }
    const W lr, fresh, momentum, epsilon;
  };
};

// The same with the variance ms - mg^2 in place of ms, and mg += (grad - mg) * (1 - rho).
struct CenteredRMSProp {
  static constexpr std::array kInputs = {"mg",  "ms",       "mom",     "lr",
                                         "rho", "momentum", "epsilon", "grad"};
  static constexpr int kSlots = 3;
  static constexpr int kGrad = 8;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : lr(in[4]), fresh(W{1} - in[5]), momentum(in[6]), epsilon(in[7]) {}
    void operator()(W& var, W& mg, W& ms, W& mom, W grad) const {
      ms += (grad * grad - ms) * fresh;
      mg += (grad - mg) * fresh;
      mom = mom * momentum + grad * lr / std::sqrt(ms - mg * mg + epsilon);
      var -= mom;
    }
    const W lr, fresh, momentum, epsilon;
  };
};

//   accum += grad^2 (with update_slots)
//   var -= lr * grad / sqrt(accum)
struct Adagrad {
  static constexpr std::array kInputs = {"accum", "lr", "grad"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "update_slots";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), update_slots(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      if (update_slots) accum += grad * grad;
      var -= grad * lr / std::sqrt(accum);
    }
    const W lr;
    const bool update_slots;
  };
};

//   accum += grad^2 (with update_slots)
//   var -= lr * grad / (sqrt(accum) + epsilon)
struct AdagradV2 {
  static constexpr std::array kInputs = {"accum", "lr", "epsilon", "grad"};
  static constexpr int kSlots = 1;
  static constexpr int kGrad = 4;
  static constexpr std::string_view kFlag = "update_slots";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool flag) : lr(in[2]), epsilon(in[3]), update_slots(flag) {}
    void operator()(W& var, W& accum, W grad) const {
      if (update_slots) accum += grad * grad;
      var -= grad * lr / (std::sqrt(accum) + epsilon);
    }
    const W lr, epsilon;
    const bool update_slots;
  };
};

//   accum = rho * accum + (1 - rho) * grad^2
//   update = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad
//   var -= lr * update
//   accum_update = rho * accum_update + (1 - rho) * update^2
struct Adadelta {
  static constexpr std::array kInputs = {"accum", "accum_update", "lr", "rho", "epsilon", "grad"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 6;
  static constexpr std::string_view kFlag = "";
  template <typename W>
  struct Step {
    template <typename S>
    Step(const S& in, bool) : lr(in[3]), rho(in[4]), epsilon(in[5]) {}
    void operator()(W& var, W& accum, W& accum_update, W grad) const {
      accum = accum * rho + grad * grad * (W{1} - rho);
      const W update = std::sqrt(accum_update + epsilon) / std::sqrt(accum + epsilon) * grad;
      var -= update * lr;
      accum_update = accum_update * rho + update * update * (W{1} - rho);
    }
    const W lr, rho, epsilon;
  };
};

// With g = grad + 2 * l2_shrinkage * var, n = accum + grad^2 and p = lr_power:
//   linear += g - (n^-p - accum^-p) / lr * var
//   var = (clip(linear, -l1, l1) - linear) / (n^-p / lr + 2 * l2)
//   accum = n
// With multiply_linear_by_lr all of `linear` is lr times as large.
template <typename W>
struct FtrlStep {
  void operator()(W& var, W& accum, W& linear, W grad) const {
    const W sum = accum + grad * grad;
    const W shrunk = grad + W{2} * shrinkage * var;
    const W root = Root(sum);
    const W scale = times_lr ? lr : W{1};
    const W over = times_lr ? W{1} : lr;
    linear += shrunk * scale - (root - Root(accum)) / over * var;
    const W bound = l1 * scale;
    const W quadratic = root / over + W{2} * l2 * scale;
    const W clipped = linear > bound ? bound : linear < -bound ? -bound : linear;
    var = std::abs(linear) > bound ? (clipped - linear) / quadratic : W{0};
    accum = sum;
  }
  W Root(W x) const { return power == W{-0.5} ? std::sqrt(x) : std::pow(x, -power); }
  const W lr, l1, l2, shrinkage, power;
  const bool times_lr;
};

struct Ftrl {
  static constexpr std::array kInputs = {"accum", "linear", "grad", "lr", "l1", "l2", "lr_power"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "multiply_linear_by_lr";
  template <typename W>
  struct Step : FtrlStep<W> {
    template <typename S>
    Step(const S& in, bool flag) : FtrlStep<W>{in[4], in[5], in[6], W{0}, in[7], flag} {}
  };
};

struct FtrlV2 {
  static constexpr std::array kInputs = {"accum", "linear", "grad",         "lr",
                                         "l1",    "l2",     "l2_shrinkage", "lr_power"};
  static constexpr int kSlots = 2;
  static constexpr int kGrad = 3;
  static constexpr std::string_view kFlag = "multiply_linear_by_lr";
  template <typename W>
  struct Step : FtrlStep<W> {
    template <typename S>
    Step(const S& in, bool flag) : FtrlStep<W>{in[4], in[5], in[6], in[7], in[8], flag} {}
  };
};

template <typename Rule>
void AddHandleKernels(KernelRegistry& kernels, const std::string& op) {
  AddResourceApplyKernel<Apply<Rule>::template Kernel>(kernels, op);
  AddResourceApplyKernel<SparseApply<Rule>::template Kernel>(kernels, "Sparse" + op);
}

template <typename Rule>
void AddSlotKernels(KernelRegistry& kernels, const std::string& op) {
  AddApplyKernel<Apply<Rule>::template Kernel>(kernels, op);
  AddApplyKernel<SparseApply<Rule>::template Kernel>(kernels, "Sparse" + op);
  AddHandleKernels<Rule>(kernels, op);
}

}  // namespace

void RegisterApplySlots(KernelRegistry& kernels) {
  AddSlotKernels<Momentum>(kernels, "ApplyMomentum");
  AddSlotKernels<RMSProp>(kernels, "ApplyRMSProp");
  AddSlotKernels<CenteredRMSProp>(kernels, "ApplyCenteredRMSProp");
  AddSlotKernels<Adagrad>(kernels, "ApplyAdagrad");
  AddSlotKernels<AdagradV2>(kernels, "ApplyAdagradV2");
  AddSlotKernels<Adadelta>(kernels, "ApplyAdadelta");
  AddSlotKernels<Ftrl>(kernels, "ApplyFtrl");
  AddSlotKernels<FtrlV2>(kernels, "ApplyFtrlV2");
  AddHandleKernels<KerasMomentum>(kernels, "ApplyKerasMomentum");
}

}  // namespace sessile
