#include "sessile/core/checkpoint/tensor_slice.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/status.h"
#include "sessile/proto/tensor_slice.pb.h"

namespace sessile {
namespace {

absl::Status WrongSlice(std::string_view text, const std::string& what) {
  return InvalidArgument(what, ": string = ", absl::string_view(text.data(), text.size()));
}

absl::string_view AsAbsl(std::string_view text) { return {text.data(), text.size()}; }

absl::Status CheckExtent(const TensorSlice::Extent& extent, std::string_view text) {
  if (extent.start >= 0 && extent.length > 0) return absl::OkStatus();
  return WrongSlice(text, absl::StrCat("Expected non-negative start and positive length but got "
                                       "start = ",
                                       extent.start, ", length = ", extent.length));
}

// Innermost rows are copied as a whole.
class BoxCopier {
 public:
  BoxCopier(const Box& part, const Tensor& from, const Box& from_box, Tensor* to, const Box& to_box)
      : part_(part), from_(from), from_box_(from_box), to_(to), to_box_(to_box) {}

  void Copy(size_t dim, int64_t from_at, int64_t to_at) const {
    if (dim == part_.size()) return CopyElements(from_at, to_at, 1);
    from_at = from_at * from_box_[dim].length + part_[dim].start - from_box_[dim].start;
    to_at = to_at * to_box_[dim].length + part_[dim].start - to_box_[dim].start;
    if (dim + 1 == part_.size()) return CopyElements(from_at, to_at, part_[dim].length);
    for (int64_t i = 0; i < part_[dim].length; ++i) Copy(dim + 1, from_at + i, to_at + i);
  }

 private:
  void CopyElements(int64_t from_at, int64_t to_at, int64_t count) const {
    if (from_.dtype() == DataType::kString) {
      std::copy_n(from_.data<std::string>() + from_at, count,
                  to_->mutable_data<std::string>() + to_at);
      return;
    }
    const size_t size = DataTypeSize(from_.dtype());
    std::memcpy(static_cast<char*>(to_->mutable_raw_data()) + static_cast<size_t>(to_at) * size,
                static_cast<const char*>(from_.raw_data()) + static_cast<size_t>(from_at) * size,
                static_cast<size_t>(count) * size);
  }

