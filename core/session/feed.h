// What a user feeds: a place in the graph and a value, with numpy's conversions.
//
//   sess.run(train_op, {{inputs, batch}, {is_training, true}, {labels, {{0, 1}, {1, 0}}}});
//
// Numbers, strings and (nested) lists of them are Python values: they take the type of the place
// that they are fed to. So do vectors, arrays and spans: double labels go into a float32
// placeholder. An integer that would change by that is an error. A Tensor must have exactly the
// place's type; its memory is not copied unless it leaves the run. A list stacks its items along a
// new first axis, so {x} around one tensor is a batch of one.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/output.h"

namespace sessile {

// The int32_t, uint8_t, ... that is represented as T is; T itself if it is no integer.
template <typename T>
struct FixedWidth {
  using type = T;
};
template <std::integral T>
requires(!std::same_as<T, bool>) struct FixedWidth<T> {
  template <typename S1, typename S2, typename S4, typename S8>
  using OfSize = std::conditional_t<
      sizeof(T) == 1, S1,
      std::conditional_t<sizeof(T) == 2, S2, std::conditional_t<sizeof(T) == 4, S4, S8>>>;
  using type =
      std::conditional_t<std::signed_integral<T>, OfSize<int8_t, int16_t, int32_t, int64_t>,
                         OfSize<uint8_t, uint16_t, uint32_t, uint64_t>>;
};

class FeedValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  FeedValue(const Tensor& tensor) : value_(tensor) {}
  template <typename V>
  requires(std::convertible_to<const V&, Tensor> && !std::derived_from<V, Tensor>)
      FeedValue(const V& tensor)
      : value_(static_cast<Tensor>(tensor)) {}
  template <typename T>
  requires std::is_arithmetic_v<T> FeedValue(T number)
      : value_(Array{Tensor::Scalar(static_cast<Stored<T>>(number))}) {}
  FeedValue(const char* text) : FeedValue(std::string(text)) {}
  FeedValue(const std::string& text) : value_(Array{Tensor::Scalar(text)}) {}
  FeedValue(std::initializer_list<FeedValue> items) : value_(List{{items.begin(), items.end()}}) {}
  template <typename T>
  FeedValue(const std::vector<T>& items) : FeedValue(From{}, items) {}
  template <typename T, size_t N>
  FeedValue(const std::array<T, N>& items) : FeedValue(From{}, items) {}
  template <typename T, size_t N>
  FeedValue(std::span<T, N> items) : FeedValue(From{}, items) {}
  // NOLINTEND(google-explicit-constructor)

  // The tensor for a place of `dtype`. An exact Tensor is given as it is, whatever its type.
  // INVALID_ARGUMENT: an integer would change, text is no number, items differ in shape.
  absl::StatusOr<Tensor> ToTensor(DataType dtype) const { return ToTensor(dtype, 0); }

 private:
  struct From {};
  // A value that takes any type.
  struct Array {
    Tensor tensor;
  };
  struct List {
    std::vector<FeedValue> items;
  };
  template <typename T>
  using Stored = std::conditional_t<std::is_same_v<T, long double>, double,
                                    typename FixedWidth<std::remove_cv_t<T>>::type>;
  template <typename T>
  static constexpr bool kIsElement = std::is_arithmetic_v<T> || std::same_as<T, std::string>;

  template <typename Range>
  FeedValue(From, const Range& range) {
    using T = std::remove_cv_t<typename Range::value_type>;
    if constexpr (kIsElement<T>) {
      Array array{AllocateArray(DataTypeOf<Stored<T>>::value, range.size())};
      Stored<T>* to = array.tensor.template mutable_data<Stored<T>>();
      for (const auto& item : range) *to++ = static_cast<Stored<T>>(item);
      value_ = std::move(array);
    } else {
      value_ = List{std::vector<FeedValue>(range.begin(), range.end())};
    }
  }
  // Throws errors::ResourceExhaustedError.
  static Tensor AllocateArray(DataType dtype, size_t size);
  absl::StatusOr<Tensor> ToTensor(DataType dtype, int depth) const;
  static absl::StatusOr<Tensor> Stack(const List& list, DataType dtype, int depth);

  std::variant<Tensor, Array, List> value_;
};

// `tensor` with elements of type `dtype`; the rules of FeedValue.
absl::StatusOr<Tensor> ConvertElements(const Tensor& tensor, DataType dtype);

// The graph's side of a variable is an output that it has; of everything else the tensor itself.
template <typename V>
Output EndpointOf(const V& tensor) {
  if constexpr (requires {
                  { tensor.graph_element() } -> std::convertible_to<Output>;
                }) {
    return tensor.graph_element();
  } else {
    return static_cast<Output>(tensor);
  }
}

// A place to feed: a tensor of the graph, a variable, or the name of a tensor ("x:0").
class FeedKey {
 public:
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  template <typename V>
  requires std::convertible_to<const V&, Output> FeedKey(const V& tensor)
      : output_(EndpointOf(tensor)) {}
  FeedKey(const char* name) : name_(name) {}
  FeedKey(std::string name) : name_(std::move(name)) {}
  // NOLINTEND(google-explicit-constructor)

  const Output& output() const { return output_; }
  // Empty unless the place was named.
  const std::string& name() const { return name_; }

 private:
  Output output_;
  std::string name_;
};

struct Feed {
  FeedKey key;
  FeedValue value;
};

// Python's feed_dict.
struct FeedDict {
  FeedDict() = default;
  FeedDict(std::initializer_list<Feed> feeds) : items(feeds) {}   // NOLINT: converts
  FeedDict(std::vector<Feed> feeds) : items(std::move(feeds)) {}  // NOLINT

  std::vector<Feed> items;
};

}  // namespace sessile
