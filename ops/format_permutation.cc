// DataFormatDimMap and DataFormatVecPermute: what the names of two layouts say about dimensions.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

void RegisterFormatOp(OpRegistry& ops, std::string_view name, std::string_view doc) {
  ops.Add(name)
      .Input("x: T")
      .Output("y: T")
      .Attr("T: {int32, int64} = DT_INT32")
      .Attr("src_format: string = 'NHWC'")
      .Attr("dst_format: string = 'NCHW'")
      .Shape(UnchangedShape)
      .NoGradient("integers have no derivative")
      .Doc(doc);
}

}  // namespace

void RegisterFormatPermutation(OpRegistry& ops) {
  RegisterFormatOp(ops, "DataFormatDimMap",
                   "The numbers that dimensions of one data format have in another.");
  RegisterFormatOp(ops, "DataFormatVecPermute",
                   "What is given for each dimension of a data format, in the order of another.");
}

}  // namespace sessile
