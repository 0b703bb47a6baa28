// Graphs for Graphviz: `sessile show GRAPH --dot | dot -Tsvg > graph.svg`.
#pragma once

#include "sessile/core/graph/graph_impl.h"

// Nodes with their operations; control inputs are dashed, outputs after the first numbered.
void PrintDot(const sessile::GraphImpl& graph);
