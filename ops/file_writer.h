// Event files: what TensorBoard reads.
//
//   tf::summary::FileWriter writer("/tmp/logs", tf::get_default_graph());
//   writer.add_summary(sess.run(merged, feeds), step);
//   writer.add_summary(tf::Summary{{{.tag = "epoch/loss", .simple_value = loss}}}, step);
//   writer.add_run_metadata(metadata, "step100", step);
//
// The file DIR/events.out.tfevents.SECONDS.HOST is made at once, the folder too. Records are handed
// to the operating system after `max_queue` of them or `flush_secs` seconds, by flush() and by
// close(). Thread-safe. Throws errors::OpError of the kind that fits, the path in the message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/core/session/run_metadata.h"

namespace sessile {

// Numbers with their tags, made by the program itself.
struct Summary {
  struct Value {
    std::string tag = {};
    double simple_value = 0;
  };
  std::vector<Value> value = {};

  // The bytes of TensorFlow's message.
  std::string SerializeToString() const;
};

namespace summary {

struct FileWriterOptions {
  std::optional<Graph> graph = {};  // is written first, as graph and as meta graph
  int64_t max_queue = 10;
  double flush_secs = 120;
  std::string filename_suffix = {};
};

class FileWriter {
 public:
  explicit FileWriter(std::string logdir, const FileWriterOptions& options = {});
  FileWriter(std::string logdir, const Graph& graph, const FileWriterOptions& options = {});
  // Closes the file; errors of that are lost.
  ~FileWriter();
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;

  // The value of a summary: bytes, or a tensor with one string. Metadata of a tag is written once.
  void add_summary(std::string_view summary, std::optional<int64_t> global_step = {});
  void add_summary(const Tensor& summary, std::optional<int64_t> global_step = {});
  void add_summary(const Summary& summary, std::optional<int64_t> global_step = {});
  // With the static shapes of all outputs, which TensorBoard writes beside the edges.
  void add_graph(const Graph& graph, std::optional<int64_t> global_step = {});
  void add_graph(const GraphDef& graph, std::optional<int64_t> global_step = {});
  void add_meta_graph(const MetaGraphDef& meta_graph, std::optional<int64_t> global_step = {});
  // One that was traced (core/session/run_metadata.h). A tag is used once.
  void add_run_metadata(const RunMetadata& metadata, std::string_view tag,
                        std::optional<int64_t> global_step = {});

  const std::string& get_logdir() const;
  void flush();
  // Writing after it opens another file, as reopen() does.
  void close();
  void reopen();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace summary
}  // namespace sessile
