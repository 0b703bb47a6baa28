// Lists of tensors that a run writes and reads one by one.
//
//   tf::TensorArray squares(tf::float32, {.size = 3});
//   squares = squares.unstack(x * x);
//   tf::Output second = squares.read(1);
//
// A TensorArray stands for the list after some writes: each write gives a new one, and the last of
// them is the one to read from. In a loop its flow() is the loop variable:
//
//   auto results = tf::while_loop(
//       [&](tf::Output i, tf::Output flow) { return i < 3; },
//       [&](tf::Output i, tf::Output flow) {
//         auto written = array.with_flow(flow).write(i, x[i]);
//         auto next = i + 1;
//         return std::pair(next, written.flow());
//       },
//       {0, array.flow()});
//   auto all = array.with_flow(results[1]).stack();
//
// Copies share the list. Nodes are TensorFlow's, gradients included: tf::gradients writes into a
// second list for each call, which it finds by the name scope of the call; so its `name` must begin
// with "gradients". Errors of types and shapes are thrown while the graph is built
// (errors::InvalidArgumentError), those of indices by the run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

struct TensorArrayOptions {
  std::optional<Input> size = {};  // must be there, unless there is a handle
  bool dynamic_size = false;       // writes beyond `size` make it grow
  bool clear_after_read = true;    // each element can be read once
  std::string tensor_array_name = {};
  bool infer_shape = true;  // all elements have one shape
  Shape element_shape = Shape::Unknown();
  bool colocate_with_first_write_call = true;
  std::string name = {};
  // Of a list that exists: both or none. Then only infer_shape and
  // colocate_with_first_write_call may be given too.
  std::optional<Output> handle = {};
  std::optional<Output> flow = {};
};

class TensorArray {
 public:
  TensorArray(DataType dtype, const TensorArrayOptions& options);

  DataType dtype() const;
  Output handle() const;
  Output flow() const { return flow_; }
  // What the elements are known to have.
  Shape element_shape() const;
  // The same list after what made `flow`.
  TensorArray with_flow(Output flow) const;

  TensorArray write(Input index, Input value, std::string_view name = {}) const;
  Output read(Input index, std::string_view name = {}) const;
  // All elements, or those of `indices`, along a new first axis; all along their first axis.
  Output stack(std::string_view name = {}) const;
  Output gather(Input indices, std::string_view name = {}) const;
  Output concat(std::string_view name = {}) const;
  // Writes the rows of `value` to elements 0, 1, ...; or to those of `indices`.
  TensorArray unstack(Input value, std::string_view name = {}) const;
  TensorArray scatter(Input indices, Input value, std::string_view name = {}) const;
  // Writes the pieces of `value` of these lengths to elements 0, 1, ...
  TensorArray split(Input value, Input lengths, std::string_view name = {}) const;
  Output size(std::string_view name = {}) const;
  Operation close(std::string_view name = {}) const;
  // The list of the gradients of this one's elements, in which what is written twice is added;
  // `source` tells those of several gradients apart. `flow`: after which writes; by default flow().
  TensorArray grad(std::string_view source, const Output& flow = {},
                   std::string_view name = {}) const;

 private:
  struct List;
  void UseHandle();
  TensorArray Written(const char* op, const Input& place, const Output& value,
                      std::string_view name) const;
  void CheckElementShape(const Shape& shape) const;

  std::shared_ptr<List> list_;
  Output flow_;
};

}  // namespace sessile
