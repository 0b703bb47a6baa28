// Kernels of small types that are the kernel of a wider type between two conversions.
//
//   kernels.Add<InWiderType<MatMul>::Kernel>("MatMul").For<AllFloatTypes>("T");
//
// For kernels that do enough work to hide the conversions: they need no code for the small types,
// run as fast as they do with the wide ones, and round once, at the end. Integers are cut down to
// their bits then, so theirs must be results that wrap around. Not for kernels with a state, with
// variables, or with outputs whose shapes depend on data.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/kernels/cast.h"
#include "sessile/kernels/numeric.h"

namespace sessile {

// The type that holds every value of T, of those that are worth code of their own; T itself for
// those, and for uint64, which nothing holds.
template <typename T>
using Wider = std::conditional_t<
    kIsHalf<T>, float,
    std::conditional_t<
        std::is_same_v<T, uint32_t>, int64_t,
        std::conditional_t<std::is_integral_v<T> && !std::is_same_v<T, bool> && (sizeof(T) < 4),
                           int32_t, T>>>;

// Bases of operations on elements. OfBits: signed and unsigned integers give the same bits, as sums
// do. OfDigits: the result depends on the type's number of digits, as that of shifts does.
struct OfBits {};
struct OfDigits {};

// The integer of the same bits that has code of its own: signed where that is a usual type; sums of
// small ones are faster unsigned. T itself where it is no integer.
template <typename T>
struct SameBitsOf {
  using type = T;
};
template <std::integral T>
requires(!std::is_same_v<T, bool>) struct SameBitsOf<T> {
  using type = std::conditional_t<(sizeof(T) < 4), std::make_unsigned_t<T>, std::make_signed_t<T>>;
};
template <typename T>
using SameBits = typename SameBitsOf<T>::type;

// The type in which Op is computed for elements of T.
template <typename Op, typename T>
using ComputedIn = std::conditional_t<
    std::is_base_of_v<OfDigits, Op>, T,
    std::conditional_t<std::is_base_of_v<OfBits, Op>, Wider<SameBits<T>>, Wider<T>>>;

// How elements of one type are computed in another. No converters: they are what they are.
struct Widening {
  DataType wide = DataType::kInvalid;
  Converter widen = nullptr;
  Converter narrow = nullptr;

  static Widening Of(DataType stored, DataType wide);
  bool converts() const { return widen != nullptr; }
};

// Room for elements that are converted or repeated on their way to a loop.
inline constexpr int64_t kWidePiece = 256;
struct alignas(64) WidePiece {
  char bytes[kWidePiece * 8];
};

// What `prepare` makes ready where `small` is `wide`.
absl::StatusOr<std::unique_ptr<Prepared>> PrepareInWiderType(const PrepareContext& ctx,
                                                             DataType small, DataType wide,
                                                             PrepareFn prepare);

template <template <typename> class K>
struct InWiderType {
  template <typename T>
  struct Kernel {
    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      if constexpr (std::is_same_v<Wider<T>, T>) {
        return K<T>::Prepare(ctx);
      } else {
        return PrepareInWiderType(ctx, DataTypeOf<T>::value, DataTypeOf<Wider<T>>::value,
                                  &K<Wider<T>>::Prepare);
      }
    }
  };
};

// The same for half and bfloat16 alone: where integers wrap around, or end, on the way, or where
// the kernel has room for them itself.
template <template <typename> class K>
struct HalfInFloat {
  template <typename T>
  using Kernel = std::conditional_t<kIsHalf<T>, typename InWiderType<K>::template Kernel<T>, K<T>>;
};

}  // namespace sessile
