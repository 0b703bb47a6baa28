#include "sessile/core/session/run_metadata.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sessile/core/graph/graph_impl.h"

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

std::vector<std::string> InputNames(const GraphImpl& graph, const Node& node) {
  std::vector<std::string> names;
  for (const Endpoint& input : node.inputs()) {
    const std::string& name = graph.node(input.node).name();
    names.push_back(input.index == 0 ? name : absl::StrCat(name, ":", input.index));
  }
  for (const int control : node.control_inputs()) {
    names.push_back(absl::StrCat("^", graph.node(control).name()));
  }
  return names;
}

}  // namespace

std::string RunMetadata::generate_chrome_trace_format() const {
  std::string json =
      "{\"traceEvents\": [\n"
      "{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": 0, \"args\": {\"name\": \"Sessile\"}}";
  for (const NodeStats& node : step_stats) {
    if (!node.has_kernel) continue;
    absl::StrAppend(
        &json,
        ",\n{\"ph\": \"X\", \"cat\": \"Op\", \"pid\": 0, \"tid\": 0, \"name\": ", Quoted(node.op),
        ", \"ts\": ", Micros(node.all_start_nanos), ", \"dur\": ", Micros(node.all_end_rel_nanos),
        ", \"args\": {\"name\": ", Quoted(node.node_name), ", \"op\": ", Quoted(node.op));
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      absl::StrAppend(&json, ", \"input", i, "\": ", Quoted(node.inputs[i]));
    }
    absl::StrAppend(&json, "}}");
  }
  return json + "\n]}\n";
}

void RunTrace::Add(const GraphImpl& graph, const Node& node, Outputs outputs) {
  AddFed(node, std::move(outputs));
  metadata_.step_stats.back().inputs = InputNames(graph, node);
}

void RunTrace::AddFed(const Node& node, Outputs outputs) {
  metadata_.step_stats.push_back({.node_name = node.name(),
                                  .op = node.op_type(),
                                  .all_start_nanos = Now(),
                                  .outputs = std::move(outputs),
                                  .has_kernel = false});
}

RunTrace::Scope::Scope(RunTrace* trace, const GraphImpl& graph, const Node& node,
                       const std::string& op)
    : trace_(trace), graph_(graph), node_(node), op_(op) {
  if (trace_ != nullptr) start_ = trace_->Now();
}

void RunTrace::Scope::Stop() {
  if (trace_ != nullptr) end_ = trace_->Now();
}

RunTrace::Scope::~Scope() {
  if (trace_ == nullptr) return;
  if (end_ < 0) Stop();
  trace_->metadata_.step_stats.push_back({.node_name = node_.name(),
                                          .op = op_,
                                          .all_start_nanos = start_,
                                          .all_end_rel_nanos = end_ - start_,
                                          .inputs = InputNames(graph_, node_),
                                          .outputs = std::move(outputs_)});
}

}  // namespace sessile
