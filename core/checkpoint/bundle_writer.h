// Writes version 2 checkpoints, the bytes that TensorFlow writes.
//
//   SESSILE_ASSIGN_OR_RETURN(const auto writer, BundleWriter::Create("/tmp/model.ckpt-400"));
//   SESSILE_RETURN_IF_ERROR(writer->Add("dense/kernel", ViewOf(kernel)));
//   SESSILE_RETURN_IF_ERROR(writer->Finish());
//
// Nothing is to be seen under the prefix before Finish, which makes the new checkpoint take the
// place of an old one of that prefix at once: killed at any moment, even without power, it leaves
// the old one or the new one whole (bundle_commit.h). A writer that is not finished removes what it
// wrote. Not thread-safe; of two writers of one prefix the last one wins.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/checkpoint/tensor_slice.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/io/file_access.h"
#include "sessile/proto/tensor_bundle.pb.h"

namespace sessile {

class BundleWriter {
 public:
  // Makes the folder of `prefix` if it is not there.
  static absl::StatusOr<std::unique_ptr<BundleWriter>> Create(const std::string& prefix);
  ~BundleWriter();
  BundleWriter(const BundleWriter&) = delete;
  BundleWriter& operator=(const BundleWriter&) = delete;

  // "Adding duplicate key: ..." if it was added before.
  absl::Status Add(const std::string& name, const TensorView& tensor);
  // Part of the tensor `name`; all parts may come from different checkpoints, to be merged.
  // REQUIRES: part.slice_shape is the tensor's shape.
  absl::Status AddPart(const std::string& name, const ShapeAndSlice& part,
                       const TensorView& tensor);
  // The checkpoint is there when it returns. Call once, after what was added went well.
  absl::Status Finish();

 private:
  BundleWriter(std::string prefix, FileWriter data)
      : prefix_(std::move(prefix)), data_(std::move(data)) {}
  absl::Status Append(std::string_view bytes, uint32_t* crc);
  absl::Status AppendStrings(const TensorView& tensor, uint32_t* crc);

  const std::string prefix_;
  FileWriter data_;
  std::map<std::string, pb::BundleEntryProto> entries_;
  bool finished_ = false;
};

// Makes one checkpoint of several: their data files get new names, and one index stands for all.
// The old indexes are removed. With `allow_missing`, a prefix without a checkpoint counts as empty.
absl::Status MergeBundles(const std::vector<std::string>& prefixes, const std::string& destination,
                          bool allow_missing);

// Of a tensor that outlives the view.
inline TensorView ViewOf(const Tensor& tensor) {
  return TensorView(tensor.dtype(), &tensor.shape(), const_cast<void*>(tensor.raw_data()));
}

}  // namespace sessile
