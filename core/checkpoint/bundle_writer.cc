#include "sessile/core/checkpoint/bundle_writer.h"

#include <filesystem>

#include "sessile/core/checkpoint/bundle_commit.h"
#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/string_lengths.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/crc32c.h"
#include "sessile/core/io/file.h"

namespace sessile {

absl::StatusOr<std::unique_ptr<BundleWriter>> BundleWriter::Create(const std::string& prefix) {
  const std::string folder = std::filesystem::path(prefix).parent_path().string();
  if (!folder.empty()) SESSILE_RETURN_IF_ERROR(MakeFolders(folder));
  SESSILE_ASSIGN_OR_RETURN(FileWriter data,
                           FileWriter::Create(TemporaryNameFor(DataFileOf(prefix, 0, 1))));
  return std::unique_ptr<BundleWriter>(new BundleWriter(prefix, std::move(data)));
}

BundleWriter::~BundleWriter() {
  if (!finished_) (void)RemoveFile(data_.path());
}

absl::Status BundleWriter::Append(std::string_view bytes, uint32_t* crc) {
  *crc = ExtendCrc32c(*crc, bytes);
  return data_.Append(bytes);
}

// bundle_reader.cc describes what this writes.
absl::Status BundleWriter::AppendStrings(const TensorView& tensor, uint32_t* crc) {
  const std::string* const strings = tensor.data<std::string>();
  std::string lengths;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    AppendVarint(strings[i].size(), &lengths);
    *crc = ExtendCrcOfLength(*crc, strings[i].size());
  }
  SESSILE_RETURN_IF_ERROR(data_.Append(lengths));
  std::string of_lengths;
  AppendFixed32(MaskCrc32c(*crc), &of_lengths);
  SESSILE_RETURN_IF_ERROR(Append(of_lengths, crc));
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    SESSILE_RETURN_IF_ERROR(Append(strings[i], crc));
  }
  return absl::OkStatus();
}

absl::Status BundleWriter::Add(const std::string& name, const TensorView& tensor) {
  const size_t element = DataTypeSize(tensor.dtype());
  if (element == 0 && tensor.dtype() != DataType::kString) {
    return InvalidArgument("Cannot save tensor '", name, "': values of type ",
                           DataTypeName(tensor.dtype()), " cannot be stored");
  }
  const auto [place, is_new] = entries_.try_emplace(name);
  if (!is_new) return InvalidArgument("Adding duplicate key: ", name);
  pb::BundleEntryProto& entry = place->second;
  entry.set_dtype(static_cast<pb::DataType>(tensor.dtype()));
  ShapeToProto(tensor.shape(), entry.mutable_shape());
  entry.set_offset(static_cast<int64_t>(data_.size()));
  uint32_t crc = 0;
  if (tensor.dtype() == DataType::kString) {
    SESSILE_RETURN_IF_ERROR(AppendStrings(tensor, &crc));
  } else {
    const size_t bytes = static_cast<size_t>(tensor.num_elements()) * element;
    SESSILE_RETURN_IF_ERROR(Append({static_cast<const char*>(tensor.raw()), bytes}, &crc));
  }
  entry.set_size(static_cast<int64_t>(data_.size()) - entry.offset());
  entry.set_crc32c(MaskCrc32c(crc));
  return absl::OkStatus();
}

absl::Status BundleWriter::AddPart(const std::string& name, const ShapeAndSlice& part,
                                   const TensorView& tensor) {
  if (part.slice.IsAllOf(part.full_shape)) return Add(name, tensor);
  pb::BundleEntryProto& whole = entries_[name];
  const auto dtype = static_cast<pb::DataType>(tensor.dtype());
  if (whole.has_shape()) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeFromProto(whole.shape()));
    if (whole.slices_size() == 0) return InvalidArgument("Adding duplicate key: ", name);
    if (whole.dtype() != dtype || shape != part.full_shape) {
      return InvalidArgument("The parts of tensor '", name, "' are of different tensors");
    }
  }
  whole.set_dtype(dtype);
  ShapeToProto(part.full_shape, whole.mutable_shape());
  part.slice.ToProto(whole.add_slices());
  return Add(part.slice.KeyOf(name), tensor);
}

absl::Status BundleWriter::Finish() {
  SESSILE_RETURN_IF_ERROR(data_.SyncAndClose());
  SESSILE_RETURN_IF_ERROR(CommitBundle(prefix_, {data_.path()}, entries_));
  finished_ = true;
  return absl::OkStatus();
}

}  // namespace sessile
