// The nodes of a Saver.
#pragma once

#include <vector>

#include "sessile/ops/saver.h"

namespace sessile::train {

// Builds them in the graph of the variables, of which there are some.
SaverDef BuildSaver(const std::vector<VarList::Item>& items, const SaverOptions& options);

}  // namespace sessile::train
