// What a graph keeps of the GraphDefs imported into it beside their nodes, for the way out again.
// Lives in a slot of the graph: graph.Slot<GraphPayload>(), guarded by GraphImpl::Lock().
#pragma once

#include <memory>
#include <string>

namespace sessile {

namespace pb {
class FunctionDefLibrary;
class VersionDef;
}  // namespace pb

struct GraphPayload {
  std::shared_ptr<pb::FunctionDefLibrary> library;  // null: no functions
  std::shared_ptr<pb::VersionDef> versions;         // null: nothing was imported
  std::string other_fields;                         // of the GraphDef itself, as bytes
};

}  // namespace sessile
