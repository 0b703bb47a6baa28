// The type of every tensor parameter of the front end, and where in the user's program a node is
// built.
//
//   tf::Output relu(Input features, ...);
//   relu(x);  relu(w);  relu(-1.0);  tf::reshape(x, {-1, 28 * 28});
//
// Converts from Output, Variable, Tensor, Shape, numbers, strings and nested lists of them. Numbers
// and lists are Python values: they have no dtype of their own, and become a Const when the node is
// built, of the dtype that the op asks for (else float32 for a number with a point, int32 for one
// without, int64 for one that needs it). A double is rounded once, then.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/parameter_list.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/source_location.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/output.h"

namespace sessile {

// A Python value: a bool, int, float, str, or a list of such, of one shape throughout.
struct Literal {
  enum class Kind { kNone, kBool, kInt, kFloat, kString };
  Kind kind = Kind::kNone;  // the widest that occurs
  std::vector<int64_t> shape = {};
  std::vector<double> numbers = {};    // kFloat
  std::vector<int64_t> integers = {};  // kBool and kInt
  std::vector<std::string> strings = {};
  absl::Status status = {};  // a ragged or mixed list, an integer out of range
};

// What numpy would make of a literal: of `dtype` if given (an error if that changes an integer or
// makes a string a number), else of its own default type.
absl::StatusOr<Tensor> LiteralToTensor(const Literal& literal, std::optional<DataType> dtype);
// The values of a tensor of numbers, bools or strings without its dtype.
absl::StatusOr<Literal> TensorToLiteral(const Tensor& tensor);

// A tensor that is made anew wherever it becomes the input of a node: the variable behind a handle,
// or the tensor that slices stand for.
struct LazyOutput {
  Output element;  // a tensor of the same type (and shape, of a variable) that is there already
  Output handle;   // the variable's; without value for slices
  // Builds it, called `name` where it has no name of its own.
  std::function<Output(std::string_view name)> read;
};

class Input {
 public:
  // NOLINTBEGIN(google-explicit-constructor): all are meant to convert
  Input(const Output& output, SourceLocation at = SourceLocation::Current())
      : output_(output), at_(at) {}
  template <typename V>
  requires(std::convertible_to<const V&, Output> && !std::same_as<V, Output>)
      Input(const V& variable, SourceLocation at = SourceLocation::Current())
      : at_(at) {
    if constexpr (requires {
                    { variable.lazy() } -> std::same_as<std::shared_ptr<const LazyOutput>>;
                  }) {
      SetLazy(variable.lazy());
    }
    if (lazy_ == nullptr) output_ = static_cast<Output>(variable);
  }
  Input(const Tensor& tensor, SourceLocation at = SourceLocation::Current())
      : tensor_(std::make_shared<Tensor>(tensor)), at_(at) {}
  Input(const Shape& shape, SourceLocation at = SourceLocation::Current());
  template <typename T>
  requires std::is_arithmetic_v<T> Input(T number, SourceLocation at = SourceLocation::Current())
      : at_(at) {
    SetNumber(number);
  }
  Input(const char* text, SourceLocation at = SourceLocation::Current());
  Input(std::nullptr_t) = delete;  // Python's None is no tensor
  Input(const std::string& text, SourceLocation at = SourceLocation::Current());
  Input(std::initializer_list<Input> list, SourceLocation at = SourceLocation::Current());
  template <typename T>
  Input(const std::vector<T>& list, SourceLocation at = SourceLocation::Current()) : at_(at) {
    SetRange(list);
  }
  template <typename T, size_t N>
  Input(std::span<T, N> list, SourceLocation at = SourceLocation::Current()) : at_(at) {
    SetRange(list);
  }
  Input(const Dim& dim, SourceLocation at = SourceLocation::Current())
      : Input(static_cast<int64_t>(dim), at) {}
  // NOLINTEND(google-explicit-constructor)

  // A tensor of a graph; empty for everything else. Of a lazy one, a tensor that is like it.
  bool is_output() const { return output_.has_value(); }
  const Output& output() const { return output_; }
  // The tensor itself, which may build nodes, called `name` where they have none of their own.
  Output Read(std::string_view name = {}) const {
    return lazy_ == nullptr ? output_ : lazy_->read(name);
  }
  bool is_lazy() const { return lazy_ != nullptr; }
  // Of a variable that is read anew at every use; without value for everything else.
  Output handle() const { return lazy_ == nullptr ? Output() : lazy_->handle; }
  // A value with a dtype of its own; null for everything else.
  const Tensor* tensor() const { return tensor_.get(); }
  // A Python value; null for everything else.
  const Literal* literal() const { return literal_.get(); }
  // A list that holds tensors of a graph, which becomes a Pack node; null for everything else.
  const std::vector<Input>* list() const { return list_.get(); }
  // The literal came from a Shape: its dtype is int32 even if it is empty.
  bool is_shape() const { return is_shape_; }
  // The dtype, if it has one of its own. The value type for a variable's own output.
  std::optional<DataType> dtype() const;
  const SourceLocation& location() const { return at_; }