  const Box& part_;
  const Tensor& from_;
  const Box& from_box_;
  Tensor* const to_;
  const Box& to_box_;
};

}  // namespace

TensorSlice TensorSlice::Full(int rank) {
  TensorSlice slice;
  slice.extents_.resize(static_cast<size_t>(rank));
  return slice;
}

absl::StatusOr<TensorSlice> TensorSlice::Parse(std::string_view text) {
  TensorSlice slice;
  for (const absl::string_view range : absl::StrSplit(AsAbsl(text), ':', absl::SkipEmpty())) {
    Extent extent;
    if (range != "-") {
      const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(range, ',');
      if (!absl::SimpleAtoi(parts.first, &extent.start) ||
          !absl::SimpleAtoi(parts.second, &extent.length)) {
        return WrongSlice(text,
                          absl::StrCat("Expected a pair of numbers or '-' but got '", range, "'"));
      }
      SESSILE_RETURN_IF_ERROR(CheckExtent(extent, text));
    }
    slice.extents_.push_back(extent);
  }
  return slice;
}

absl::StatusOr<TensorSlice> TensorSlice::FromProto(const pb::TensorSliceProto& proto) {
  if (proto.extent_size() > Shape::kMaxRank) {
    return InvalidArgument("A slice has ", proto.extent_size(), " dimensions; at most ",
                           Shape::kMaxRank, " are supported");
  }
  TensorSlice slice;
  for (const auto& extent : proto.extent()) {
    Extent ours;
    if (extent.has_length_case() == pb::TensorSliceProto::Extent::kLength) {
      ours = {extent.start(), extent.length()};
      SESSILE_RETURN_IF_ERROR(CheckExtent(ours, "of a checkpoint"));
    } else if (extent.start() != 0) {
      return InvalidArgument("A slice begins at ", extent.start(), " and has no length");
    }
    slice.extents_.push_back(ours);
  }
  return slice;
}

void TensorSlice::ToProto(pb::TensorSliceProto* proto) const {
  proto->Clear();
  for (const Extent& extent : extents_) {
    auto* const to = proto->add_extent();
    if (extent.length == kAll) continue;
    to->set_start(extent.start);
    to->set_length(extent.length);
  }
}

absl::StatusOr<Shape> TensorSlice::ShapeIn(const Shape& full) const {
  if (static_cast<size_t>(full.rank()) != extents_.size()) {
    return InvalidArgument("Mismatching ranks: shape = ", full.ToString(),
                           ", slice = ", ToString());
  }
  std::vector<int64_t> dims;
  for (size_t i = 0; i < extents_.size(); ++i) {
    const int64_t size = full.dim(static_cast<int>(i));
    const Extent& extent = extents_[i];
    if (extent.length != kAll && (extent.start > size || extent.length > size - extent.start)) {
      return InvalidArgument("Extent in dimension ", i, " out of bounds: shape = ", full.ToString(),
                             ", slice = ", ToString());
    }
    dims.push_back(extent.length == kAll ? size : extent.length);
  }
  return Shape::FromDims(dims);
}

Box TensorSlice::BoxIn(const Shape& full) const {
  Box box = extents_;
  for (size_t i = 0; i < box.size(); ++i) {
    if (box[i].length == kAll) box[i] = {0, full.dim(static_cast<int>(i))};
  }
  return box;
}

bool TensorSlice::IsAllOf(const Shape& full) const {
  return BoxIn(full) == Full(full.rank()).BoxIn(full);
}

std::string TensorSlice::ToString() const {
  return absl::StrJoin(extents_, ":", [](std::string* out, const Extent& extent) {
    if (extent.length == kAll) {
      *out += '-';
    } else {
      absl::StrAppend(out, extent.start, ",", extent.length);
    }
  });
}

absl::StatusOr<ShapeAndSlice> ParseShapeAndSlice(std::string_view text) {
  std::vector<absl::string_view> words = absl::StrSplit(AsAbsl(text), ' ', absl::SkipEmpty());
  if (words.size() < 2) {
    return InvalidArgument("Need least two elements in shape_and_slice specification: ",
                           AsAbsl(text));
  }
  const std::string_view slice(words.back().data(), words.back().size());
  words.pop_back();
  std::vector<int64_t> dims;
  for (const absl::string_view word : words) {
    int64_t dim = 0;
    if (!absl::SimpleAtoi(word, &dim) || dim < 0) {
      return InvalidArgument("Non numerical dimension in shape_and_slice specification: ",
                             AsAbsl(text));
    }
    dims.push_back(dim);
  }
  ShapeAndSlice result;
  SESSILE_ASSIGN_OR_RETURN(result.full_shape, Shape::FromDims(dims));
  SESSILE_ASSIGN_OR_RETURN(result.slice, TensorSlice::Parse(slice));
  SESSILE_ASSIGN_OR_RETURN(result.slice_shape, result.slice.ShapeIn(result.full_shape));
  return result;
}

std::optional<Box> Intersection(const Box& a, const Box& b) {
  Box both;
  for (size_t i = 0; i < a.size(); ++i) {
    const int64_t start = std::max(a[i].start, b[i].start);
    const int64_t end = std::min(a[i].start + a[i].length, b[i].start + b[i].length);
    if (start >= end) return std::nullopt;
    both.push_back({start, end - start});
  }
  return both;
}

int64_t NumElements(const Box& box) {
  int64_t count = 1;
  for (const TensorSlice::Extent& extent : box) count *= extent.length;
  return count;
}

void CopyBox(const Box& part, const Tensor& from, const Box& from_box, Tensor* to,
             const Box& to_box) {
  BoxCopier(part, from, from_box, to, to_box).Copy(0, 0, 0);
}

}  // namespace sessile
