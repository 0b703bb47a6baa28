// AddN: the sum of any number of tensors of one shape, from the first to the last. Floats are
// summed in double and rounded once.

#include <array>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/framework/variant.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class AddN final : public Prepared, public Tiled<AddN<T>, T> {
 public:
  using Sum = InDouble<T>;

  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    if (ctx.num_inputs() == 0) return InvalidArgument("AddN needs at least one input");
    for (int i = 1; i < ctx.num_inputs(); ++i) {
      if (ctx.input_shape(i) == ctx.input_shape(0)) continue;
      return InvalidArgument(
          "Inputs to operation AddN of type AddN must have the same size and shape.  Input 0: ",
          ctx.input_shape(0).ToString(), " != input ", i, ": ", ctx.input_shape(i).ToString());
    }
    return std::make_unique<AddN>(ctx);
  }

  explicit AddN(const PrepareContext& ctx)
      : size_(ctx.input_shape(0).num_elements()), terms_(ctx.num_inputs()) {
    AddOutput(DataTypeOf<T>::value, ctx.input_shape(0));
    for (int i = 0; i < ctx.num_inputs(); ++i) MayForward(i, 0);
    AddPhase(BlocksOf(size_, static_cast<int64_t>(sizeof(T)) * (ctx.num_inputs() + 1)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    AddTerms([&](int term) { return in[static_cast<size_t>(term)].data<T>() + range.first(); },
             out[0].data<T>() + range.first(), range.size());
    return absl::OkStatus();
  }

  int num_operands() const { return terms_; }
  void Tile(const T* const* in, T* out, int64_t n) const {
    AddTerms([=](int term) { return in[term]; }, out, n);
  }

 private:
  // term(i) points to the first of n elements of term i.
  template <typename Term>
  void AddTerms(Term term, T* out, int64_t n) const {
    if constexpr (std::is_floating_point_v<T>) {
      switch (terms_) {
        case 2:
          return AddFew<2>(term, out, n);
        case 3:
          return AddFew<3>(term, out, n);
        case 4:
          return AddFew<4>(term, out, n);
        default:
          break;
      }
    }
    constexpr int64_t kTile = 512;
    for (int64_t begin = 0; begin < n; begin += kTile) {
      const int64_t count = std::min(kTile, n - begin);
      T* const sum = out + begin;
      VectorizedFor<T>([=, this] {
        Sum sums[kTile];
        for (int64_t i = 0; i < count; ++i) sums[i] = static_cast<Sum>(Widen(term(0)[begin + i]));
        for (int t = 1; t < terms_; ++t) {
          const T* const x = term(t) + begin;
          for (int64_t i = 0; i < count; ++i) {
            sums[i] = WrapAdd(sums[i], static_cast<Sum>(Widen(x[i])));
          }
        }
        for (int64_t i = 0; i < count; ++i) sum[i] = Narrow<T>(static_cast<Wide<T>>(sums[i]));
      });
    }
  }

  // Without memory for the sums.
  template <size_t kTerms, typename Term>
  static void AddFew(Term term, T* out, int64_t n) {
    std::array<const T*, kTerms> x;
    for (size_t t = 0; t < kTerms; ++t) x[t] = term(static_cast<int>(t));
    VectorizedFor<T>([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        // Two floats have the same sum in either type: double holds more than twice the digits.
        using Few = std::conditional_t<kTerms == 2, T, Sum>;
        Few sum = static_cast<Few>(x[0][i]);
        for (size_t t = 1; t < kTerms; ++t) sum += static_cast<Few>(x[t][i]);
        out[i] = static_cast<T>(sum);
      }
    });
  }

  const int64_t size_;
  const int terms_;
};

// The sum of lists of tensors and their kin, each a scalar.
class AddVariants final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    for (int i = 0; i < ctx.num_inputs(); ++i) {
      if (ctx.input_shape(i).rank() == 0) continue;
      return InvalidArgument(
          "AddN of non-scalar Tensor with dtype=DT_VARIANT is not supported; "
          "inputs[",
          i, "] has shape: ", ctx.input_shape(i).ToString(), ".");
    }
    return std::make_unique<AddVariants>();
  }
  AddVariants() {
    AddOutput(DataType::kVariant, Shape());
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    Variant sum;
    for (const TensorView& input : in) {
      const Variant& term = *input.data<Variant>();
      if (term == nullptr) return InvalidArgument("AddN: an input is empty");
      if (sum == nullptr) {
        sum = term;
        continue;
      }
      const VariantValue& value = *sum;
      const VariantValue& other = *term;
      if (typeid(value) != typeid(other)) {
        return Internal(
            "BinaryOpVariants: Variants a and b have different type ids.  Type names: '",
            sum->type_name(), "' vs. '", term->type_name(), "'");
      }
      SESSILE_ASSIGN_OR_RETURN(sum, sum->Plus(*term));
    }
    *out[0].data<Variant>() = std::move(sum);
    return absl::OkStatus();
  }
};

}  // namespace

void RegisterAddN(KernelRegistry& kernels) {
  for (const char* op : {"AddN", "AccumulateNV2"}) {
    kernels.Add<AddN>(op).For<WithComplex<AllNumberTypes>>("T");
    kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  }
  kernels.Add("AddN", AddVariants::Prepare).Types("T", {variant});
}

}  // namespace sessile
