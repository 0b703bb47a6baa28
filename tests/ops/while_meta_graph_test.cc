// Loops in meta graphs: written as TensorFlow writes them, and differentiated once they are read.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/operators.h"
#include "sessile/proto/control_flow.pb.h"
#include "sessile/proto/meta_graph.pb.h"
#include "sessile/tests/collection_texts.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

const char kGoldenLoops[] = SESSILE_TEST_DATA_DIR "/while_meta_graph.pbtxt";

// The program of tests/golden/while_meta_graph.py.
void BuildLoops() {
  const Output x = placeholder(float32, {2}, "x");
  const Output w = placeholder(float32, {None}, "w");
  const auto body = [&](Output i, Output v) {
    const Output inner = while_loop([&](Output j, Output) { return j < i; },
                                    [&](Output j, Output s) {
                                      const Output next = j + 1;
                                      return std::pair(next, s * v);
                                    },
                                    {0, v})[1];
    const Output even = equal(i % 2, 0);
    const Output next = i + 1;
    const Output chosen = cond(
        even, [&] { return inner * v; }, [&] { return reduce_sum(w) * inner; });
    return std::pair(next, chosen);
  };
  const Output y =
      while_loop([](Output i, Output) { return i < 4; }, body, {0, x},
                 {.parallel_iterations = 4, .swap_memory = true, .maximum_iterations = 9})[1];
  const Output flag = reduce_sum(y) > 0.0;
  const auto loop = [&] {
    return while_loop([](Output a) { return reduce_sum(a) < 9.0; }, [&](Output a) { return a + x; },
                      {y})[0];
  };
  const Output z = cond(flag, loop, [&] { return y; });
  for (const Output& tensor : {x, w, z}) add_to_collection("ends", tensor);
}

std::vector<Output> Differentiate() {
  const std::vector<Output> ends = get_collection<Output>("ends");
  return gradients(ends.at(2), {ends.at(0), ends.at(1)});
}

class WhileMetaGraphTest : public ::testing::Test {
 protected:
  Graph graph_;
  DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(WhileMetaGraphTest, IsTensorFlowsForTheSameProgram) {
  BuildLoops();
  const MetaGraphDef ours = train::export_meta_graph();
  const absl::StatusOr<MetaGraphDef> golden = ReadMetaGraphDef(kGoldenLoops);
  ASSERT_TRUE(golden.ok()) << golden.status();
  EXPECT_EQ(CollectionTexts<pb::WhileContextDef>(ours, "while_context"),
            CollectionTexts<pb::WhileContextDef>(*golden, "while_context"));
  EXPECT_EQ(CollectionTexts<pb::CondContextDef>(ours, "cond_context"),
            CollectionTexts<pb::CondContextDef>(*golden, "cond_context"));
}

TEST_F(WhileMetaGraphTest, GradientsThroughImportedLoopsAreTensorFlows) {
  train::import_scoped_meta_graph(kGoldenLoops);
  Differentiate();
  ExpectListing("while_meta_graph.txt", "imported", graph_);
}

TEST_F(WhileMetaGraphTest, GradientsThroughLoopsInAScopeAreTensorFlows) {
  train::import_scoped_meta_graph(kGoldenLoops, {.import_scope = "scope"});
  Differentiate();
  ExpectListing("while_meta_graph.txt", "imported_into_a_scope", graph_);
}

TEST_F(WhileMetaGraphTest, GradientsAreThoseOfTheProgram) {
  const auto values = [](const std::vector<Output>& grads) {
    const std::vector<Output> ends = get_collection<Output>("ends");
    Session session;
    return session.run({grads[0], grads[1]},
                       {{ends[0], {0.5, 0.75}}, {ends[1], {0.25, 0.5, 0.125}}});
  };
  BuildLoops();
  const std::vector<Tensor> expected = values(Differentiate());
  const MetaGraphDef meta = train::export_meta_graph();
  const Graph other;
  const DefaultGraphScope with = other.as_default();
  train::import_scoped_meta_graph(meta, {.import_scope = "again"});
  const std::vector<Tensor> got = values(Differentiate());
  EXPECT_THAT(got[0], IsTensor(expected[0], 0));
  EXPECT_THAT(got[1], IsTensor(expected[1], 0));
}

TEST_F(WhileMetaGraphTest, RefusesALoopThatIsNone) {
  BuildLoops();
  const MetaGraphDef meta = train::export_meta_graph();
  const auto error = [&](auto change) {
    pb::MetaGraphDef changed = *meta.message();
    auto& list = *(*changed.mutable_collection_def())["while_context"].mutable_bytes_list();
    pb::WhileContextDef message;
    EXPECT_TRUE(message.ParseFromString(list.value(0)));
    change(message);
    list.set_value(0, message.SerializeAsString());
    const Graph other;
    const DefaultGraphScope with = other.as_default();
    return ErrorOf([&] {
      train::import_scoped_meta_graph(
          MetaGraphDef(std::make_shared<const pb::MetaGraphDef>(changed)));
    });
  };
  EXPECT_THAT(error([](auto& loop) { loop.set_pivot_name("x:0"); }),
              ::testing::HasSubstr("must be LoopCond"));
  EXPECT_THAT(error([](auto& loop) { loop.set_parallel_iterations(0); }),
              ::testing::HasSubstr("parallel_iterations is 0"));
  EXPECT_THAT(error([](auto& loop) { loop.add_loop_exit_names("w:0"); }),
              ::testing::HasSubstr("must be Exit"));
  EXPECT_THAT(error([](auto& loop) { loop.add_loop_enter_names("nothing:0"); }),
              ::testing::HasSubstr("does not exist"));
  EXPECT_THAT(error([](auto& loop) { loop.mutable_values_def()->add_values("x:7"); }),
              ::testing::HasSubstr("only has 1 outputs"));
}

}  // namespace
}  // namespace sessile
