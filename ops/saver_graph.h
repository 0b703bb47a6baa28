// The nodes of a Saver.
#pragma once

#include <map>
#include <string>

#include "sessile/ops/saver.h"

namespace sessile::train {

// Builds them in the graph of the variables.
SaverDef BuildSaver(const std::map<std::string, Variable>& variables, const SaverOptions& options);

}  // namespace sessile::train
