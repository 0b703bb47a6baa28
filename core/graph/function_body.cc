#include "sessile/core/graph/function_body.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_payload.h"
#include "sessile/proto/function.pb.h"

namespace sessile {
namespace {

// The value of an attribute in a body: placeholders stand for attributes of the call.
absl::StatusOr<AttrValue> Substitute(const pb::AttrValue& proto, const AttrMap& call,
                                     ExpansionBudget* budget);

absl::StatusOr<FunctionRef> SubstituteFunction(const pb::NameAttrList& proto, const AttrMap& call,
                                               ExpansionBudget* budget) {
  auto attrs = std::make_shared<AttrMap>();
  for (const auto& [name, value] : proto.attr()) {
    SESSILE_ASSIGN_OR_RETURN(AttrValue attr, Substitute(value, call, budget));
    attrs->Set(name, std::move(attr));
  }
  return FunctionRef{proto.name(), std::move(attrs)};
}

absl::StatusOr<AttrValue> Substitute(const pb::AttrValue& proto, const AttrMap& call,
                                     ExpansionBudget* budget) {
  if (proto.value_case() == pb::AttrValue::kPlaceholder) {
    const AttrValue* value = call.Find(proto.placeholder());
    if (value != nullptr) return *value;
    return InvalidArgument("there is no value for attribute '", proto.placeholder(),
                           "' of the function");
  }
  if (proto.value_case() == pb::AttrValue::kFunc) {
    SESSILE_ASSIGN_OR_RETURN(FunctionRef function, SubstituteFunction(proto.func(), call, budget));
    return AttrValue(std::move(function));
  }
  if (proto.value_case() == pb::AttrValue::kList && proto.list().func_size() > 0) {
    AttrList list;
    for (const pb::NameAttrList& item : proto.list().func()) {
      SESSILE_ASSIGN_OR_RETURN(FunctionRef function, SubstituteFunction(item, call, budget));
      list.functions.push_back(std::move(function));
    }
    return AttrValue(std::move(list));
  }
  return AttrFromProto(proto, budget);
}

}  // namespace

class BodyReader {
 public:
  BodyReader(const pb::FunctionDef& function, const AttrMap& call, const GraphImpl& graph,
             ExpansionBudget* budget)
      : function_(function), call_(call), graph_(graph), budget_(budget) {}

  absl::StatusOr<FunctionBody> Read() {
    SESSILE_RETURN_IF_ERROR(ReadArguments());
    for (const pb::NodeDef& node : function_.node_def()) SESSILE_RETURN_IF_ERROR(ReadNode(node));
    for (int i = 0; i < function_.node_def_size(); ++i) {
      for (const std::string& input : function_.node_def(i).input()) {
        SESSILE_RETURN_IF_ERROR(ReadInput(input, &body_.nodes[static_cast<size_t>(i)]));
      }
    }
    SESSILE_RETURN_IF_ERROR(ReadResults());
    return std::move(body_);
  }

 private:
  // Consecutive outputs of a node, or arguments.
  struct Range {
    BodySource first;
    int64_t count = 0;
  };

  absl::Status Fail(absl::string_view why) const {
    return InvalidArgument("Function '", function_.signature().name(), "': ", why);
  }

  absl::Status ReadArguments() {
    const OpDef* signature = graph_.FindFunction(function_.signature().name());
    if (signature == nullptr) return Fail("it has no signature");
    for (const ArgDef& arg : signature->inputs) {
      const int first = static_cast<int>(body_.arguments.size());
      SESSILE_ASSIGN_OR_RETURN(const std::vector<DataType> types, ArgTypes({arg}, call_));
      body_.arguments.insert(body_.arguments.end(), types.begin(), types.end());
      arguments_[arg.name] = {{BodySource::kArgument, first}, static_cast<int64_t>(types.size())};
    }
    return absl::OkStatus();
  }

  absl::Status ReadNode(const pb::NodeDef& proto) {
    BodyNode node{.name = proto.name(), .op = graph_.FindOp(proto.op()), .device = proto.device()};
    if (node.op == nullptr) {
      return WithSuffix(graph_.ops().NotRegistered(proto.op(), proto.name()),
                        absl::StrCat(" (in function '", function_.signature().name(), "')"));
    }
    if (!IsNodeName(proto.name()) && !absl::StartsWith(proto.name(), "_")) {
      return Fail(absl::StrCat("'", proto.name(), "' is not a valid node name"));
    }
    for (const auto& [name, value] : proto.attr()) {
      absl::StatusOr<AttrValue> attr = Substitute(value, call_, budget_);
      if (!attr.ok()) {
        return WithSuffix(attr.status(),
                          absl::StrCat(" (attr '", name, "' of node '", proto.name(),
                                       "' of function '", function_.signature().name(), "')"));
      }
      node.attrs.Set(name, *std::move(attr));
    }
    SESSILE_RETURN_IF_ERROR(CheckAttrs(*node.op, node.name, &node.attrs));
    if (!by_name_.emplace(proto.name(), static_cast<int>(body_.nodes.size())).second) {
      return Fail(absl::StrCat("node '", proto.name(), "' is not unique"));
    }
    body_.nodes.push_back(std::move(node));
    return absl::OkStatus();
  }

