#include "sessile/core/session/session_options.h"

#include <cstdlib>

namespace sessile {

int DefaultOptimizerLevel() {
  static const int level = [] {
    const char* const text = std::getenv("SESSILE_OPTIMIZER_LEVEL");
    return text != nullptr ? std::atoi(text) : 1;
  }();
  return level;
}

}  // namespace sessile
