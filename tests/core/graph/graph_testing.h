// A registry of a few plain ops, for tests of the graph that need no real ones.
#pragma once

#include <string>
#include <vector>

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {

inline const OpRegistry& PlainOps() {
  static const OpRegistry& ops = *[] {
    auto* registry = new OpRegistry();
    registry->Add("Source")
        .Output("out: T")
        .Attr("T: type")
        .Attr("shape: shape")
        .Shape([](ShapeContext& ctx) -> absl::Status {
          SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
          ctx.SetOutput(0, shape);
          return absl::OkStatus();
        });
    registry->Add("State").Output("ref: Ref(T)").Attr("T: type").Shape(ScalarShape).Stateful();
    registry->Add("Write")
        .Input("ref: Ref(T)")
        .Input("value: T")
        .Output("out: Ref(T)")
        .Attr("T: type")
        .Shape(UnchangedShape);
    registry->Add("Join").Input("a: T").Input("b: T").Output("out: T").Attr("T: type").Shape(
        MergedInputsShape);
    registry->Add("Both").Input("in: T").Output("x: T").Output("y: T").Attr("T: type").Shape(
        UnchangedShape);
    registry->Add("Effect").Shape(NoOutputs);
    return registry;
  }();
  return ops;
}

inline NodeSpec SourceSpec(std::string name, Shape shape = Shape(), DataType type = float32) {
  NodeSpec spec{.name = std::move(name), .op = "Source"};
  spec.attrs.Set("T", type);
  spec.attrs.Set("shape", std::move(shape));
  return spec;
}

// A node of `op` with T = float32.
inline NodeSpec FloatSpec(std::string name, std::string op, std::vector<Endpoint> inputs = {}) {
  NodeSpec spec{.name = std::move(name), .op = std::move(op), .inputs = std::move(inputs)};
  if (spec.op != "Effect") spec.attrs.Set("T", float32);
  return spec;
}

}  // namespace sessile
