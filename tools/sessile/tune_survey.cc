#include "sessile/tools/sessile/tune_survey.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/session/prepare.h"
#include "sessile/core/session/run_metadata.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

class Survey {
 public:
  explicit Survey(GraphCall* call) : call_(*call), graph_(*call->graph().impl()) {}

  absl::StatusOr<WorkOfGraph> Run() {
    RunMetadata trace;
    SESSILE_RETURN_IF_ERROR(
        call_.session()
            .Run(call_.fetches(), FeedDict(call_.feeds()),
                 {.trace_level = RunOptions::FULL_TRACE, .run_metadata = &trace})
            .status());
    for (const RunMetadata::NodeStats& node : trace.step_stats) {
      for (const RunMetadata::OutputStats& output : node.outputs) {
        specs_[absl::StrCat(node.node_name, ":", output.slot)] = {output.dtype, output.shape};
      }
    }
    std::set<const Node*> seen;
    for (const RunMetadata::NodeStats& stats : trace.step_stats) {
      const Node* const node = graph_.FindNode(stats.node_name);
      // What is fed is there too, without inputs.
      if (node == nullptr || node->op() == nullptr || stats.inputs.empty()) continue;
      if (seen.insert(node).second) SESSILE_RETURN_IF_ERROR(Look(*node));
    }
    return std::move(found_);
  }

 private:
  absl::Status Look(const Node& node) {
    const auto kernel = builtin_kernels().Find(node.op_type(), node.attrs(), false);
    if (!kernel.ok() || (*kernel)->alternatives == nullptr) return absl::OkStatus();
    Work work{.node = &node};
    for (int i = 0; i < node.num_inputs(); ++i) {
      const std::string tensor = NameOf(node.inputs()[static_cast<size_t>(i)]);
      const auto spec = specs_.find(tensor);
      if (spec == specs_.end()) return Skip(node, absl::StrCat(tensor, " was not computed"));
      work.inputs.push_back({BaseType(spec->second.dtype), spec->second.shape});
      work.values.emplace_back();
      if (!IsValueInput(**kernel, node, i)) continue;
      absl::StatusOr<Tensor> value = ValueOf(tensor);
      if (!value.ok()) return Skip(node, value.status().message());
      work.values.back() = *std::move(value);
    }
    absl::StatusOr<Alternatives> alternatives =
        AlternativesOf(**kernel, {.node = &node, .inputs = work.values, .specs = work.inputs});
    if (!alternatives.ok()) return Skip(node, alternatives.status().message());
    work.alternatives = *std::move(alternatives);
    if (work.alternatives.names.size() > 1) Add(std::move(work));
    return absl::OkStatus();
  }

  // In a run of its own.
  absl::StatusOr<Tensor> ValueOf(const std::string& tensor) {
    try {
      SESSILE_ASSIGN_OR_RETURN(
          std::vector<Tensor> value,
          call_.session().Run({call_.graph().get_tensor_by_name(tensor)}, FeedDict(call_.feeds())));
      return std::move(value[0]);
    } catch (const errors::OpError& error) {
      return error.status();
    }
  }

  void Add(Work work) {
    const auto alike = [&](const Work& other) {
      return other.alternatives.work == work.alternatives.work && other.inputs == work.inputs;
    };
    const auto known = std::find_if(found_.list.begin(), found_.list.end(), alike);
    if (known != found_.list.end()) {
      ++known->uses;
    } else {
      found_.list.push_back(std::move(work));
    }
  }

  absl::Status Skip(const Node& node, absl::string_view reason) {
    found_.notes.push_back(absl::StrCat(node.name(), " is left out: ", reason));
    return absl::OkStatus();
  }

  std::string NameOf(Endpoint endpoint) const {
    return absl::StrCat(graph_.node(endpoint.node).name(), ":", endpoint.index);
  }

  GraphCall& call_;
  const GraphImpl& graph_;
  std::map<std::string, TensorSpec> specs_;  // by "node:slot"
  WorkOfGraph found_;
};

}  // namespace

absl::StatusOr<WorkOfGraph> FindWork(GraphCall* call) { return Survey(call).Run(); }