  absl::Status ReadInput(absl::string_view input, BodyNode* node) {
    if (absl::ConsumePrefix(&input, "^")) {
      const auto found = by_name_.find(input);
      if (found != by_name_.end()) {
        node->control_inputs.push_back(found->second);
        return absl::OkStatus();
      }
      // Arguments are there before the body begins.
      if (arguments_.contains(input)) return absl::OkStatus();
      return Unknown(node->name, input);
    }
    SESSILE_ASSIGN_OR_RETURN(const std::vector<BodySource> sources, Sources(input, node->name));
    node->inputs.insert(node->inputs.end(), sources.begin(), sources.end());
    return absl::OkStatus();
  }

  absl::Status Unknown(absl::string_view node, absl::string_view input) const {
    return Fail(absl::StrCat("Node '", node, "': Unknown input node '", input, "'"));
  }

  // "arg", "arg:2", "node:out_arg" or "node:out_arg:2"; a list without a number is all of it.
  absl::StatusOr<std::vector<BodySource>> Sources(absl::string_view text,
                                                  absl::string_view reader) const {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
    Range range;
    size_t used = 1;
    if (const auto argument = arguments_.find(parts[0]); argument != arguments_.end()) {
      range = argument->second;
    } else {
      const auto found = by_name_.find(parts[0]);
      if (found == by_name_.end() || parts.size() < 2) return Unknown(reader, text);
      SESSILE_ASSIGN_OR_RETURN(range, OutputRange(found->second, parts[1], reader));
      used = 2;
    }
    int64_t from = 0;
    int64_t to = range.count;
    if (parts.size() > used) {
      int k = 0;
      if (parts.size() > used + 1 || !absl::SimpleAtoi(parts[used], &k) || k < 0 || k >= to) {
        return Fail(absl::StrCat("Node '", reader, "': Connecting to invalid output '", text, "'"));
      }
      from = k;
      to = k + 1;
    }
    std::vector<BodySource> sources;
    for (int64_t i = from; i < to; ++i) {
      sources.push_back({range.first.node, range.first.index + static_cast<int>(i)});
    }
    return sources;
  }

  absl::StatusOr<Range> OutputRange(int id, absl::string_view output,
                                    absl::string_view reader) const {
    const BodyNode& node = body_.nodes[static_cast<size_t>(id)];
    int64_t first = 0;
    for (const ArgDef& arg : node.op->outputs) {
      SESSILE_ASSIGN_OR_RETURN(const int64_t count, ArgCount(arg, node.attrs));
      if (count > kMostOutputs - first) break;
      if (arg.name == output) return Range{{id, static_cast<int>(first)}, count};
      first += count;
    }
    return Fail(absl::StrCat("Node '", reader, "': node '", node.name, "' (op: '", node.op->name,
                             "') has no output '", output, "'"));
  }

  absl::Status ReadResults() {
    for (const pb::OpDef::ArgDef& result : function_.signature().output_arg()) {
      const auto source = function_.ret().find(result.name());
      if (source == function_.ret().end()) {
        return Fail(absl::StrCat("Return value '", result.name(), "' is missing"));
      }
      SESSILE_ASSIGN_OR_RETURN(const std::vector<BodySource> sources,
                               Sources(source->second, result.name()));
      body_.results.insert(body_.results.end(), sources.begin(), sources.end());
    }
    for (const auto& [name, node] : function_.control_ret()) {
      const auto found = by_name_.find(node);
      if (found == by_name_.end()) return Unknown(name, node);
      body_.control_results.push_back(found->second);
    }
    return absl::OkStatus();
  }

  static constexpr int64_t kMostOutputs = int64_t{1} << 20;

  const pb::FunctionDef& function_;
  const AttrMap& call_;
  const GraphImpl& graph_;
  ExpansionBudget* budget_;
  FunctionBody body_;
  absl::flat_hash_map<std::string, Range> arguments_;
  absl::flat_hash_map<absl::string_view, int> by_name_;
};

FunctionLibrary::FunctionLibrary(GraphImpl& graph)
    : graph_(graph), message_(graph.Slot<GraphPayload>().library) {
  if (message_ == nullptr) return;
  for (const pb::FunctionDef& function : message_->function()) {
    functions_.emplace(function.signature().name(), &function);
  }
}

FunctionLibrary::~FunctionLibrary() = default;

absl::StatusOr<FunctionBody> FunctionLibrary::Instantiate(const FunctionRef& function) {
  const auto found = functions_.find(function.name);
  if (found == functions_.end()) {
    return NotFound("Function '", function.name, "' is not defined.");
  }
  AttrMap attrs = function.attrs == nullptr ? AttrMap() : *function.attrs;
  const OpDef* signature = graph_.FindFunction(function.name);
  if (signature == nullptr) return NotFound("Function '", function.name, "' is not defined.");
  for (const AttrDef& attr : signature->attrs) {
    if (attr.default_value.has_value() && attrs.Find(attr.name) == nullptr) {
      attrs.Set(attr.name, *attr.default_value);
    }
  }
  return BodyReader(*found->second, attrs, graph_, &budget_).Read();
}

}  // namespace sessile
