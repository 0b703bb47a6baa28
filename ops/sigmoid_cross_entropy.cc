// The logistic loss, in the form that neither overflows nor loses its gradient.

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/op_builder.h"

namespace sessile::nn {
namespace {

Output SelectOf(const Output& condition, const Output& yes, const Output& no) {
  return OpBuilder("Select").Input(condition).Input(yes).Input(no).Build();
}

}  // namespace

Output sigmoid_cross_entropy_with_logits(SigmoidCrossEntropyOptions options) {
  SourceScope here(options.logits);
  const std::vector<Input> inputs = {options.logits, options.labels};
  const name_scope scope(options.name.empty() ? "logistic_loss" : options.name,
                         graph_of(inputs).impl());
  const Output logits = convert_to_tensor(options.logits, {}, "logits");
  const Output labels = convert_to_tensor(options.labels, {}, "labels");
  if (!Shape::Compatible(logits.get_shape(), labels.get_shape())) {
    errors::ThrowIfError(InvalidArgument(
        "`logits` and `labels` must have the same shape, received (",
        logits.get_shape().ToPythonString(), " vs ", labels.get_shape().ToPythonString(), ")."));
  }
  const Output zeros = zeros_like(logits);
  const Output positive = OpBuilder("GreaterEqual").Input(logits).Input(zeros).Build();
  // Selects, not Maximum and Abs: the gradients at 0 are then those of the branch taken.
  const Output above = SelectOf(positive, logits, zeros);
  const Output negative = OpBuilder("Neg").Input(logits).Build();
  const Output neg_abs = SelectOf(positive, negative, logits);
  const Output product = OpBuilder("Mul", "mul").Input(logits).Input(labels).Build();
  const Output linear = OpBuilder("Sub", "sub").Input(above).Input(product).Build();
  const Output exp = OpBuilder("Exp").Input(neg_abs).Build();
  const Output log = OpBuilder("Log1p").Input(exp).Build();
  return OpBuilder("AddV2", scope.name()).Input(linear).Input(log).Build();
}

}  // namespace sessile::nn
