#include "sessile/core/framework/kernel.h"

#include "sessile/core/graph/node.h"

namespace sessile {

const AttrMap& PrepareContext::attrs() const { return node().attrs(); }

}  // namespace sessile
