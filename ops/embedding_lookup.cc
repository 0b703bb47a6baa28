// nn::embedding_lookup: gather, from a table that may be kept in several parts.

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"

namespace sessile::nn {
namespace {

// The parts of a table: variables that are read anew stay what they are, so that rows are gathered
// from their handles.
std::vector<Input> PartsOf(const Input& params) {
  std::vector<Input> parts = params.list() == nullptr ? std::vector<Input>{params} : *params.list();
  for (const Input& part : parts) {
    if (part.handle().has_value()) return parts;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    parts[i] = convert_to_tensor(parts[i], std::nullopt, absl::StrCat("params_", i));
  }
  return parts;
}

Dependency PlaceOf(const Input& part) {
  return part.handle().has_value() ? part.handle() : part.output();
}

// The number of dimensions: as a number where it is known and not 0, as TensorFlow's Python does.
Input RankOf(const Output& x) {
  const Shape shape = x.get_shape();
  return shape.has_rank() && shape.rank() > 0 ? Input(shape.rank()) : Input(rank(x));
}

Axes AxesFrom(const Input& first, const Input& end) {
  if (first.is_output() || end.is_output()) return range(first, end);
  std::vector<int64_t> axes;
  for (int64_t i = first.literal()->integers[0]; i < end.literal()->integers[0]; ++i) {
    axes.push_back(i);
  }
  return axes;
}

// Each of the rows that `ids` asked for with a norm of at most `max_norm`.
Output Clip(const Output& rows, const Output& ids, const std::optional<Input>& max_norm) {
  if (!max_norm.has_value()) return rows;
  const Input first = RankOf(ids);
  const Input end = RankOf(rows);
  return clip_by_norm(rows, *max_norm, {.axes = AxesFrom(first, end)});
}

// Python's `//`.
Output FloorDivide(const Output& x, const Input& y) {
  const name_scope scope("floordiv", x.graph_impl());
  return floordiv(x, y, scope.name());
}

// Where rows are: in which part, and which of its rows.
struct Places {
  Output part;
  Output row;
};

Places PlacesByMod(const Output& ids, int64_t num_parts) {
  const Output part = ids % num_parts;
  return {part, FloorDivide(ids, num_parts)};
}

// The number of rows of all parts: a constant where it is known.
Output CountRows(const std::vector<Input>& parts, DataType dtype) {
  std::vector<int64_t> known;
  for (const Input& part : parts) {
    const Shape shape = part.output().get_shape();
    known.push_back(shape.has_rank() && shape.rank() > 0 ? shape.dim(0) : Shape::kUnknownDim);
  }
  const bool all_known = std::find(known.begin(), known.end(), Shape::kUnknownDim) == known.end();
  const int64_t total = all_known ? std::accumulate(known.begin(), known.end(), int64_t{0}) : 0;
  if (total > 0) return constant(total, {.dtype = dtype});
  std::vector<Input> counts;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (known[i] != Shape::kUnknownDim) {
      counts.emplace_back(known[i]);
      continue;
    }
    const colocate_with beside(PlaceOf(parts[i]));
    const Output dims = shape(parts[i]);
    counts.emplace_back(dims[0]);
  }
  return reduce_sum(cast(stack(counts), dtype));
}

// The first `extras` parts have one row more than the others.
Places PlacesByDiv(const Output& ids, const std::vector<Input>& parts) {
  const auto num_parts = static_cast<int64_t>(parts.size());
  const Output total = CountRows(parts, BaseType(ids.dtype()));
  const Output each = FloorDivide(total, num_parts);
  const Output extras = total % num_parts;
  const Output longer = each + 1;
  const Output in_longer = FloorDivide(ids, longer);
  const Output past_extras = ids - extras;
  const Output part = maximum(in_longer, FloorDivide(past_extras, each));
  const Output is_longer = part < extras;
  const Output longer_again = each + 1;
  const Output row_of_longer = ids % longer_again;
  const Output past_extras_again = ids - extras;
  const Output row_of_others = past_extras_again % each;
  return {part, where(is_longer, row_of_longer, row_of_others)};
}

Places PlacesOf(const Output& ids, const std::vector<Input>& parts, const std::string& strategy) {
  if (strategy == "mod") return PlacesByMod(ids, static_cast<int64_t>(parts.size()));
  if (strategy == "div") return PlacesByDiv(ids, parts);
  errors::ThrowIfError(InvalidArgument("Unrecognized partition strategy: ", strategy,
                                       ".Must be one of either `mod` or `div`."));
  return {};
}

// What the shape of a row is known to be: that of all parts alike.
Shape RowShape(const std::vector<Input>& parts) {
  Shape row = Shape::Unknown();
  for (const Input& part : parts) {
    const Shape shape = part.output().get_shape();
    if (!shape.has_rank()) continue;
    row = errors::ValueOrThrow(Shape::Merge(row, shape.rank() == 0 ? shape : shape.Slice(1)));
  }
  return row;
}

Input DimsOfRow(const Input& part, const Shape& row) {
  if (row.IsFullyDefined()) return row;
  Output dims;
  {
    const colocate_with beside(PlaceOf(part));
    dims = shape(part);
  }
  return dims[{{1, {}}}];
}

// The rows of one part.
Output FromPart(const Input& part, const Output& rows) {
  const device anywhere(nullptr);
  const colocate_with beside(PlaceOf(part));
  return gather(part, rows);
}

Output FromOnePart(const Input& part, const Output& ids, const std::optional<Input>& max_norm,
                   const std::string& name) {
  Output rows;
  {
    const colocate_with beside(PlaceOf(part));
    rows = Clip(gather(part, ids, {.name = name}), ids, max_norm);
  }
  return identity(rows);
}

// The ids are shared out among the parts, and the rows put together again in the ids' order.
Output FromParts(const std::vector<Input>& parts, const Output& ids,
                 const EmbeddingLookupOptions& options, const std::string& name) {
  const Output flat = reshape(ids, {-1});
  const Output order = range(size(flat));
  Places places = PlacesOf(flat, parts, options.partition_strategy);
  places.part = cast(places.part, int32);
  const auto num_parts = static_cast<int64_t>(parts.size());
  const std::vector<Output> rows = dynamic_partition(places.row, places.part, num_parts);
  const std::vector<Output> orders = dynamic_partition(order, places.part, num_parts);
  std::vector<Output> found;
  for (size_t i = 0; i < parts.size(); ++i) found.push_back(FromPart(parts[i], rows[i]));
  const Output stitched =
      OpBuilder("ParallelDynamicStitch", name).InputList(orders).InputList(found).Build();

  const Shape row_shape = RowShape(parts);
  const Input row_dims = DimsOfRow(parts[0], row_shape);
  const Output ids_dims = shape(ids);
  const Output result = reshape(stitched, concat({ids_dims, row_dims}, 0));
  if (row_shape.has_rank() && ids.get_shape().has_rank()) {
    result.set_shape(Shape::Concat(ids.get_shape(), row_shape));
  }
  return Clip(result, ids, options.max_norm);
}

}  // namespace

Output embedding_lookup(Input params, Input ids, const EmbeddingLookupOptions& options) {
  SourceScope here(params);
  const std::vector<Input> inputs = {params, ids};
  const Graph graph = graph_of(inputs);
  const DefaultGraphScope with = graph.as_default();
  const name_scope scope(options.name.empty() ? "embedding_lookup" : options.name);
  const std::vector<Input> parts = PartsOf(params);
  const Output rows = convert_to_tensor(ids, std::nullopt, "ids");
  if (parts.size() == 1) return FromOnePart(parts[0], rows, options.max_norm, scope.name());
  return FromParts(parts, rows, options, scope.name());
}

}  // namespace sessile::nn
