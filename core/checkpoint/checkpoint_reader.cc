#include "sessile/core/checkpoint/checkpoint_reader.h"

#include <glob.h>

#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/bundle_reader.h"
#include "sessile/core/checkpoint/v1_reader.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file_access.h"

namespace sessile {
namespace {

// Each part is compared with each other one.
constexpr size_t kMaxParts = 4096;

absl::Status WithTensorName(const absl::Status& status, std::string_view name,
                            const std::string& prefix) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat("Cannot read tensor '", std::string(name), "' of checkpoint '",
                                   prefix, "': ", status.message()));
}

// PREFIX.index is easily taken for the name of a checkpoint.
absl::Status CheckIsNoIndex(const std::string& path) {
  constexpr std::string_view kSuffix = ".index";
  if (!path.ends_with(kSuffix) || !FileExists(path)) return absl::OkStatus();
  return InvalidArgument("'", path, "' is one file of a checkpoint: expected the prefix of its ",
                         "files, '", path.substr(0, path.size() - kSuffix.size()), "'");
}

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointReader>> CheckpointReader::Open(
    const std::string& prefix) {
  if (FileExists(IndexFileOf(prefix))) return OpenBundle(prefix);
  SESSILE_RETURN_IF_ERROR(CheckIsNoIndex(prefix));
  return OpenV1Checkpoint(prefix);
}

absl::Status CheckpointReader::AddTensor(const std::string& name, DataType dtype,
                                         const Shape& shape, std::vector<TensorSlice> parts) {
  if (!shape.IsFullyDefined()) {
    return absl::DataLossError(absl::StrCat("Tensor '", name, "' of checkpoint '", prefix_,
                                            "' has the shape ", shape.ToString()));
  }
  if (parts.size() > kMaxParts) {
    return Unimplemented("Tensor '", name, "' of checkpoint '", prefix_, "' is in ", parts.size(),
                         " parts; at most ", kMaxParts, " are read");
  }
  for (const TensorSlice& part : parts) {
    const absl::Status status = part.ShapeIn(shape).status();
    if (!status.ok()) return WithTensorName(status, name, prefix_);
  }
  specs_[name] = {IsKnown(dtype) && !IsRef(dtype) ? dtype : DataType::kInvalid, shape};
  parts_[name] = std::move(parts);
  return absl::OkStatus();
}

absl::Status CheckpointReader::KeyNotFound(std::string_view name) const {
  return NotFound("Key ", std::string(name), " not found in checkpoint");
}

absl::StatusOr<StoredTensor> CheckpointReader::SpecOf(std::string_view name,
                                                      const ShapeAndSlice* part) const {
  const auto found = specs_.find(name);
  if (found == specs_.end()) return KeyNotFound(name);
  const StoredTensor& spec = found->second;
  if (spec.dtype == DataType::kInvalid || spec.dtype == DataType::kResource ||
      spec.dtype == DataType::kVariant) {
    return WithTensorName(Unimplemented("values of its type are not read"), name, prefix_);
  }
  if (part != nullptr && part->full_shape != spec.shape) {
    return InvalidArgument(
        "tensor_name = ", std::string(name), "; shape in shape_and_slice spec ",
        part->full_shape.ToString(),
        " does not match the shape stored in checkpoint: ", spec.shape.ToString());
  }
  const Box wanted =
      (part == nullptr ? TensorSlice::Full(spec.shape.rank()) : part->slice).BoxIn(spec.shape);
  SESSILE_ASSIGN_OR_RETURN(const auto pieces, PiecesOf(found->first, spec.shape, wanted));
  for (const Piece& piece : pieces) {
    const absl::Status status =
        CheckPart(found->first, parts_.find(name)->second[piece.index], piece.index);
    if (!status.ok()) return WithTensorName(status, name, prefix_);
  }
  return StoredTensor{spec.dtype, part == nullptr ? spec.shape : part->slice_shape};
}

absl::StatusOr<Tensor> CheckpointReader::Read(std::string_view name,
                                              const ShapeAndSlice* part) const {
  SESSILE_ASSIGN_OR_RETURN(const StoredTensor spec, SpecOf(name, part));
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(spec.dtype, spec.shape));
  SESSILE_RETURN_IF_ERROR(ReadInto(name, part, &tensor));
  return tensor;
}

absl::Status CheckpointReader::ReadInto(std::string_view name, const ShapeAndSlice* part,
                                        Tensor* to) const {
  const auto found = specs_.find(name);
  if (found == specs_.end()) return KeyNotFound(name);
  const StoredTensor& spec = found->second;
  const Box wanted =
      (part == nullptr ? TensorSlice::Full(spec.shape.rank()) : part->slice).BoxIn(spec.shape);
  return WithTensorName(ReadBox(found->first, spec, wanted, to), name, prefix_);
}

absl::StatusOr<std::vector<CheckpointReader::Piece>> CheckpointReader::PiecesOf(
    const std::string& name, const Shape& full, const Box& wanted) const {
  const std::vector<TensorSlice>& parts = parts_.find(name)->second;
  // Without elements no two boxes meet, and one that is all of the tensor is still to be read.
  if (parts.size() == 1 && parts[0].IsAllOf(full)) {
    return std::vector<Piece>{{0, parts[0].BoxIn(full), wanted}};
  }
  std::vector<Piece> pieces;
  int64_t covered = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    Box stored = parts[i].BoxIn(full);
    std::optional<Box> common = Intersection(stored, wanted);
    if (!common.has_value()) continue;
    for (const Piece& other : pieces) {
      if (Intersection(other.stored, stored).has_value()) {
        return absl::DataLossError(absl::StrCat("Tensor '", name, "' of checkpoint '", prefix_,
                                                "' is in parts that overlap"));
      }
    }
    covered += NumElements(*common);
    pieces.push_back({i, std::move(stored), *std::move(common)});
  }
  if (covered != NumElements(wanted)) {
    return absl::DataLossError(absl::StrCat("Tensor '", name, "' of checkpoint '", prefix_,
                                            "' is in parts of which some are missing"));
  }
  return pieces;
}

absl::Status CheckpointReader::ReadBox(const std::string& name, const StoredTensor& spec,
                                       const Box& wanted, Tensor* to) const {
  const std::vector<TensorSlice>& parts = parts_.find(name)->second;
  SESSILE_ASSIGN_OR_RETURN(const auto pieces, PiecesOf(name, spec.shape, wanted));
  for (const Piece& piece : pieces) {
    const TensorSlice& part = parts[piece.index];
    if (piece.stored == wanted) {
      SESSILE_RETURN_IF_ERROR(ReadPart(name, part, piece.index, to));
      continue;
    }
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, part.ShapeIn(spec.shape));
    SESSILE_ASSIGN_OR_RETURN(Tensor stored, Tensor::Allocate(spec.dtype, shape));
    SESSILE_RETURN_IF_ERROR(ReadPart(name, part, piece.index, &stored));
    CopyBox(piece.common, stored, piece.stored, to, wanted);
  }
  return absl::OkStatus();
}

bool CheckpointExists(const std::string& prefix) {
  return FileExists(IndexFileOf(prefix)) || !MatchingFiles(prefix).empty();
}

std::vector<std::string> MatchingFiles(const std::string& pattern) {
  if (FileExists(pattern)) return {pattern};
  glob_t found = {};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace sessile
