#include "sessile/core/checkpoint/checkpoint_state.h"

#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/file_access.h"
#include "sessile/proto/checkpoint_state.pb.h"

namespace sessile {
namespace {

constexpr uint64_t kMaxStateBytes = uint64_t{1} << 26;

// Says nothing on stderr.
class SilentErrors final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

}  // namespace

absl::StatusOr<CheckpointState> ReadCheckpointState(const std::string& path) {
  SESSILE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxStateBytes));
  pb::CheckpointState proto;
  google::protobuf::TextFormat::Parser parser;
  SilentErrors silent;
  parser.RecordErrorsTo(&silent);
  if (!parser.ParseFromString(text, &proto)) {
    return absl::DataLossError(absl::StrCat("Cannot read '", path, "' as a CheckpointState"));
  }
  CheckpointState state;
  state.model_checkpoint_path = proto.model_checkpoint_path();
  state.all_model_checkpoint_paths.assign(proto.all_model_checkpoint_paths().begin(),
                                          proto.all_model_checkpoint_paths().end());
  state.all_model_checkpoint_timestamps.assign(proto.all_model_checkpoint_timestamps().begin(),
                                               proto.all_model_checkpoint_timestamps().end());
  state.last_preserved_timestamp = proto.last_preserved_timestamp();
  return state;
}

absl::Status WriteCheckpointState(const std::string& path, const CheckpointState& state) {
  pb::CheckpointState proto;
  proto.set_model_checkpoint_path(state.model_checkpoint_path);
  for (const std::string& each : state.all_model_checkpoint_paths) {
    proto.add_all_model_checkpoint_paths(each);
  }
  for (const double each : state.all_model_checkpoint_timestamps) {
    proto.add_all_model_checkpoint_timestamps(each);
  }
  proto.set_last_preserved_timestamp(state.last_preserved_timestamp);
  std::string text;
  if (!google::protobuf::TextFormat::PrintToString(proto, &text)) {
    return Internal("Cannot write the CheckpointState '", path, "'");
  }
  return ReplaceFile(path, text);
}

}  // namespace sessile
