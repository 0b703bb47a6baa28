// Which Const nodes were made from fewer values than they have elements, as zeros({3, 4}) is from
// one: a GraphDef holds only those values, the last of which stands for all that follow.
//
//   graph.Slot<SplatConstants>().values[node.id()] = 1;
//
// Guarded as the graph's collections are: by its users.
#pragma once

#include <cstdint>
#include <map>

namespace sessile {

struct SplatConstants {
  std::map<int, int64_t> values;  // node id -> number of values
};

}  // namespace sessile
