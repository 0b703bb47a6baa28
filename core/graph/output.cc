#include "sessile/core/graph/output.h"

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {

const Node& Operation::node() const {
  if (node_ == nullptr) {
    errors::ThrowIfError(InvalidArgument(
        "An empty tensor or operation was used; it is what a default-constructed tf::Output or "
        "tf::Operation holds, and what tf::gradients returns where no gradient flows"));
  }
  return *node_;
}

Node& Operation::mutable_node() const {
  node();
  return *node_;
}

Output Operation::output(int i) const {
  if (i < 0 || i >= node().num_outputs()) {
    errors::ThrowIfError(absl::OutOfRangeError(absl::StrCat(
        "Operation '", name(), "' has ", node().num_outputs(), " outputs, asked for ", i)));
  }
  return Output(*this, i);
}

std::vector<Output> Operation::outputs() const {
  std::vector<Output> outputs;
  for (int i = 0; i < node().num_outputs(); ++i) outputs.push_back(Output(*this, i));
  return outputs;
}

std::vector<Output> Operation::inputs() const {
  std::vector<Output> inputs;
  for (const Endpoint& input : node().inputs()) inputs.push_back(Output(graph_, input));
  return inputs;
}

std::vector<Operation> Operation::control_inputs() const {
  std::vector<Operation> controls;
  for (int id : node().control_inputs()) controls.push_back(Operation(graph_, &graph_->node(id)));
  return controls;
}

template <typename T>
T Operation::get_attr(std::string_view attr) const {
  return errors::ValueOrThrow(node().attrs().Get<T>(attr));
}
template std::string Operation::get_attr(std::string_view) const;
template int64_t Operation::get_attr(std::string_view) const;
template float Operation::get_attr(std::string_view) const;
template bool Operation::get_attr(std::string_view) const;
template DataType Operation::get_attr(std::string_view) const;
template Shape Operation::get_attr(std::string_view) const;
template Tensor Operation::get_attr(std::string_view) const;
template AttrList Operation::get_attr(std::string_view) const;

Graph Operation::graph() const {
  node();
  return Graph(graph_);
}

Output::Output(std::shared_ptr<GraphImpl> graph, Endpoint endpoint) : index_(endpoint.index) {
  Node* node = &graph->node(endpoint.node);
  op_ = Operation(std::move(graph), node);
}

std::string Output::name() const { return absl::StrCat(op_.name(), ":", index_); }

DataType Output::dtype() const { return node().output_types()[static_cast<size_t>(index_)]; }

Shape Output::get_shape() const {
  node();
  return graph_impl()->OutputShape(endpoint());
}

void Output::set_shape(const Shape& shape) const {
  node();
  errors::ThrowIfError(graph_impl()->RefineShape(endpoint(), shape));
}

Graph Output::graph() const { return op_.graph(); }

std::vector<Operation> Output::consumers() const {
  node();
  std::vector<Operation> consumers;
  const std::shared_ptr<GraphImpl>& graph = graph_impl();
  for (int id = 0; id < graph->num_nodes(); ++id) {
    for (const Endpoint& input : graph->node(id).inputs()) {
      if (input == endpoint()) {
        consumers.push_back(Operation(graph, &graph->node(id)));
        break;
      }
    }
  }
  return consumers;
}

}  // namespace sessile
