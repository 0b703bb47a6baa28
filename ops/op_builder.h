// How a builder of the front end makes its node: as TensorFlow's op-def library does.
//
//   Output relu(Input features, std::string_view name) {
//     SourceScope here(features);
//     return OpBuilder("Relu", name).Input(features).Build();
//   }
//
// Build opens the name scope `name` (or the op's type), turns what is not yet a tensor into Consts
// inside it ("Reshape/shape"), infers the type and number attributes from the inputs, and adds the
// node under all open scopes. A name that ends in a slash is final: "dense/MatMul/" makes the node
// "dense/MatMul". Throws errors::InvalidArgumentError & co.: who, what was expected, what came.
//
// The graph is that of the inputs, else the default graph; inputs of two graphs are an error.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sessile/core/framework/attr_value.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

class OpBuilder {
 public:
  explicit OpBuilder(std::string_view op, std::string_view name = {});

  // The next argument of the op. A reference argument takes a variable's own output
  // (Variable::ref).
  OpBuilder& Input(sessile::Input value);
  // The next argument, which is a list.
  OpBuilder& InputList(std::vector<sessile::Input> values);
  OpBuilder& InputList(const std::vector<Output>& values);
  OpBuilder& Attr(std::string_view name, AttrValue value);
  // The attribute of the same name of `node`.
  OpBuilder& CopyAttr(const Node& node, std::string_view name);
  OpBuilder& ControlInput(const Operation& op);

  Operation BuildOperation();
  // REQUIRES: the op has one output.
  Output Build();
  std::vector<Output> BuildAll();

 private:
  struct Argument {
    std::vector<sessile::Input> values;
    bool is_list = false;
  };
  std::string op_;
  std::string name_;
  std::vector<Argument> arguments_;
  AttrMap attrs_;
  std::vector<Operation> controls_;
};

// The graph that the inputs belong to, else the default graph of this thread. Throws
// errors::InvalidArgumentError ("Tensor 'b:0' must be from the same graph as Tensor 'a:0'.").
Graph graph_of(std::span<const Input> inputs);

}  // namespace sessile
