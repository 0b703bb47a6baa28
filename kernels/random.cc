// RandomUniform, RandomStandardNormal, TruncatedNormal, RandomUniformInt: TensorFlow's streams.
//
// Phase 0 takes this call's piece of the node's stream; phase 1 fills groups of it, in any order.
// In the yardstick a float op draws floats and widens them, so that both modes see the same
// numbers: the floats lie in scratch, behind the generator.

#include "sessile/core/framework/random.h"

#include <memory>
#include <new>
#include <span>
#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/random_fill.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/random_stream.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

absl::StatusOr<Shape> RequestedShape(const PrepareContext& ctx) {
  if (ctx.input_shape(0).rank() != 1) {
    return InvalidArgument("shape must be a vector of {int32,int64}, got shape ",
                           ctx.input_shape(0).ToString());
  }
  return ShapeOfSizes(*ctx.input_value(0));
}

// What a block costs is drawing, not memory: count several times the bytes.
constexpr int64_t kCostOfGroup = 64;

template <typename T>
using FillFn = void (*)(const Philox&, int64_t, int64_t, std::span<T>);

// Fills T's drawn as Drawn's.
template <typename T, typename Drawn, FillFn<Drawn> fill>
class Random final : public Prepared {
 public:
  explicit Random(const Shape& shape)
      : size_(shape.num_elements()), groups_(RandomGroups<Drawn>(size_)) {
    AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(1);
    AddPhase(BlocksOf(groups_, kCostOfGroup));
    SetScratch(1, kDrawnAt + (kSame ? 0 : static_cast<size_t>(size_) * sizeof(Drawn)));
  }

  absl::Status Run(RunContext& ctx, Inputs, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      auto* const state = static_cast<StreamState*>(ctx.state());
      new (scratch.slot<Philox>(0)) Philox(state->stream.ReserveOutputs(size_));
      return absl::OkStatus();
    }
    const Philox& start = *scratch.slot<Philox>(0);
    const IndexRange groups = BlockRange(groups_, block, num_blocks(1));
    T* const values = out[0].data<T>();
    const auto size = static_cast<size_t>(size_);
    if constexpr (kSame) {
      fill(start, groups.first(), groups.last(), std::span<T>(values, size));
    } else {
      auto* const drawn = reinterpret_cast<Drawn*>(scratch.slot<char>(0) + kDrawnAt);
      fill(start, groups.first(), groups.last(), std::span<Drawn>(drawn, size));
      const int64_t end = std::min(size_, groups.last() * kRandomGroupSize<Drawn>);
      for (int64_t i = groups.first() * kRandomGroupSize<Drawn>; i < end; ++i) {
        values[i] = Narrow<T>(static_cast<Wide<T>>(drawn[i]));
      }
    }
    return absl::OkStatus();
  }

 private:
  static constexpr bool kSame = std::is_same_v<T, Drawn>;
  static constexpr size_t kDrawnAt = kBufferAlignment;
  static_assert(sizeof(Philox) <= kDrawnAt && std::is_trivially_destructible_v<Philox>);
  const int64_t size_;
  const int64_t groups_;
};

// Uniform in [0, 1) in steps of 2^-bits, as floats: from the low bits of each word of a block,
// which is how TensorFlow makes 16-bit numbers.
template <int bits>
void FillCoarseUniform(const Philox& start, int64_t begin, int64_t end, std::span<float> output) {
  Philox generator = start;
  generator.Skip(static_cast<uint64_t>(begin));
  for (int64_t group = begin; group < end; ++group) {
    const Philox::Block block = generator.Next();
    const auto first = static_cast<size_t>(group * kRandomGroupSize<float>);
    for (size_t i = 0; i < block.size() && first + i < output.size(); ++i) {
      output[first + i] =
          static_cast<float>(block[i] & ((1u << bits) - 1)) / static_cast<float>(1 << bits);
    }
  }
}

