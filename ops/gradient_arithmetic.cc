#include "sessile/ops/gradient_arithmetic.h"

#include <optional>
#include <string_view>

#include "sessile/core/graph/scope.h"
#include "sessile/ops/op_builder.h"

namespace sessile::py {
namespace {

Output Binary(std::string_view op, std::string_view name, const Input& x, const Input& y) {
  SourceScope here(x);
  if (x.is_output()) return OpBuilder(op, name).Input(x).Input(y).Build();
  name_scope scope(name, y.output().graph_impl());
  const Output left = convert_to_tensor(x, y.dtype(), "x");
  return OpBuilder(op, scope.name()).Input(left).Input(y).Build();
}

}  // namespace

Output Add(Input x, Input y) { return Binary("AddV2", "add", x, y); }
Output Sub(Input x, Input y) { return Binary("Sub", "sub", x, y); }
Output Mul(Input x, Input y) { return Binary("Mul", "mul", x, y); }
Output TrueDiv(Input x, Input y) { return Binary("RealDiv", "truediv", x, y); }
Output FloorDiv(Input x, Input y) { return Binary("FloorDiv", "floordiv", x, y); }
Output Mod(Input x, Input y) { return Binary("FloorMod", "mod", x, y); }

}  // namespace sessile::py
