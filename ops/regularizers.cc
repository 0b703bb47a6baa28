#include "sessile/ops/regularizers.h"

#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"

namespace sessile::regularizers {

Output l1::operator()(const Output& x) const {
  const Output sum = reduce_sum(abs(x));
  return l1_ * sum;
}

Output l2::operator()(const Output& x) const {
  const Output half_sum = nn::l2_loss(x);
  return 2.0 * l2_ * half_sum;
}

Output l1_l2::operator()(const Output& x) const {
  Output sum = constant(0.0, {.dtype = BaseType(x.dtype())});
  if (l1_ != 0) {
    const Output part = l1(l1_)(x);
    sum = sum + part;
  }
  if (l2_ != 0) {
    const Output part = l2(l2_)(x);
    sum = sum + part;
  }
  return sum;
}

}  // namespace sessile::regularizers
