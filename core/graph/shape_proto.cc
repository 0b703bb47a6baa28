#include <vector>

#include "sessile/core/framework/status.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/proto/tensor_shape.pb.h"

namespace sessile {

absl::StatusOr<Shape> ShapeFromProto(const pb::TensorShapeProto& proto) {
  if (proto.unknown_rank()) {
    if (proto.dim_size() > 0) {
      return InvalidArgument("An unknown shape must not have any dimensions set, but it has ",
                             proto.dim_size());
    }
    return Shape::Unknown();
  }
  std::vector<int64_t> dims;
  dims.reserve(static_cast<size_t>(proto.dim_size()));
  for (const auto& dim : proto.dim()) dims.push_back(dim.size());
  return Shape::FromDims(dims);
}

void ShapeToProto(const Shape& shape, pb::TensorShapeProto* proto) {
  proto->Clear();
  if (!shape.has_rank()) {
    proto->set_unknown_rank(true);
    return;
  }
  for (const int64_t dim : shape.dims()) proto->add_dim()->set_size(dim);
}

}  // namespace sessile
