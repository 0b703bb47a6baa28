#include "sessile/core/graph/graph.h"

#include <mutex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"

namespace sessile {

Graph::Graph() : Graph(builtin_ops()) {
  // From now on a definition may be in use.
  static std::once_flag frozen;
  std::call_once(frozen, [] { builtin_ops().Freeze(); });
}

Graph::Graph(const OpRegistry& ops) : impl_(std::make_shared<GraphImpl>(ops)) {
  errors::ThrowIfError(ops.status());
}

DefaultGraphScope Graph::as_default() const { return DefaultGraphScope(*this); }

std::vector<Operation> Graph::get_operations() const {
  std::vector<Operation> operations;
  const int n = impl_->num_nodes();
  for (int id = 0; id < n; ++id) operations.push_back(Operation(impl_, &impl_->node(id)));
  return operations;
}

Operation Graph::get_operation_by_name(std::string_view name) const {
  Node* node = impl_->FindNode(name);
  if (node == nullptr) {
    errors::ThrowIfError(NotFound("The name '", absl::string_view(name.data(), name.size()),
                                  "' refers to an Operation not in the graph."));
  }
  return Operation(impl_, node);
}

Output Graph::get_tensor_by_name(std::string_view name) const {
  const std::string whole(name);
  const size_t colon = whole.rfind(':');
  int index = -1;
  if (colon == std::string::npos || !absl::SimpleAtoi(whole.substr(colon + 1), &index) ||
      index < 0) {
    errors::ThrowIfError(
        InvalidArgument("The name '", whole,
                        "' looks like an (invalid) Tensor name. Tensor names must be of the "
                        "form \"<op_name>:<output_index>\"."));
  }
  Node* node = impl_->FindNode(whole.substr(0, colon));
  if (node == nullptr) {
    errors::ThrowIfError(NotFound("The name '", whole,
                                  "' refers to a Tensor which does not exist. The operation, '",
                                  whole.substr(0, colon), "', does not exist in the graph."));
  }
  if (index >= node->num_outputs()) {
    errors::ThrowIfError(
        NotFound("The name '", whole, "' refers to a Tensor which does not exist. The operation, '",
                 node->name(), "', exists but only has ", node->num_outputs(), " outputs."));
  }
  return Output(Operation(impl_, node), index);
}

std::string Graph::unique_name(std::string_view name) const {
  const BuildScope& scope = BuildScope::Of(*impl_);
  return impl_->UniqueName(scope.name.empty() ? std::string(name)
                                              : absl::StrCat(scope.name, "/", std::string(name)));
}

void Graph::finalize() const { impl_->Finalize(); }
bool Graph::finalized() const { return impl_->finalized(); }
std::optional<int64_t> Graph::seed() const { return impl_->seed(); }

}  // namespace sessile
