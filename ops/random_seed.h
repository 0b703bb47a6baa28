// The two seeds of a random operation: from the graph's and its own.
#pragma once

#include <cstdint>
#include <optional>

#include "sessile/core/framework/random.h"
#include "sessile/core/graph/graph.h"

namespace sessile {

// As tf.random.get_seed: a request without `op_seed` counts if the graph has a seed.
SeedPair NextSeeds(const Graph& graph, std::optional<int64_t> op_seed);

}  // namespace sessile
