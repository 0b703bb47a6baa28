#include "sessile/tests/graph_listing.h"

#include <algorithm>
#include <complex>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {
namespace {

std::string Number(double value) { return absl::StrFormat("%.9g", value); }

template <typename T, typename Format>
std::string Values(const Tensor& tensor, const Format& format) {
  std::vector<std::string> texts;
  for (const T& value : tensor.flat<T>()) {
    if (texts.size() == 8) break;
    texts.push_back(format(value));
  }
  return absl::StrJoin(texts, " ");
}

template <typename T>
std::string Numbers(const Tensor& tensor) {
  return Values<T>(tensor, [](T value) { return Number(static_cast<double>(value)); });
}

std::string ValuesOf(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case float32:
      return Numbers<float>(tensor);
    case float64:
      return Numbers<double>(tensor);
    case uint8:
      return Numbers<uint8_t>(tensor);
    case int32:
      return Numbers<int32_t>(tensor);
    case int64:
      return Numbers<int64_t>(tensor);
    case bool_:
      return Values<bool>(tensor, [](bool value) { return value ? "true" : "false"; });
    case string:
      return Values<std::string>(tensor, [](const std::string& value) {
        return absl::StrReplaceAll(value, {{"\n", "\\n"}});
      });
    case complex64:  // the real part
      return Values<std::complex<float>>(tensor, [](const std::complex<float>& value) {
        return Number(static_cast<double>(value.real()));
      });
    default:
      return "...";
  }
}

std::string Join(const std::vector<std::string>& texts) {
  return absl::StrCat("[", absl::StrJoin(texts, ","), "]");
}

std::string ListText(const AttrList& list) {
  std::vector<std::string> items = list.strings;
  for (int64_t i : list.ints) items.push_back(absl::StrCat(i));
  for (float f : list.floats) items.push_back(Number(f));
  for (DataType type : list.types) items.push_back(PythonName(type));
  return Join(items);
}

std::string AttrText(const AttrValue& value) {
  if (const Tensor* tensor = value.get_if<Tensor>()) {
    return absl::StrCat(PythonName(tensor->dtype()), tensor->shape().ToString(), "{",
                        ValuesOf(*tensor), "}");
  }
  if (const AttrList* list = value.get_if<AttrList>()) return ListText(*list);
  if (const float* number = value.get_if<float>()) return Number(*number);
  if (const bool* flag = value.get_if<bool>()) return *flag ? "true" : "false";
  return value.ToString();
}

std::string InputText(const GraphImpl& graph, const Endpoint& input) {
  const std::string& name = graph.node(input.node).name();
  return input.index == 0 ? name : absl::StrCat(name, ":", input.index);
}

std::string NodeText(const GraphImpl& graph, const Node& node) {
  std::vector<std::string> inputs, controls;
  for (const Endpoint& input : node.inputs()) inputs.push_back(InputText(graph, input));
  for (int id : node.control_inputs()) controls.push_back("^" + graph.node(id).name());
  std::sort(controls.begin(), controls.end());
  inputs.insert(inputs.end(), controls.begin(), controls.end());
  std::string text =
      absl::StrCat(node.name(), " ", node.op_type(), "(", absl::StrJoin(inputs, ", "), ")");
  for (const auto& [name, value] : node.attrs()) {
    absl::StrAppend(&text, " ", name, "=", AttrText(value));
  }
  return text;
}

// The lines of one case of a file.
std::vector<std::string> ReadCase(const std::string& file, const std::string& name) {
  const std::string path = absl::StrCat(SESSILE_TEST_DATA_DIR, "/", file);
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << "cannot read " << path;
  std::vector<std::string> lines;
  bool inside = false, found = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# ", 0) == 0) {
      inside = line == "# " + name;
      found = found || inside;
    } else if (inside) {
      lines.push_back(line);
    }
  }
  EXPECT_TRUE(found) << path << " has no case " << name;
  return lines;
}

}  // namespace

std::vector<std::string> ListGraph(const Graph& graph) {
  std::vector<std::string> lines;
  const GraphImpl& impl = *graph.impl();
  for (int id = 0; id < impl.num_nodes(); ++id) lines.push_back(NodeText(impl, impl.node(id)));
  return lines;
}

void ExpectListing(const std::string& file, const std::string& name, const Graph& graph) {
  const std::vector<std::string> expected = ReadCase(file, name);
  const std::vector<std::string> actual = ListGraph(graph);
  for (size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    const std::string want = i < expected.size() ? expected[i] : "(nothing more)";
    const std::string got = i < actual.size() ? actual[i] : "(nothing more)";
    if (want == got) continue;
    ADD_FAILURE() << file << ", case " << name << ", node " << i << ":\n  TensorFlow: " << want
                  << "\n  here:       " << got;
    return;
  }
}

}  // namespace sessile
