#include "sessile/ops/file_writer.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/core/io/record_writer.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/proto/config.pb.h"
#include "sessile/proto/event.pb.h"
#include "sessile/proto/summary.pb.h"

namespace sessile {
namespace {

double SecondsSince1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string HostName() {
  std::array<char, 256> name = {};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

// What TensorBoard's graph page shows of a run. Times are kept relative; the run ends now.
pb::RunMetadata RunMetadataMessage(const RunMetadata& metadata) {
  pb::RunMetadata message;
  pb::DeviceStepStats* const device = message.mutable_step_stats()->add_dev_stats();
  device->set_device("/job:localhost/replica:0/task:0/device:CPU:0");
  int64_t length = 0;
  for (const RunMetadata::NodeStats& stats : metadata.step_stats) {
    length = std::max(length, stats.all_start_nanos + stats.all_end_rel_nanos);
  }
  const auto begin = static_cast<int64_t>(SecondsSince1970() * 1e9) - length;
  for (const RunMetadata::NodeStats& stats : metadata.step_stats) {
    pb::NodeExecStats* const node = device->add_node_stats();
    node->set_node_name(stats.node_name);
    node->set_timeline_label(absl::StrCat(stats.node_name, " = ", stats.op, "(",
                                          absl::StrJoin(stats.inputs, ", "), ")"));
    const int64_t start = begin + stats.all_start_nanos;
    node->set_all_start_micros(start / 1000);
    node->set_all_start_nanos(start);
    // Rounded up: a node without time and output counts as unused.
    const int64_t micros = (stats.all_end_rel_nanos + 999) / 1000;
    node->set_op_end_rel_micros(micros);
    node->set_op_end_rel_nanos(stats.all_end_rel_nanos);
    node->set_all_end_rel_micros(micros);
    node->set_all_end_rel_nanos(stats.all_end_rel_nanos);
    for (const RunMetadata::OutputStats& output : stats.outputs) {
      pb::NodeOutput* const added = node->add_output();
      added->set_slot(output.slot);
      pb::TensorDescription* const tensor = added->mutable_tensor_description();
      tensor->set_dtype(static_cast<pb::DataType>(output.dtype));
      ShapeToProto(output.shape, tensor->mutable_shape());
    }
  }
  return message;
}

summary::FileWriterOptions WithGraph(summary::FileWriterOptions options, const Graph& graph) {
  options.graph = graph;
  return options;
}

}  // namespace

std::string Summary::SerializeToString() const {
  pb::Summary message;
  for (const Value& each : value) {
    pb::Summary::Value* const added = message.add_value();
    added->set_tag(each.tag);
    added->set_simple_value(static_cast<float>(each.simple_value));
  }
  return errors::ValueOrThrow(SerializeDeterministic(message));
}

namespace summary {

class FileWriter::Impl {
 public:
  Impl(std::string logdir, FileWriterOptions options)
      : logdir_(std::move(logdir)), options_(std::move(options)) {
    errors::ThrowIfError(Open());
  }

  absl::Status Add(pb::Event event, std::optional<int64_t> step) {
    event.set_wall_time(SecondsSince1970());
    if (step.has_value()) event.set_step(*step);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (records_ == nullptr) SESSILE_RETURN_IF_ERROR(Open());
    return Write(event);
  }

  // Metadata of a tag that was there is left out.
  absl::Status AddSummary(std::string_view bytes, std::optional<int64_t> step) {
    pb::Event event;
    pb::Summary* const message = event.mutable_summary();
    SESSILE_RETURN_IF_ERROR(
        ParseProto({bytes.data(), bytes.size()}, message, "the value of a summary"));
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (pb::Summary::Value& value : *message->mutable_value()) {
        if (value.has_metadata() && !seen_tags_.insert(value.tag()).second) value.clear_metadata();
      }
    }
    return Add(std::move(event), step);
  }

  absl::Status AddGraph(const GraphDef& graph, std::optional<int64_t> step) {
    SESSILE_ASSIGN_OR_RETURN(std::string bytes, graph.SerializeToString());
    pb::Event event;
    event.set_graph_def(std::move(bytes));
    return Add(std::move(event), step);
  }

  absl::Status AddMetaGraph(const MetaGraphDef& meta_graph, std::optional<int64_t> step) {
    SESSILE_ASSIGN_OR_RETURN(std::string bytes, meta_graph.SerializeToString());
    pb::Event event;
    event.set_meta_graph_def(std::move(bytes));
    return Add(std::move(event), step);
  }