 private:
  template <typename Range>
  void SetRange(const Range& range) {
    using T = std::remove_cvref_t<decltype(*range.begin())>;
    if constexpr (std::is_same_v<T, std::vector<bool>::const_reference>) {
      SetInts(std::vector<int64_t>(range.begin(), range.end()), Literal::Kind::kBool);
    } else if constexpr (std::is_same_v<T, bool>) {
      SetInts(std::vector<int64_t>(range.begin(), range.end()), Literal::Kind::kBool);
    } else if constexpr (std::is_floating_point_v<T>) {
      SetFloats(std::vector<double>(range.begin(), range.end()));
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, uint64_t>) {
      SetInts(std::vector<int64_t>(range.begin(), range.end()), Literal::Kind::kInt);
    } else {
      SetList(std::vector<Input>(range.begin(), range.end()));
    }
  }
  template <typename T>
  void SetNumber(T number) {
    if constexpr (std::is_same_v<T, bool>) {
      SetBool(number);
    } else if constexpr (std::is_integral_v<T>) {
      SetInt(static_cast<int64_t>(number), std::in_range<int64_t>(number));
    } else {
      SetFloat(static_cast<double>(number));
    }
  }
  void SetLazy(std::shared_ptr<const LazyOutput> lazy) {
    lazy_ = std::move(lazy);
    if (lazy_ != nullptr) output_ = lazy_->element;
  }
  void SetBool(bool value);
  void SetInt(int64_t value, bool in_range);
  void SetFloat(double value);
  void SetInts(std::vector<int64_t> values, Literal::Kind kind);
  void SetFloats(std::vector<double> values);
  void SetList(const std::vector<Input>& items);

  Output output_;
  std::shared_ptr<const LazyOutput> lazy_;
  std::shared_ptr<const Tensor> tensor_;
  std::shared_ptr<const Literal> literal_;
  std::shared_ptr<const std::vector<Input>> list_;
  bool is_shape_ = false;
  SourceLocation at_;
};

// A parameter that takes a list of tensors: {x, 1.0, w}, or a vector of anything that converts to
// Input (tensors, variables, elements of a collection).
//   tf::add_n(tf::get_collection(tf::GraphKeys::REGULARIZATION_LOSSES));
//   tf::concat(tf::split(x, 2), 1);
using InputList = ParameterList<Input>;

// The type of a field of options that has no default: leaving it out does not compile.
class RequiredInput : public Input {
 public:
  using Input::Input;
  RequiredInput() = delete;
  RequiredInput(const Input& input) : Input(input) {}  // NOLINT: meant to convert
};

// While one is alive, nodes built in this thread are blamed on `at`. Only the outermost counts, so
// that a layer blames its caller and not its own lines. Every public builder opens one.
class [[nodiscard]] SourceScope {
 public:
  explicit SourceScope(const SourceLocation& at);
  explicit SourceScope(const Input& input) : SourceScope(input.location()) {}
  ~SourceScope();
  SourceScope(const SourceScope&) = delete;
  SourceScope& operator=(const SourceScope&) = delete;
  // Line 0 if none is open.
  static SourceLocation Current();

 private:
  bool outermost_;
};

// The value of an Input that is no Output: a Tensor as it is (or converted to `dtype`, as numpy's
// astype does but never changing an integer), a Python value by LiteralToTensor.
absl::StatusOr<Tensor> InputToTensor(const Input& input, std::optional<DataType> dtype);

// Makes a tensor of the default graph (or of the graph of `value`, if it is an Output): a Const
// named `name` under the open scopes for what is no Output yet. `dtype` is required, `preferred` a
// wish that gives way to the value's own type. Throws errors::InvalidArgumentError ("Tensor
// conversion requested dtype int32 for Tensor with dtype float32: ...").
Output convert_to_tensor(const Input& value, std::optional<DataType> dtype = {},
                         std::string_view name = "Const", std::optional<DataType> preferred = {});

}  // namespace sessile
