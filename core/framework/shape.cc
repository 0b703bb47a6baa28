#include "sessile/core/framework/shape.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

std::string JoinDims(std::span<const int64_t> dims, absl::string_view separator) {
  return absl::StrJoin(dims, separator, [](std::string* out, int64_t dim) {
    dim < 0 ? absl::StrAppend(out, "?") : absl::StrAppend(out, dim);
  });
}

}  // namespace

int64_t Dim::Checked(int64_t value, bool in_range) {
  if (!in_range) errors::ThrowIfError(InvalidArgument("Dimension is larger than 2^63 - 1"));
  if (value < -1) errors::ThrowIfError(InvalidArgument("Dimension ", value, " must be >= 0"));
  return value;
}

Dim::operator int64_t() const {
  if (!known()) {
    errors::ThrowIfError(
        InvalidArgument("An unknown dimension (None) was used as a number; compute with "
                        "tf::shape(tensor) where the size is known only when the graph runs"));
  }
  return value_;
}

Shape::Shape(std::initializer_list<Dim> dims) : Shape(std::vector<Dim>(dims)) {}

Shape::Shape(const std::vector<Dim>& dims) {
  for (const Dim& dim : dims) dims_.push_back(dim.value_or_unknown());
}

Shape Shape::Unknown() {
  Shape shape;
  shape.has_rank_ = false;
  return shape;
}

Shape Shape::UnknownOfRank(int rank) {
  Shape shape;
  for (int i = 0; i < rank; ++i) shape.dims_.push_back(kUnknownDim);
  return shape;
}

absl::StatusOr<Shape> Shape::FromDims(std::span<const int64_t> dims) {
  if (dims.size() > kMaxRank) {
    return InvalidArgument("Shape has ", dims.size(), " dimensions; at most ", kMaxRank,
                           " are supported");
  }
  Shape shape;
  int64_t elements = 1;
  for (int64_t dim : dims) {
    if (dim < kUnknownDim) {
      return InvalidArgument("Shape [", absl::StrJoin(dims, ","),
                             "] has dimensions with values below -1 (where -1 means unknown)");
    }
    if (dim > 0 && __builtin_mul_overflow(elements, dim, &elements)) {
      return InvalidArgument("Shape [", absl::StrJoin(dims, ","),
                             "] is too large (more than 2**63 - 1 entries)");
    }
    shape.dims_.push_back(dim);
  }
  return shape;
}

bool Shape::IsFullyDefined() const {
  return has_rank_ && std::all_of(dims_.begin(), dims_.end(), [](int64_t d) { return d >= 0; });
}

int64_t Shape::num_elements() const {
  if (!IsFullyDefined()) return -1;
  if (std::find(dims_.begin(), dims_.end(), 0) != dims_.end()) return 0;
  int64_t elements = 1;
  for (int64_t dim : dims_) {
    if (__builtin_mul_overflow(elements, dim, &elements)) {
      return std::numeric_limits<int64_t>::max();
    }
  }
  return elements;
}

Shape Shape::WithDim(int i, int64_t size) const {
  Shape shape = *this;
  shape.dims_[static_cast<size_t>(i)] = size;
  return shape;
}

Shape Shape::Append(int64_t size) const {
  Shape shape = *this;
  shape.dims_.push_back(size);
  return shape;
}

Shape Shape::Slice(int begin, int end) const {
  const int n = rank();
  const auto clamp = [n](int i) { return std::clamp(i < 0 ? n + i : i, 0, n); };
  Shape shape;
  for (int i = clamp(begin); i < clamp(end); ++i) shape.dims_.push_back(dim(i));
  return shape;
}

Shape Shape::Concat(const Shape& a, const Shape& b) {
  if (!a.has_rank_ || !b.has_rank_) return Unknown();
  Shape shape = a;
  for (const int64_t dim : b.dims_) shape.dims_.push_back(dim);
  return shape;
}

absl::StatusOr<int64_t> Shape::MergeDim(int64_t a, int64_t b) {
  if (a == kUnknownDim) return b;
  if (b == kUnknownDim || a == b) return a;
  return InvalidArgument("Dimensions must be equal, but are ", a, " and ", b);
}

absl::StatusOr<Shape> Shape::Merge(const Shape& a, const Shape& b) {
  if (!a.has_rank_) return b;
  if (!b.has_rank_) return a;
  if (a.rank() != b.rank()) {
    return InvalidArgument("Shapes must be equal rank, but are ", a.rank(), " and ", b.rank());
  }
  Shape merged = a;
  for (int i = 0; i < a.rank(); ++i) {
    const absl::StatusOr<int64_t> dim = MergeDim(a.dim(i), b.dim(i));
    if (!dim.ok()) {
      return InvalidArgument("Dimension ", i, " in both shapes must be equal, but are ", a.dim(i),
                             " and ", b.dim(i), ". Shapes are ", a.ToString(), " and ",
                             b.ToString(), ".");
    }
    merged.dims_[static_cast<size_t>(i)] = *dim;
  }
  return merged;
}

bool Shape::Compatible(const Shape& a, const Shape& b) { return Merge(a, b).ok(); }

std::vector<Dim> Shape::as_list() const {
  if (!has_rank_) {
    errors::ThrowIfError(InvalidArgument("as_list() is not defined on an unknown TensorShape."));
  }
  return std::vector<Dim>(dims_.begin(), dims_.end());
}

std::string Shape::ToString() const {
  return has_rank_ ? absl::StrCat("[", JoinDims(dims_, ","), "]") : "<unknown>";
}

std::string Shape::ToPythonString() const {
  if (!has_rank_) return "<unknown>";
  return absl::StrCat("(", JoinDims(dims_, ", "), rank() == 1 ? ",)" : ")");
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.ToString(); }

}  // namespace sessile
