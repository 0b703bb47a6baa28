// Static and concrete shapes. A dimension may be unknown, and so may the rank.
//
//   Shape({64, 28, 28, 1})      a tensor's shape
//   Shape({tf::None, 10})       "[?,10]": a batch of unknown size
//   Shape()                     "[]": a scalar
//   Shape::Unknown()            "<unknown>": unknown rank
//
// A value type; a const Shape may be read by any number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace sessile {

// Python's None where a shape is written: a dimension of unknown size.
inline constexpr int64_t None = -1;

// One dimension as a user sees it. Using an unknown one as a number throws
// errors::InvalidArgumentError, and so does making one from a number below -1.
class Dim {
 public:
  Dim() = default;
  template <std::integral I>
  requires(!std::same_as<I, bool>) Dim(I value)  // NOLINT: meant to convert
      : value_(Checked(static_cast<int64_t>(value), std::in_range<int64_t>(value))) {}

  bool known() const { return value_ >= 0; }
  // The size, or -1.
  int64_t value_or_unknown() const { return value_; }
  operator int64_t() const;  // NOLINT: meant to convert

 private:
  static int64_t Checked(int64_t value, bool in_range);
  int64_t value_ = -1;
};

class Shape {
 public:
  static constexpr int64_t kUnknownDim = -1;
  // TensorFlow's limit on the rank of a tensor.
  static constexpr int kMaxRank = 254;

  // A scalar.
  Shape() = default;
  Shape(std::initializer_list<Dim> dims);
  Shape(const std::vector<Dim>& dims);  // NOLINT: meant to convert
  template <std::integral I>
  Shape(const std::vector<I>& dims)  // NOLINT: meant to convert
      : Shape(std::vector<Dim>(dims.begin(), dims.end())) {}
  template <std::integral I, size_t N>
  Shape(std::span<const I, N> dims)  // NOLINT: meant to convert
      : Shape(std::vector<Dim>(dims.begin(), dims.end())) {}

  // A shape of unknown rank.
  static Shape Unknown();
  // A shape of known rank whose dimensions are all unknown.
  static Shape UnknownOfRank(int rank);
  // From outside data: -1 is unknown; refuses sizes below -1, a rank over kMaxRank and more than
  // 2^63-1 elements.
  static absl::StatusOr<Shape> FromDims(std::span<const int64_t> dims);

  bool has_rank() const { return has_rank_; }
  // REQUIRES: has_rank().
  int rank() const { return static_cast<int>(dims_.size()); }
  // The size of dimension i, or kUnknownDim. REQUIRES: has_rank(), 0 <= i < rank().
  int64_t dim(int i) const { return dims_[static_cast<size_t>(i)]; }
  std::span<const int64_t> dims() const { return {dims_.data(), dims_.size()}; }

  bool IsFullyDefined() const;
  // The number of elements, or -1 if a dimension or the rank is unknown.
  int64_t num_elements() const;

  Shape WithDim(int i, int64_t size) const;
  Shape Append(int64_t size) const;
  // Dimensions [begin, end); negative counts from the end. REQUIRES: has_rank().
  Shape Slice(int begin, int end = std::numeric_limits<int>::max()) const;
  static Shape Concat(const Shape& a, const Shape& b);

  // The most that is known from both; an error ("Dimension 0 in both shapes must be equal, but are
  // 3 and 4. ...", "Shapes must be equal rank, but are 2 and 1") if they contradict each other.
  static absl::StatusOr<Shape> Merge(const Shape& a, const Shape& b);
  // The same for two dimensions: "Dimensions must be equal, but are 3 and 4".
  static absl::StatusOr<int64_t> MergeDim(int64_t a, int64_t b);
  // True unless the two contradict each other.
  static bool Compatible(const Shape& a, const Shape& b);

  // Python's as_list(). Throws errors::InvalidArgumentError for unknown rank.
  std::vector<Dim> as_list() const;

  // "[?,28,28,1]", "[]", "<unknown>": TensorFlow's runtime form.
  std::string ToString() const;
  // "(?, 28, 28, 1)", "()", "<unknown>": Python's form.
  std::string ToPythonString() const;

  friend bool operator==(const Shape&, const Shape&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Shape& shape);  // ToString

 private:
  // A vector that needs no memory of its own for a usual rank.
  class Dims {
   public:
    size_t size() const { return many_.empty() ? count_ : many_.size(); }
    const int64_t* data() const { return many_.empty() ? few_.data() : many_.data(); }
    const int64_t* begin() const { return data(); }
    const int64_t* end() const { return data() + size(); }
    int64_t operator[](size_t i) const { return data()[i]; }
    int64_t& operator[](size_t i) { return many_.empty() ? few_[i] : many_[i]; }
    void push_back(int64_t dim) {
      if (many_.empty() && count_ < few_.size()) {
        few_[count_++] = dim;
        return;
      }
      if (many_.empty()) many_.assign(few_.begin(), few_.end());
      many_.push_back(dim);
    }
    friend bool operator==(const Dims& a, const Dims& b) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

   private:
    size_t count_ = 0;
    std::array<int64_t, 4> few_ = {};
    std::vector<int64_t> many_;  // all of them, if they are more
  };

  bool has_rank_ = true;
  Dims dims_;
};

}  // namespace sessile
