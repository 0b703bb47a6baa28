// Damaged graphs, meta graphs and SavedModels: each case ends in a status, an error or a graph, in
// bounded time and memory. SESSILE_MUTATIONS=100000 in the environment makes a long run of it.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "sessile/core/framework/buffer.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/saved_model.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/tests/mutation.h"
#include "sessile/tests/temp_folder.h"

namespace sessile {
namespace {

class GraphMutationTest : public ::testing::Test {
 protected:
  GraphMutationTest() {
    SetMemoryLimit(kMutationMemory);
    EXPECT_TRUE(meta_.ParseFromText(*ReadFile(SESSILE_TEST_DATA_DIR "/meta_graph.pbtxt")).ok());
  }
  ~GraphMutationTest() override { SetMemoryLimit(0); }

  // Only errors::OpError may leave `use`, which is given a graph of its own each time.
  void ExpectStatuses(int cases, const std::function<void()>& use) {
    int whole = 0;
    for (int i = 0; i < cases; ++i) {
      const Graph graph;
      const auto with = graph.as_default();
      try {
        use();
        ++whole;
      } catch (const errors::OpError&) {
      }
      graph.as_graph_def(/*add_shapes=*/true);
    }
    EXPECT_LT(whole, cases);
  }

  // What a program does with a graph that it has read.
  static void Use(const MetaGraphDef& meta) {
    train::import_scoped_meta_graph(meta);
    train::export_meta_graph();
    std::vector<Output> parameters;
    for (const Variable& variable : trainable_variables()) parameters.push_back(variable.ref());
    for (const Output& loss : get_collection<Output>("my_losses")) gradients(loss, parameters);
  }

  Mutator mutator_;
  MetaGraphDef meta_;
};

TEST_F(GraphMutationTest, GraphDefsEndInAStatus) {
  const std::string binary = errors::ValueOrThrow(meta_.graph_def().SerializeToString());
  ExpectStatuses(Mutations() / 2, [&] {
    GraphDef def;
    errors::ThrowIfError(def.ParseFromString(mutator_.Mutated(binary)));
    import_graph_def(def, {.name = ""});
  });
  const std::string text = meta_.graph_def().DebugString();
  ExpectStatuses(Mutations() / 2, [&] {
    GraphDef def;
    errors::ThrowIfError(def.ParseFromText(mutator_.Mutated(text)));
    import_graph_def(def, {.name = ""});
  });
}

// Of a whole graph most damage would be found before it gets to what the nodes say.
TEST_F(GraphMutationTest, NodesEndInAStatus) {
  const pb::GraphDef& golden = meta_.message()->graph_def();
  ExpectStatuses(Mutations(), [&] {
    pb::GraphDef def = golden;
    const size_t index = mutator_.Random(static_cast<size_t>(def.node_size()));
    pb::NodeDef& node = *def.mutable_node(static_cast<int>(index));
    const std::string bytes = errors::ValueOrThrow(SerializeDeterministic(node));
    errors::ThrowIfError(ParseProto(mutator_.Mutated(bytes), &node, "the node"));
    import_graph_def(GraphDef(std::make_shared<const pb::GraphDef>(std::move(def))), {.name = ""});
  });
}

TEST_F(GraphMutationTest, MetaGraphsEndInAStatus) {
  const std::string binary = errors::ValueOrThrow(meta_.SerializeToString());
  ExpectStatuses(Mutations() / 2, [&] {
    MetaGraphDef meta;
    errors::ThrowIfError(meta.ParseFromString(mutator_.Mutated(binary)));
    Use(meta);
  });
  const std::string text = meta_.DebugString();
  ExpectStatuses(Mutations() / 2, [&] {
    MetaGraphDef meta;
    errors::ThrowIfError(meta.ParseFromText(mutator_.Mutated(text)));
    Use(meta);
  });
}

TEST_F(GraphMutationTest, CollectionsEndInAStatus) {
  for (const std::string name :
       {GraphKeys::GLOBAL_VARIABLES, GraphKeys::COND_CONTEXT, "my_losses"}) {
    const pb::CollectionDef& golden = meta_.message()->collection_def().at(name);
    const std::string bytes = errors::ValueOrThrow(SerializeDeterministic(golden));
    ExpectStatuses(Mutations() / 4, [&] {
      pb::MetaGraphDef meta = *meta_.message();
      pb::CollectionDef& damaged = (*meta.mutable_collection_def())[name];
      errors::ThrowIfError(ParseProto(mutator_.Mutated(bytes), &damaged, "the collection"));
      Use(MetaGraphDef(std::make_shared<const pb::MetaGraphDef>(std::move(meta))));
    });
  }
}

// Runs the signatures of a SavedModel.
void Serve(const std::string& folder) {
  Session sess;
  const MetaGraphDef meta = saved_model::load(sess, {"serve"}, folder);
  for (const auto& [name, signature] : saved_model::signature_defs(meta)) {
    std::vector<Fetch> outputs;
    for (const auto& [key, info] : signature.outputs) outputs.emplace_back(info.name);
    FeedDict feeds;
    for (const auto& [key, info] : signature.inputs) {
      feeds.items.push_back({info.name, {{1.0, 2.0}}});
    }
    errors::ThrowIfError(sess.Run(outputs, feeds).status());
  }
}

TEST_F(GraphMutationTest, SavedModelsEndInAStatus) {
  const std::string golden = SESSILE_TEST_DATA_DIR "/saved_model";
  const TempFolder temp;
  const std::string folder = temp.file("model");
  std::filesystem::copy(golden, folder, std::filesystem::copy_options::recursive);
  const std::string binary = *ReadFile(golden + "/saved_model.pb");
  ExpectStatuses(Mutations() / 2, [&] {
    errors::ThrowIfError(WriteFile(folder + "/saved_model.pb", mutator_.Mutated(binary)));
    Serve(folder);
  });
}

}  // namespace
}  // namespace sessile
