#include "sessile/core/session/run_metadata.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace sessile {
namespace {

// As a JSON string.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppend(&quoted, absl::StrFormat("\\u%04x", static_cast<unsigned char>(c)));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// The format counts in microseconds.
std::string Micros(int64_t nanos) { return absl::StrFormat("%d.%03d", nanos / 1000, nanos % 1000); }

}  // namespace

std::string RunMetadata::generate_chrome_trace_format() const {
  std::string json =
      "{\"traceEvents\": [\n"
      "{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": 0, \"args\": {\"name\": \"Sessile\"}}";
  for (const NodeStats& node : step_stats) {
    absl::StrAppend(
        &json,
        ",\n{\"ph\": \"X\", \"cat\": \"Op\", \"pid\": 0, \"tid\": 0, \"name\": ", Quoted(node.op),
        ", \"ts\": ", Micros(node.all_start_nanos), ", \"dur\": ", Micros(node.all_end_rel_nanos),
        ", \"args\": {\"name\": ", Quoted(node.node_name), ", \"op\": ", Quoted(node.op), "}}");
  }
  return json + "\n]}\n";
}

RunTrace::Scope::Scope(RunTrace* trace, const std::string& node, const std::string& op)
    : trace_(trace), node_(node), op_(op) {
  if (trace_ != nullptr) start_ = trace_->Now();
}

RunTrace::Scope::~Scope() {
  if (trace_ == nullptr) return;
  trace_->metadata_.step_stats.push_back({.node_name = node_,
                                          .op = op_,
                                          .all_start_nanos = start_,
                                          .all_end_rel_nanos = trace_->Now() - start_});
}

}  // namespace sessile
