// A file is a table. Under the empty key it has what tensors there are, with their types, shapes
// and parts; each part is the message of a tensor, under the part's key.

#include "sessile/core/checkpoint/v1_reader.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "sessile/core/checkpoint/table.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/proto/saved_tensor_slice.pb.h"

namespace sessile {
namespace {

// An element takes a byte at least, and a block compressed by snappy is at most 22 times as long.
constexpr uint64_t kMostElementsAByte = 22;

class V1Reader final : public CheckpointReader {
 public:
  explicit V1Reader(const std::string& pattern) : CheckpointReader(pattern) {}

  absl::Status OpenFiles() {
    const std::vector<std::string> paths = MatchingFiles(prefix());
    if (paths.empty()) {
      return NotFound("Unsuccessful TensorSliceReader constructor: Failed to find any matching ",
                      "files for ", prefix());
    }
    std::map<std::string, Declared> declared;
    for (const std::string& path : paths) {
      SESSILE_ASSIGN_OR_RETURN(TableReader table, TableReader::Open(path));
      SESSILE_RETURN_IF_ERROR(ReadMeta(table, files_.size(), &declared));
      files_.push_back(std::move(table));
    }
    for (auto& [name, tensor] : declared) {
      SESSILE_RETURN_IF_ERROR(AddTensor(name, tensor.dtype, tensor.shape, std::move(tensor.parts)));
      file_of_[name] = std::move(tensor.files);
    }
    return absl::OkStatus();
  }

 private:
  struct Declared {
    DataType dtype = DataType::kInvalid;
    Shape shape;
    std::vector<TensorSlice> parts;
    std::vector<size_t> files;  // of each part
  };

  absl::Status ReadMeta(const TableReader& table, size_t file,
                        std::map<std::string, Declared>* declared) const {
    SESSILE_ASSIGN_OR_RETURN(const auto bytes, table.Get(""));
    if (!bytes.has_value()) {
      return absl::DataLossError(
          absl::StrCat("'", table.path(), "' does not say what tensors it holds"));
    }
    pb::SavedTensorSlices saved;
    SESSILE_RETURN_IF_ERROR(ParseProto(*bytes, &saved, absl::StrCat("'", table.path(), "'")));
    for (const pb::SavedSliceMeta& meta : saved.meta().tensor()) {
      const absl::Status status = Declare(meta, file, &(*declared)[meta.name()]);
      if (!status.ok()) {
        return absl::Status(
            status.code(), absl::StrCat("Cannot read tensor '", meta.name(), "' of '", table.path(),
                                        "': ", status.message()));
      }
    }
    return absl::OkStatus();
  }

  static absl::Status Declare(const pb::SavedSliceMeta& meta, size_t file, Declared* tensor) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeFromProto(meta.shape()));
    if (!shape.has_rank()) return absl::DataLossError("its shape is unknown");
    const auto dtype = static_cast<DataType>(meta.type());
    if (!tensor->parts.empty() && (tensor->dtype != dtype || tensor->shape != shape)) {
      return absl::DataLossError("its parts are of different tensors");
    }
    tensor->dtype = dtype;
    tensor->shape = shape;
    for (const pb::TensorSliceProto& part : meta.slice()) {
      SESSILE_ASSIGN_OR_RETURN(TensorSlice slice, TensorSlice::FromProto(part));
      tensor->parts.push_back(std::move(slice));
      tensor->files.push_back(file);
    }
    return absl::OkStatus();
  }

  const TableReader& FileOf(const std::string& name, size_t i) const {
    return files_[file_of_.find(name)->second[i]];
  }

  absl::Status CheckPart(const std::string& name, const TensorSlice& part,
                         size_t i) const override {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, part.ShapeIn(tensors().find(name)->second.shape));
    const TableReader& file = FileOf(name, i);
    if (static_cast<uint64_t>(shape.num_elements()) / kMostElementsAByte <= file.size()) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat("'", file.path(), "' has only ", file.size(),
                                            " bytes, too few for the shape ", shape.ToString()));
  }

  absl::Status ReadPart(const std::string& name, const TensorSlice& part, size_t i,
                        Tensor* to) const override {
    const TableReader& file = FileOf(name, i);
    SESSILE_ASSIGN_OR_RETURN(const auto bytes, file.Get(part.KeyOf(name)));
    if (!bytes.has_value()) {
      return absl::DataLossError(
          absl::StrCat("its part ", part.ToString(), " is missing in '", file.path(), "'"));
    }
    pb::SavedTensorSlices saved;
    SESSILE_RETURN_IF_ERROR(ParseProto(*bytes, &saved, absl::StrCat("'", file.path(), "'")));
    pb::TensorProto& proto = *saved.mutable_data()->mutable_data();
    proto.set_dtype(static_cast<pb::DataType>(to->dtype()));
    ShapeToProto(to->shape(), proto.mutable_tensor_shape());
    ExpansionBudget none{0};  // all elements are written out
    const absl::StatusOr<Tensor> values = TensorFromProto(proto, &none);
    if (!values.ok()) {
      return absl::DataLossError(absl::StrCat("its values in '", file.path(),
                                              "' are damaged: ", values.status().message()));
    }
    if (to->dtype() == DataType::kString) {
      std::copy_n(values->data<std::string>(), to->num_elements(), to->mutable_data<std::string>());
    } else if (to->num_bytes() > 0) {
      std::memcpy(to->mutable_raw_data(), values->raw_data(), to->num_bytes());
    }
    return absl::OkStatus();
  }

  absl::Status KeyNotFound(std::string_view name) const override {
    return NotFound("Tensor name \"", std::string(name), "\" not found in checkpoint files ",
                    prefix());
  }

  std::vector<TableReader> files_;
  std::map<std::string, std::vector<size_t>, std::less<>> file_of_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenV1Checkpoint(const std::string& pattern) {
  auto reader = std::make_unique<V1Reader>(pattern);
  SESSILE_RETURN_IF_ERROR(reader->OpenFiles());
  return reader;
}

}  // namespace sessile