  absl::Status AddRunMetadata(const RunMetadata& metadata, std::string_view tag,
                              std::optional<int64_t> step) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!run_tags_.insert(std::string(tag)).second) {
        return InvalidArgument("The provided tag was already used for this event type: ",
                               std::string(tag));
      }
    }
    pb::Event event;
    SESSILE_ASSIGN_OR_RETURN(std::string bytes,
                             SerializeDeterministic(RunMetadataMessage(metadata)));
    event.mutable_tagged_run_metadata()->set_tag(std::string(tag));
    event.mutable_tagged_run_metadata()->set_run_metadata(std::move(bytes));
    return Add(std::move(event), step);
  }

  const std::string& logdir() const { return logdir_; }

  absl::Status Flush() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return records_ == nullptr ? absl::OkStatus() : FlushNow();
  }

  absl::Status Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (records_ == nullptr) return absl::OkStatus();
    const absl::Status status = records_->Close();
    records_ = nullptr;
    return status;
  }

  absl::Status Reopen() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return records_ != nullptr ? absl::OkStatus() : Open();
  }

 private:
  using Clock = std::chrono::steady_clock;

  // A file that is opened again in the same second goes on.
  absl::Status Open() {
    SESSILE_RETURN_IF_ERROR(MakeFolders(logdir_));
    std::array<char, 32> seconds;
    std::snprintf(seconds.data(), seconds.size(), "%010lld",
                  static_cast<long long>(SecondsSince1970()));
    const std::string path = absl::StrCat(logdir_, "/events.out.tfevents.", seconds.data(), ".",
                                          HostName(), options_.filename_suffix);
    SESSILE_ASSIGN_OR_RETURN(records_, RecordWriter::Open(path, /*append=*/true));
    pb::Event version;
    version.set_wall_time(SecondsSince1970());
    version.set_file_version("brain.Event:2");
    version.mutable_source_metadata()->set_writer("tensorflow.core.util.events_writer");
    SESSILE_RETURN_IF_ERROR(Write(version));
    return FlushNow();
  }

  absl::Status Write(const pb::Event& event) {
    SESSILE_ASSIGN_OR_RETURN(const std::string bytes, SerializeDeterministic(event));
    SESSILE_RETURN_IF_ERROR(records_->Write(bytes));
    const std::chrono::duration<double> waited = Clock::now() - flushed_at_;
    if (++queued_ < options_.max_queue && waited.count() < options_.flush_secs) {
      return absl::OkStatus();
    }
    return FlushNow();
  }

  absl::Status FlushNow() {
    queued_ = 0;
    flushed_at_ = Clock::now();
    return records_->Flush();
  }

  const std::string logdir_;
  const FileWriterOptions options_;
  std::mutex mutex_;  // for all below
  std::unique_ptr<RecordWriter> records_;
  std::set<std::string> seen_tags_;
  std::set<std::string> run_tags_;
  int64_t queued_ = 0;
  Clock::time_point flushed_at_ = Clock::now();
};

FileWriter::FileWriter(std::string logdir, const FileWriterOptions& options)
    : impl_(std::make_unique<Impl>(std::move(logdir), options)) {
  if (!options.graph.has_value()) return;
  const MetaGraphDef meta_graph = train::export_meta_graph({.graph = options.graph});
  add_graph(meta_graph.graph_def());
  add_meta_graph(meta_graph);
}

FileWriter::FileWriter(std::string logdir, const Graph& graph, const FileWriterOptions& options)
    : FileWriter(std::move(logdir), WithGraph(options, graph)) {}

FileWriter::~FileWriter() {
  if (impl_ != nullptr) impl_->Close().IgnoreError();
}

FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;

void FileWriter::add_summary(std::string_view summary, std::optional<int64_t> global_step) {
  errors::ThrowIfError(impl_->AddSummary(summary, global_step));
}

void FileWriter::add_summary(const Tensor& summary, std::optional<int64_t> global_step) {
  add_summary(std::string_view(summary.scalar<std::string>()), global_step);
}

void FileWriter::add_summary(const Summary& summary, std::optional<int64_t> global_step) {
  add_summary(std::string_view(summary.SerializeToString()), global_step);
}

void FileWriter::add_graph(const Graph& graph, std::optional<int64_t> global_step) {
  add_graph(graph.as_graph_def(/*add_shapes=*/true), global_step);
}

void FileWriter::add_graph(const GraphDef& graph, std::optional<int64_t> global_step) {
  errors::ThrowIfError(impl_->AddGraph(graph, global_step));
}

void FileWriter::add_meta_graph(const MetaGraphDef& meta_graph,
                                std::optional<int64_t> global_step) {
  errors::ThrowIfError(impl_->AddMetaGraph(meta_graph, global_step));
}

void FileWriter::add_run_metadata(const RunMetadata& metadata, std::string_view tag,
                                  std::optional<int64_t> global_step) {
  errors::ThrowIfError(impl_->AddRunMetadata(metadata, tag, global_step));
}

const std::string& FileWriter::get_logdir() const { return impl_->logdir(); }

void FileWriter::flush() { errors::ThrowIfError(impl_->Flush()); }

void FileWriter::close() { errors::ThrowIfError(impl_->Close()); }

void FileWriter::reopen() { errors::ThrowIfError(impl_->Reopen()); }

}  // namespace summary
}  // namespace sessile
