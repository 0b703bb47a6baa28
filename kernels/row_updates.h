// How an element and its update join, for kernels that write to slices of a tensor (JoinRow).
#pragma once

#include "sessile/kernels/numeric.h"
#include "sessile/kernels/rows.h"

namespace sessile {

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

}  // namespace sessile
