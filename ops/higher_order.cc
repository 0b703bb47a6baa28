// map_fn, scan, foldl, foldr: while loops over TensorArrays.

#include "sessile/ops/higher_order.h"

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/tensor_array.h"

namespace sessile::internal {
namespace {

using Outputs = std::vector<Output>;
using Arrays = std::vector<TensorArray>;

// How many elements there are: a number if that is known, else a tensor.
struct Length {
  std::optional<int64_t> known;
  Output tensor;

  Input input() const { return known.has_value() ? Input(*known) : Input(tensor); }
  // `by` less, a new node if the length is a tensor.
  Length Minus(int64_t by) const {
    if (known.has_value()) return {*known - by, Output()};
    return {std::nullopt, tensor - by};
  }
};

const Outputs& CheckedElements(const ElementTensors& elems) {
  const Outputs& tensors = elems.tensors();
  if (tensors.empty()) errors::ThrowIfError(InvalidArgument("elems must have a tensor"));
  int64_t length = None;
  for (const Output& tensor : tensors) {
    const Shape shape = tensor.get_shape();
    if (!shape.has_rank()) continue;
    if (shape.rank() < 1) {
      errors::ThrowIfError(
          InvalidArgument("Elements in elems must be 1+ dimensional Tensors, not scalars"));
    }
    length = errors::ValueOrThrow(Shape::MergeDim(length, shape.dim(0)));
  }
  return tensors;
}

// The tensor's size is read from the graph unless it is known; a known 0 counts as unknown unless
// `zero_is_known`, as in TensorFlow.
Length LengthOf(const Output& tensor, bool zero_is_known) {
  const Shape known = tensor.get_shape();
  if (known.has_rank() && known.dim(0) != None && (known.dim(0) > 0 || zero_is_known)) {
    return {known.dim(0), Output()};
  }
  return {std::nullopt, shape(tensor)[0]};
}

Shape RowOf(const Output& tensor) {
  const Shape known = tensor.get_shape();
  return known.has_rank() ? known.Slice(1) : Shape::Unknown();
}

Arrays Unstacked(const Outputs& elems, const Length& length, bool with_shapes) {
  Arrays arrays;
  for (const Output& elem : elems) {
    arrays.emplace_back(
        BaseType(elem.dtype()),
        TensorArrayOptions{.size = length.input(),
                           .element_shape = with_shapes ? RowOf(elem) : Shape::Unknown()});
  }
  for (size_t i = 0; i < elems.size(); ++i) arrays[i] = arrays[i].unstack(elems[i]);
  return arrays;
}

Outputs ReadAll(const Arrays& arrays, const Input& index) {
  Outputs values;
  for (const TensorArray& array : arrays) values.push_back(array.read(index));
  return values;
}

Outputs Tensors(const std::vector<BranchValue>& values, size_t wanted, const Arrays* types) {
  if (values.size() != wanted) {
    errors::ThrowIfError(InvalidArgument("The function returned ", values.size(), " values, but ",
                                         wanted, " are expected."));
  }
  Outputs tensors;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].value.has_value()) {
      errors::ThrowIfError(InvalidArgument("The function must return tensors, not operations"));
    }
    const Input& value = *values[i].value;
    tensors.push_back(types == nullptr || value.literal() == nullptr
                          ? convert_to_tensor(value)
                          : convert_to_tensor(value, (*types)[i].dtype(), "value"));
  }
  return tensors;
}

// The stacked elements of lists whose flows end as `flows` says.
Outputs StackedAt(const Arrays& arrays, const Outputs& flows, size_t first, const Output& like) {
  Outputs results;
  for (size_t i = 0; i < arrays.size(); ++i) {
    results.push_back(arrays[i].with_flow(flows[first + i]).stack());
  }
  const Shape known = like.get_shape();
  for (const Output& result : results) {
    const Shape shape = result.get_shape();
    if (known.has_rank() && shape.has_rank()) result.set_shape(shape.WithDim(0, known.dim(0)));
  }
  return results;
}

std::vector<BranchValue> Together(const Input& first, const Outputs& rest) {
  std::vector<BranchValue> values;
  values.emplace_back(first);
  for (const Output& value : rest) values.emplace_back(value);
  return values;
}

Outputs Part(const Outputs& all, size_t first, size_t count) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return Outputs(begin, begin + static_cast<std::ptrdiff_t>(count));
}

// Appends to `flows` what writing `values` at `index` makes of the lists that are at `before`.
void WriteAll(const Arrays& arrays, const Outputs& before, const Input& index,
              const Outputs& values, Outputs* flows) {
  for (size_t k = 0; k < arrays.size(); ++k) {
    flows->push_back(arrays[k].with_flow(before[k]).write(index, values[k]).flow());
  }
}

}  // namespace

