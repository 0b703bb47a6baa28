#include "sessile/kernels/row_updates.h"

#include <algorithm>
#include <string>
#include <type_traits>

#include "sessile/core/framework/status.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

struct SetElement {
  template <typename T>
  static T Of(const T&, const T& update) {
    return update;
  }
};
struct SubElement {
  template <typename T>
  static T Of(T old, T update) {
    return Narrow<T>(WrapSub(Widen(old), Widen(update)));
  }
};
struct DivElement {
  template <typename T>
  static T Of(T old, T update) {
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      // The most negative number divided by -1 has no quotient of its type.
      if (update == T{-1}) return static_cast<T>(WrapSub(T{0}, old));
    }
    return Narrow<T>(static_cast<Wide<T>>(Widen(old) / Widen(update)));
  }
};
struct MinElement {
  template <typename T>
  static T Of(T old, T update) {
    return Widen(update) < Widen(old) ? update : old;
  }
};
struct MaxElement {
  template <typename T>
  static T Of(T old, T update) {
    return Widen(update) > Widen(old) ? update : old;
  }
};
struct AnyElement {
  static bool Of(bool old, bool update) { return old || update; }
};

template <typename F, typename T>
SESSILE_OPTIMIZE_SPEED void UpdateSlices(const SliceUpdates& u) {
  const int64_t n = u.range.size();
  if (n == 0) return;
  const TensorView indices = u.indices;
  const std::span<const int64_t> dims = u.dims;
  const int64_t inner = u.inner;
  const T* update = static_cast<const T*>(u.updates) + (u.one_update ? 0 : u.range.first());
  T* const to = static_cast<T*>(u.to) + u.range.first();
  for (int64_t i = 0; i < u.count; ++i) {
    T* const slice = to + ElementNamed(indices, i, dims) * inner;
    if (u.one_update) {
      for (int64_t c = 0; c < n; ++c) slice[c] = F::Of(slice[c], *update);
      continue;
    }
    if constexpr (std::is_same_v<F, SetElement>) {
      std::copy_n(update, n, slice);
    } else {
      JoinRow<F>(slice, update, n);
    }
    update += inner;
  }
}

template <typename F, typename... Ts>
SliceLoop LoopFor(DataType type, TypeList<Ts...>) {
  SliceLoop found = nullptr;
  ((DataTypeOf<Ts>::value == type ? void(found = UpdateSlices<F, Ts>) : void()), ...);
  return found;
}
// Of operations that give integers the same bits, signed or not.
template <typename F, typename... Ts>
SliceLoop LoopOfBits(DataType type, TypeList<Ts...>) {
  SliceLoop found = nullptr;
  ((DataTypeOf<Ts>::value == type ? void(found = UpdateSlices<F, SameBits<Ts>>) : void()), ...);
  return found;
}

SliceLoop LoopThatSets(DataType type) {
  if (type == DataType::kString) return UpdateSlices<SetElement, std::string>;
  switch (DataTypeSize(type)) {
    case 1:
      return UpdateSlices<SetElement, uint8_t>;
    case 2:
      return UpdateSlices<SetElement, uint16_t>;
    case 4:
      return UpdateSlices<SetElement, uint32_t>;
    case 8:
      return UpdateSlices<SetElement, uint64_t>;
    case 16:
      return UpdateSlices<SetElement, Bytes16>;
    default:
      return nullptr;
  }
}

SliceLoop LoopOf(SliceOp op, DataType type) {
  using Numbers = WithComplex<AllNumberTypes>;
  switch (op) {
    case SliceOp::kSet:
      return LoopThatSets(type);
    case SliceOp::kAdd:
      if (type == DataType::kBool) return UpdateSlices<AnyElement, bool>;
      return LoopOfBits<AddElement>(type, Numbers());
    case SliceOp::kSub:
      return LoopOfBits<SubElement>(type, Numbers());
    case SliceOp::kMul:
      return LoopOfBits<MulElement>(type, Numbers());
    case SliceOp::kDiv:
      return LoopFor<DivElement>(type, Numbers());
    case SliceOp::kMin:
      return LoopFor<MinElement>(type, AllNumberTypes());
    case SliceOp::kMax:
      return LoopFor<MaxElement>(type, AllNumberTypes());
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<SliceLoop> FindSliceLoop(SliceOp op, DataType type) {
  const SliceLoop loop = LoopOf(op, BaseType(type));
  if (loop != nullptr) return loop;
  return Unimplemented("Elements of type ", DataTypeName(type), " cannot be stored");
}

}  // namespace sessile
