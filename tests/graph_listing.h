// Compares a graph with one that TensorFlow built, node by node: names, operations, inputs,
// attributes, order.
//
//   ExpectListing("grads_gradients.txt", "chain", graph);
//
// The files are made by scripts in tests/golden/ with graph_listing.py.
#pragma once

#include <string>
#include <vector>

#include "sessile/core/graph/graph.h"

namespace sessile {

// "name op(input, input:1, ^control) attr=value ...", a line a node.
std::vector<std::string> ListGraph(const Graph& graph);

// Fails with the first lines that differ unless `graph` is the case `name` of the file in
// tests/golden.
void ExpectListing(const std::string& file, const std::string& name, const Graph& graph);

}  // namespace sessile
