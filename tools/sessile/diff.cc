#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/message_differencer.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/flags.h"
#include "sessile/ops/saved_model.h"
#include "sessile/proto/graph.pb.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/graph_source.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

using Differencer = google::protobuf::util::MessageDifferencer;

std::string InputsOf(const pb::NodeDef& node) { return absl::StrJoin(node.input(), ", "); }

std::string AttrText(const pb::NodeDef& node, const std::string& name) {
  const auto found = node.attr().find(name);
  if (found == node.attr().end()) return "missing";
  constexpr size_t kMost = 100;
  std::string text = found->second.ShortDebugString();
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

// What differs in two nodes of one name, a line each.
std::vector<std::string> Differences(const pb::NodeDef& a, const pb::NodeDef& b) {
  std::vector<std::string> lines;
  const auto compare = [&](const char* what, const std::string& left, const std::string& right) {
    if (left != right) lines.push_back(absl::StrCat(what, ": ", left, " | ", right));
  };
  compare("op", a.op(), b.op());
  compare("inputs", InputsOf(a), InputsOf(b));
  compare("device", a.device(), b.device());
  std::set<std::string> names;
  for (const auto& [name, value] : a.attr()) names.insert(name);
  for (const auto& [name, value] : b.attr()) names.insert(name);
  for (const std::string& name : names) {
    const auto left = a.attr().find(name);
    const auto right = b.attr().find(name);
    if (left != a.attr().end() && right != b.attr().end() &&
        Differencer::Equals(left->second, right->second)) {
      continue;
    }
    lines.push_back(absl::StrCat("attr ", name, ": ", AttrText(a, name), " | ", AttrText(b, name)));
  }
  return lines;
}

// The number of nodes that differ; prints the first `most` of them.
int Compare(const pb::GraphDef& a, const pb::GraphDef& b, int64_t most) {
  int different = 0;
  const auto report = [&](const char* mark, const pb::NodeDef& node,
                          const std::vector<std::string>& lines) {
    if (different++ >= most) return;
    std::printf("%s %s (%s)\n", mark, node.name().c_str(), node.op().c_str());
    for (const std::string& line : lines) std::printf("    %s\n", line.c_str());
  };
  absl::flat_hash_map<std::string, int> in_a, in_b;
  for (int i = 0; i < a.node_size(); ++i) in_a[a.node(i).name()] = i;
  for (int i = 0; i < b.node_size(); ++i) in_b[b.node(i).name()] = i;
  for (const pb::NodeDef& node : a.node()) {
    const auto other = in_b.find(node.name());
    if (other == in_b.end()) {
      report("<", node, {});
    } else if (const auto lines = Differences(node, b.node(other->second)); !lines.empty()) {
      report("!", node, lines);
    }
  }
  for (const pb::NodeDef& node : b.node()) {
    if (!in_a.contains(node.name())) report(">", node, {});
  }
  return different;
}

// One side may be a SavedModel and the other one of its graphs.
absl::StatusOr<GraphSource> ReadSide(const std::string& path, const std::string& tag) {
  return ReadGraphSource(path, saved_model::maybe_saved_model_directory(path) ? tag : "");
}

}  // namespace

absl::StatusOr<int> DiffCommand(const std::vector<std::string>& args) {
  std::string left, right, tag;
  int64_t most = 20;
  FlagSet set(
      "sessile diff",
      "Compares two graphs node by node: < is only in A, > only in B, ! in both. Exits with "
      "0 if they are the same, 1 if they differ, 2 on trouble.");
  set.Positional("A", &left, kGraphSourceHelp)
      .Positional("B", &right, kGraphSourceHelp)
      .String("tag", &tag,
              "tags of the graph in a SavedModel, separated by commas; needed if it has several")
      .Int("most", &most, "nodes to print", {.min = 0, .max = 1 << 30});
  set.ParseOrExit(args);
  SESSILE_ASSIGN_OR_RETURN(const GraphSource from_left, ReadSide(left, tag));
  SESSILE_ASSIGN_OR_RETURN(const GraphSource from_right, ReadSide(right, tag));
  const GraphDef& a = from_left.graph_def;
  const GraphDef& b = from_right.graph_def;
  const int different = Compare(*a.message(), *b.message(), most);
  if (different == 0) {
    std::printf("%d/%d nodes identical\n", a.node_size(), a.node_size());
    return 0;
  }
  std::printf("%d nodes differ between '%s' (%d nodes) and '%s' (%d nodes)\n", different,
              left.c_str(), a.node_size(), right.c_str(), b.node_size());
  return 1;
}
