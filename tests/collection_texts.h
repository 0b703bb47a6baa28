// What a collection of serialized messages says, as text: serialized maps have no order.
//
//   EXPECT_EQ(CollectionTexts<pb::CondContextDef>(ours, "cond_context"),
//             CollectionTexts<pb::CondContextDef>(golden, "cond_context"));
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sessile/core/graph/meta_graph_def.h"
#include "sessile/proto/meta_graph.pb.h"

namespace sessile {

// A collection that is missing fails the test.
template <typename Message>
std::vector<std::string> CollectionTexts(const MetaGraphDef& meta, const std::string& collection) {
  std::vector<std::string> texts;
  const auto& collections = meta.message()->collection_def();
  EXPECT_TRUE(collections.contains(collection)) << collection;
  if (!collections.contains(collection)) return texts;
  for (const std::string& bytes : collections.at(collection).bytes_list().value()) {
    Message message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    texts.push_back(message.DebugString());
  }
  return texts;
}

}  // namespace sessile