// How one distribution fills each type; 16-bit types have 10 and 7 bits of mantissa.
struct Uniform {
  static constexpr FillFn<float> kFloats = FillUniform<float>;
  static constexpr FillFn<double> kDoubles = FillUniform<double>;
  static constexpr FillFn<float> kForHalf = FillCoarseUniform<10>;
  static constexpr FillFn<float> kForBFloat16 = FillCoarseUniform<7>;
};
struct Normal {
  static constexpr FillFn<float> kFloats = FillNormal<float>;
  static constexpr FillFn<double> kDoubles = FillNormal<double>;
  static constexpr FillFn<float> kForHalf = kFloats;
  static constexpr FillFn<float> kForBFloat16 = kFloats;
};
struct Truncated {
  static constexpr FillFn<float> kFloats = FillTruncatedNormal<float>;
  static constexpr FillFn<double> kDoubles = FillTruncatedNormal<double>;
  static constexpr FillFn<float> kForHalf = kFloats;
  static constexpr FillFn<float> kForBFloat16 = kFloats;
};

template <typename Distribution>
PreparedOr PrepareRandom(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, RequestedShape(ctx));
  SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
  using D = Distribution;
  switch (ctx.output_dtype(0)) {
    case DataType::kHalf:
      return std::make_unique<Random<Half, float, D::kForHalf>>(shape);
    case DataType::kBFloat16:
      return std::make_unique<Random<BFloat16, float, D::kForBFloat16>>(shape);
    case DataType::kFloat:
      return std::make_unique<Random<float, float, D::kFloats>>(shape);
    default:
      if (dtype == float32) return std::make_unique<Random<double, float, D::kFloats>>(shape);
      return std::make_unique<Random<double, double, D::kDoubles>>(shape);
  }
}

template <typename T>
class RandomInt final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, RequestedShape(ctx));
    for (const int i : {1, 2}) {
      if (ctx.input_shape(i).rank() == 0) continue;
      return InvalidArgument(i == 1 ? "minval" : "maxval", " must be 0-D, got shape ",
                             ctx.input_shape(i).ToString());
    }
    const T low = *ctx.input_value(1)->data<T>();
    const T high = *ctx.input_value(2)->data<T>();
    if (shape.num_elements() > 0 && low >= high) {
      return InvalidArgument("Need minval < maxval, got ", low, " >= ", high);
    }
    return std::make_unique<RandomInt>(shape, low, high);
  }

  RandomInt(const Shape& shape, T low, T high)
      : size_(shape.num_elements()), low_(low), high_(high) {
    AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(1);
    AddPhase(BlocksOf(RandomGroups<T>(size_), kCostOfGroup));
    SetScratch(1, sizeof(Philox));
  }

  absl::Status Run(RunContext& ctx, Inputs, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      auto* const state = static_cast<StreamState*>(ctx.state());
      new (scratch.slot<Philox>(0)) Philox(state->stream.ReserveOutputs(size_));
      return absl::OkStatus();
    }
    const IndexRange groups = BlockRange(RandomGroups<T>(size_), block, num_blocks(1));
    FillUniformInt<T>(*scratch.slot<Philox>(0), low_, high_, groups.first(), groups.last(),
                      {out[0].data<T>(), static_cast<size_t>(size_)});
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const T low_;
  const T high_;
};

template <typename Distribution>
void Row(KernelRegistry& kernels, const char* op) {
  kernels.Add(op, PrepareRandom<Distribution>)
      .Types("dtype", {float32, float64, float16, bfloat16})
      .ValueInput(0)
      .State(MakeStream);
}

}  // namespace

void RegisterRandom(KernelRegistry& kernels) {
  Row<Uniform>(kernels, "RandomUniform");
  Row<Normal>(kernels, "RandomStandardNormal");
  Row<Truncated>(kernels, "TruncatedNormal");
  kernels.Add<RandomInt>("RandomUniformInt")
      .For<TypeList<int32_t, int64_t>>("Tout")
      .AllValueInputs()
      .State(MakeStream);
}

}  // namespace sessile
