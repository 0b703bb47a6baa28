// What stands between the brackets of x[...], as in Python:
//
//   x[0]                           x[0]              element 0, without its dimension
//   x[{0, {}}]                     x[0, :]
//   x[{{1, 3}, {{}, -1}}]          x[1:3, :-1]       a range; {} is what Python leaves out
//   x[{{{}, {}, -1}}]              x[::-1]           with a step
//   x[{tf::ellipsis, 0}]           x[..., 0]         all dimensions that are not named
//   x[{{}, tf::newaxis}]           x[:, tf.newaxis]  a new dimension of size 1
//   x[{i, {{}, n}}]                x[i, :n]          i and n may be tensors
//
// The brackets are a member of Output and of Variable. Value types.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

struct NewAxis {};
struct Ellipsis {};
inline constexpr NewAxis newaxis;
inline constexpr Ellipsis ellipsis;

class Subscript {
 public:
  // A number or a scalar tensor, or {}: left out.
  class Bound {
   public:
    // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
    Bound() = default;
    template <std::integral I>
    requires(!std::same_as<I, bool>) Bound(I value, SourceLocation at = SourceLocation::Current())
        : value_(Input(value, at)) {}
    Bound(const Dim& value, SourceLocation at = SourceLocation::Current())
        : value_(Input(value, at)) {}
    template <typename T>
    requires std::convertible_to<const T&, Output> Bound(
        const T& value, SourceLocation at = SourceLocation::Current())
        : value_(Input(value, at)) {}
    // NOLINTEND(google-explicit-constructor)
    const std::optional<Input>& value() const { return value_; }

   private:
    std::optional<Input> value_;
  };

  enum class Kind { kRange, kElement, kNewAxis, kEllipsis };

  // Where the subscript stands in the user's program. No {} makes one: in x[{{1, {}}}] that is a
  // bound.
  struct Place {
    constexpr Place(SourceLocation location) : at(location) {}  // NOLINT: meant to convert
    SourceLocation at;
  };

  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  Subscript() = default;
  Subscript(Bound begin, Bound end, Bound step = {})
      : begin_(std::move(begin)), end_(std::move(end)), step_(std::move(step)) {}
  template <typename T>
  requires(std::integral<T> || std::same_as<T, Dim> || std::convertible_to<const T&, Output>)
      Subscript(const T& element, Place place = Place(SourceLocation::Current()))
      : kind_(Kind::kElement), begin_(element, place.at) {}
  Subscript(NewAxis) : kind_(Kind::kNewAxis) {}
  Subscript(Ellipsis) : kind_(Kind::kEllipsis) {}
  // NOLINTEND(google-explicit-constructor)

  Kind kind() const { return kind_; }
  // Of an element: its number.
  const std::optional<Input>& begin() const { return begin_.value(); }
  const std::optional<Input>& end() const { return end_.value(); }
  const std::optional<Input>& step() const { return step_.value(); }

 private:
  Kind kind_ = Kind::kRange;
  Bound begin_;
  Bound end_;
  Bound step_;
};

}  // namespace sessile
