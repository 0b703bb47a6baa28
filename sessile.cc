#include "sessile/sessile.h"

namespace sessile {

const char* version() { return SESSILE_VERSION; }

}  // namespace sessile