std::vector<Output> BuildMap(const LoopFn& fn, const ElementTensors& elems,
                             const MapFnOptions& options) {
  const Outputs& tensors = CheckedElements(elems);
  const SourceScope here(tensors[0]);
  const name_scope scope(options.name.empty() ? "map" : options.name, tensors[0].graph_impl());
  const Length length = LengthOf(tensors[0], false);
  const Arrays inputs = Unstacked(tensors, length, false);
  const Output start = constant(0);
  std::vector<DataType> types = options.dtype;
  if (types.empty()) {
    for (const Output& tensor : tensors) types.push_back(BaseType(tensor.dtype()));
  }
  Arrays results;
  std::vector<Input> loop_vars = {start};
  for (const DataType type : types) {
    results.emplace_back(
        type, TensorArrayOptions{.size = length.input(), .infer_shape = options.infer_shape});
    loop_vars.emplace_back(results.back().flow());
  }
  const LoopFn cond = [&](const Outputs& all) {
    return std::vector<BranchValue>{less(all[0], length.input())};
  };
  const LoopFn body = [&](const Outputs& all) {
    const Outputs elements = ReadAll(inputs, all[0]);
    const std::vector<BranchValue> returned = fn(elements);
    if (returned.size() != results.size()) {
      errors::ThrowIfError(InvalidArgument("The function of map_fn returned ", returned.size(),
                                           " values, but there are ", results.size(), " dtypes"));
    }
    Outputs flows;
    for (size_t k = 0; k < returned.size(); ++k) {
      if (!returned[k].value.has_value()) {
        errors::ThrowIfError(InvalidArgument("The function must return tensors, not operations"));
      }
      flows.push_back(results[k].with_flow(all[k + 1]).write(all[0], *returned[k].value).flow());
    }
    return Together(all[0] + 1, flows);
  };
  const Outputs exits = BuildWhile(
      cond, body, loop_vars,
      {.parallel_iterations = options.parallel_iterations, .maximum_iterations = length.input()});
  return StackedAt(results, exits, 1, tensors[0]);
}

std::vector<Output> BuildScan(const FoldFn& fn, const ElementTensors& elems,
                              const ScanOptions& options) {
  const Outputs& tensors = CheckedElements(elems);
  const SourceScope here(tensors[0]);
  const name_scope scope(options.name.empty() ? "scan" : options.name, tensors[0].graph_impl());
  const Length length = LengthOf(tensors[0], true);
  const Arrays inputs = Unstacked(tensors, length, true);
  const bool from_element = options.initializer.empty();
  const auto first = [&] { return options.reverse ? length.Minus(1).input() : Input(0); };
  Outputs start;
  if (from_element) {
    for (const TensorArray& input : inputs) start.push_back(input.read(first()));
  } else {
    for (const Input& value : options.initializer) start.push_back(convert_to_tensor(value));
  }
  Arrays results;
  for (const Output& value : start) {
    results.emplace_back(
        BaseType(value.dtype()),
        TensorArrayOptions{
            .size = length.input(),
            .infer_shape = options.infer_shape,
            .element_shape = options.infer_shape ? value.get_shape() : Shape::Unknown()});
  }
  if (from_element) {
    for (size_t k = 0; k < start.size(); ++k) results[k] = results[k].write(first(), start[k]);
  }
  const int64_t done = from_element ? 1 : 0;
  std::vector<Input> loop_vars = {options.reverse ? length.Minus(1).Minus(done).input()
                                                  : Input(done)};
  for (const Output& value : start) loop_vars.emplace_back(value);
  for (const TensorArray& result : results) loop_vars.emplace_back(result.flow());
  const size_t count = start.size();
  const LoopFn cond = [&](const Outputs& all) {
    return std::vector<BranchValue>{options.reverse ? greater_equal(all[0], 0)
                                                    : less(all[0], length.input())};
  };
  const LoopFn body = [&](const Outputs& all) {
    const Outputs elements = ReadAll(inputs, all[0]);
    const Outputs before = Part(all, 1, count);
    Outputs next = Tensors(fn(before, elements), count, &results);
    const Outputs values = next;
    WriteAll(results, Part(all, 1 + count, count), all[0], values, &next);
    return Together(options.reverse ? all[0] - 1 : all[0] + 1, next);
  };
  const Outputs exits = BuildWhile(
      cond, body, loop_vars,
      {.parallel_iterations = options.parallel_iterations, .maximum_iterations = length.input()});
  return StackedAt(results, exits, 1 + count, tensors[0]);
}

std::vector<Output> BuildFold(const FoldFn& fn, const ElementTensors& elems,
                              const FoldOptions& options, bool from_left) {
  const Outputs& tensors = CheckedElements(elems);
  const SourceScope here(tensors[0]);
  const char* const name = from_left ? "foldl" : "foldr";
  const name_scope scope(options.name.empty() ? name : options.name, tensors[0].graph_impl());
  const Length length = LengthOf(tensors[0], false);
  const Arrays inputs = Unstacked(tensors, length, false);
  const bool from_element = options.initializer.empty();
  // foldl counts up from the next element, foldr down to the one that was last.
  std::vector<Input> loop_vars;
  Input counter = length.input();
  if (!from_left && from_element) counter = length.Minus(1).input();
  std::vector<Input> start = options.initializer;
  if (from_element) {
    for (const Output& value : ReadAll(inputs, from_left ? Input(0) : counter)) {
      start.emplace_back(value);
    }
  }
  if (from_left) counter = constant(from_element ? 1 : 0);
  loop_vars.push_back(counter);
  loop_vars.insert(loop_vars.end(), start.begin(), start.end());
  const LoopFn cond = [&](const Outputs& all) {
    return std::vector<BranchValue>{from_left ? less(all[0], length.input()) : greater(all[0], 0)};
  };
  const LoopFn body = [&](const Outputs& all) {
    const Output here_at = from_left ? all[0] : all[0] - 1;
    const Outputs elements = ReadAll(inputs, here_at);
    std::vector<BranchValue> returned = fn(Part(all, 1, start.size()), elements);
    const Output next = from_left ? all[0] + 1 : here_at;
    returned.insert(returned.begin(), BranchValue(next));
    return returned;
  };
  const Outputs exits = BuildWhile(
      cond, body, loop_vars,
      {.parallel_iterations = options.parallel_iterations, .maximum_iterations = length.input()});
  return Part(exits, 1, start.size());
}

}  // namespace sessile::internal
