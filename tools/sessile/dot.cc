#include "sessile/tools/sessile/dot.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_replace.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

std::string DotQuoted(const std::string& text) {
  return "\"" + absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}) + "\"";
}

}  // namespace

void PrintDot(const GraphImpl& graph) {
  std::puts("digraph {\n  node [shape=box];");
  for (int id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    std::printf("  n%d [label=%s, xlabel=%s];\n", id, DotQuoted(node.name()).c_str(),
                DotQuoted(node.op_type()).c_str());
    for (const Endpoint& input : node.inputs()) {
      std::printf("  n%d -> n%d", input.node, id);
      if (input.index > 0) std::printf(" [label=%d]", input.index);
      std::puts(";");
    }
    for (const int control : node.control_inputs()) {
      std::printf("  n%d -> n%d [style=dashed];\n", control, id);
    }
  }
  std::puts("}");
}
