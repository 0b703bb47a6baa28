// The bodies of a graph's functions, each read once, and how many nodes they become when the calls
// in them are replaced by bodies too.
//
//   FunctionBodies bodies(graph);
//   SESSILE_ASSIGN_OR_RETURN(const auto body, bodies.Get({"Square", attrs}));
//   if (bodies.SizeOf(*call.op(), call.attrs()) > limit) ...
//
// A few functions that call each other can stand for more nodes than there is memory, which the
// size tells without making them. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/graph/function_body.h"

namespace sessile {

class FunctionBodies {
 public:
  // Functions that call functions. Each is some stack frames.
  static constexpr size_t kMostCallers = 200;
  // Larger sizes are not told apart.
  static constexpr int64_t kMostNodes = int64_t{1} << 20;

  // REQUIRES: graph.Lock() is held during the call.
  explicit FunctionBodies(GraphImpl& graph) : graph_(graph), library_(graph) {}

  // FunctionLibrary::Instantiate's.
  absl::StatusOr<std::shared_ptr<const FunctionBody>> Get(const FunctionRef& function);

  // At least so many nodes replace a call of this op, up to kMostNodes + 1. What cannot be called
  // counts nothing: whoever replaces the call says what is wrong.
  int64_t SizeOf(const OpDef& op, const AttrMap& attrs);

 private:
  struct Known {
    FunctionRef function;
    std::shared_ptr<const FunctionBody> body;
    int64_t size = -1;  // not counted yet
  };
  Known* Find(const FunctionRef& function);
  std::vector<FunctionRef> CalledBy(const OpDef& op, const AttrMap& attrs) const;
  int64_t SizeOf(const FunctionRef& function);

  GraphImpl& graph_;
  FunctionLibrary library_;
  std::map<std::string, std::vector<std::unique_ptr<Known>>> known_;  // by the functions' names
  int64_t nodes_read_ = 0;
  size_t callers_ = 0;
};

}  // namespace sessile
