// What a shape rule sees and says.
//
//   absl::Status MatMulShape(ShapeContext& ctx) {
//     SESSILE_ASSIGN_OR_RETURN(const Shape a, ctx.InputWithRank(0, 2));
//     SESSILE_ASSIGN_OR_RETURN(const Shape b, ctx.InputWithRank(1, 2));
//     SESSILE_ASSIGN_OR_RETURN(const int64_t inner, ctx.MergeDim(a.dim(1), b.dim(0)));
//     ctx.SetOutput(0, Shape({a.dim(0), b.dim(1)}));
//     return absl::OkStatus();
//   }
//
// The same rule runs when the graph is built and again when a plan is made, with more shapes and
// values known; so a rule reads its inputs through the context only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/resource.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

class Node;
struct OpDef;

// Where the facts come from: the graph, or the side table of a plan.
class ShapeSource {
 public:
  virtual ~ShapeSource() = default;
  virtual Shape input_shape(int i) = 0;
  // Of an input that is a handle.
  virtual HandleFacts input_handle(int) { return {}; }
  // The value of input i where it is known; null otherwise.
  virtual const Tensor* input_value(int i) = 0;
  // The value of input i read as a shape, as far as it is known; unknown rank if nothing is.
  virtual absl::StatusOr<Shape> input_value_as_shape(int i) = 0;
};

class ShapeContext {
 public:
  ShapeContext(const Node& node, ShapeSource* source);

  const Node& node() const { return node_; }
  const AttrMap& attrs() const;
  template <typename T>
  absl::StatusOr<T> Attr(std::string_view name) const {
    return attrs().Get<T>(name);
  }

  int num_inputs() const;
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  Shape input(int i) { return source_->input_shape(i); }
  // What input i, a handle, refers to.
  HandleFacts input_handle(int i) { return source_->input_handle(i); }
  // The shape of the variable at input i: what a reference has itself, and a handle refers to.
  Shape variable(int i);
  const Tensor* input_value(int i) { return source_->input_value(i); }
  // An int32 or int64 tensor read as a shape: -1 and unknown elements are unknown dimensions.
  // INVALID_ARGUMENT if it is no shape.
  absl::StatusOr<Shape> input_value_as_shape(int i) { return source_->input_value_as_shape(i); }

  // "Shape must be rank 2 but is rank 3". Unknown rank becomes that many unknown dimensions.
  absl::StatusOr<Shape> InputWithRank(int i, int rank);
  // "Shape must be at least rank 2 but is rank 1". Unknown rank stays unknown.
  absl::StatusOr<Shape> InputAtLeastRank(int i, int rank);
  // "Shape must be at most rank 1 but is rank 2".
  absl::StatusOr<Shape> InputAtMostRank(int i, int rank);
  absl::Status InputIsScalar(int i) { return InputWithRank(i, 0).status(); }

  static absl::StatusOr<Shape> Merge(const Shape& a, const Shape& b) { return Shape::Merge(a, b); }
  static absl::StatusOr<int64_t> MergeDim(int64_t a, int64_t b) { return Shape::MergeDim(a, b); }

  // Outputs that a rule does not set have unknown rank.
  void SetOutput(int i, Shape shape);
  const std::vector<Shape>& outputs() const { return outputs_; }
  // Of an output that is a handle; by default nothing is known of it.
  void SetOutputHandle(int i, HandleFacts facts);
  const std::vector<HandleFacts>& output_handles() const { return handles_; }
  // The output is as the input, also what is known of a handle.
  void PassOn(int input, int output);

 private:
  const Node& node_;
  ShapeSource* source_;
  std::vector<Shape> outputs_;
  std::vector<HandleFacts> handles_;  // empty, or one for each output
};

// Rules that many ops share.
absl::Status UnchangedShape(ShapeContext& ctx);        // output 0 is as input 0
absl::Status MergedInputsShape(ShapeContext& ctx);     // output 0 merges all inputs
absl::Status BroadcastBinaryShape(ShapeContext& ctx);  // numpy's broadcasting of inputs 0 and 1
absl::Status ScalarShape(ShapeContext& ctx);           // every output is a scalar
absl::Status UnknownShape(ShapeContext& ctx);          // nothing is known
absl::Status NoOutputs(ShapeContext& ctx);

// An int32 or int64 tensor of rank 1 (or the scalar -1: unknown rank) as a shape, -1 as unknown.
absl::StatusOr<Shape> ShapeFromTensor(const Tensor& tensor);
// The elements of an int32 or int64 tensor, whatever its shape.
absl::StatusOr<std::vector<int64_t>> IntsFromTensor(const Tensor& tensor);

struct InferredOutputs {
  std::vector<Shape> shapes;
  std::vector<HandleFacts> handles;  // empty if nothing is known of any
};

// Runs the rule of node's op. Errors get TensorFlow's suffix "for 'NAME' (op: 'OP') with input
// shapes: [2,3], [4].". A rule that leaves an impossible output (wrong count) is INTERNAL.
absl::StatusOr<InferredOutputs> InferShapes(const Node& node, ShapeSource* source);

}  // namespace sessile
