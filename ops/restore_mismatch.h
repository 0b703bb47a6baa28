// Why a checkpoint does not fit a graph: which variables have other shapes than its tensors.
#pragma once

#include <span>
#include <string>

#include "absl/status/status.h"
#include "sessile/core/graph/graph_impl.h"

namespace sessile {

// The error `status` of a run of the nodes `restoring`, followed by a line for each variable that
// they were to give a tensor of another shape from the checkpoint `prefix`: "Variable 'w' has shape
// (3,), but tensor 'w' of checkpoint 'PREFIX' has shape (2,)". Other statuses as they are.
absl::Status WithShapeMismatches(const absl::Status& status, const GraphImpl& graph,
                                 std::span<const int> restoring, const std::string& prefix);

}  // namespace sessile
