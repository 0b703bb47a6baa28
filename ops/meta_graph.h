// Graphs with their collections, to files and back.
//
//   tf::train::export_meta_graph({.filename = "model.meta"});
//   ...
//   tf::train::import_scoped_meta_graph("model.meta");
//   auto train_op = tf::get_collection<tf::Operation>("train_op")[0];
//
// The file is TensorFlow's: either side reads what the other has written, and goes on building,
// also gradients through conds. Variables, conds, tensors and operations in collections come back
// as such. Collections of bytes that are not known here stay as they are. train::import_meta_graph
// (ops/saver.h) does the same and returns the Saver.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/ops/saver_def.h"

namespace sessile {

namespace train {

struct ExportMetaGraphOptions {
  std::string filename = {};               // written, unless it is empty
  std::vector<std::string> tags = {};      // of meta_info_def
  std::optional<GraphDef> graph_def = {};  // instead of the graph's own
  std::optional<SaverDef> saver_def = {};
  std::optional<std::vector<std::string>> collection_list = {};  // by default all
  bool as_text = false;
  std::optional<Graph> graph = {};  // by default the default graph
  // Only what is in this name scope, which is taken off the names. Inputs from outside get names
  // that begin with "$unbound_inputs_", for input_map when the graph is imported.
  std::string export_scope = {};
  bool clear_devices = false;
  bool clear_extraneous_savers = false;  // the collection "savers" holds saver_def alone
  bool strip_default_attrs = false;
};

// Throws errors::InvalidArgumentError for a graph of 2 GiB or more.
MetaGraphDef export_meta_graph(const ExportMetaGraphOptions& options = {});

struct ImportMetaGraphOptions {
  bool clear_devices = false;
  std::string import_scope = {};
  std::map<std::string, Output> input_map = {};
  std::vector<std::string> return_elements = {};
};

struct ImportedMetaGraph {
  std::string prefix;                     // of all names: "scope", or "" for none
  std::vector<ImportedElement> returned;  // what return_elements asked for
  std::optional<SaverDef> saver_def;      // with the names that nodes have now
};

// Adds the graph and its collections to the default graph. Throws errors::OpError of the kind that
// fits for files that cannot be read, graphs that cannot be imported, and collections that name
// what is not in the graph.
ImportedMetaGraph import_scoped_meta_graph(const MetaGraphDef& meta,
                                           const ImportMetaGraphOptions& options = {});
ImportedMetaGraph import_scoped_meta_graph(const std::string& filename,
                                           const ImportMetaGraphOptions& options = {});

}  // namespace train
}  // namespace sessile
