// Both executors give the same bits on graphs that nobody thought of.

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/tests/sanitized.h"
#include "sessile/tests/session_testing.h"

namespace sessile {
namespace {

constexpr int64_t kVectorSize = 700;  // three blocks

// A graph of `kVectorSize`-vectors and scalars: arithmetic, aliases, in-place updates, branches
// with predicates that are fed and that depend on data, shapes that depend on data, loops.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    fed_ = {g_.Placeholder("x", float32), g_.Placeholder("y", float32)};
    pred_ = g_.Placeholder("pred", DataType::kBool);
    shape_ = g_.Placeholder("shape", int32);
    values_ = fed_;
    for (int i = 0; i < 3; ++i) AddVariable();
    for (int i = 0; i < 25; ++i) AddRandomOp();
    for (int i = 0; i < 6; ++i) fetches_.push_back(Pick());
    for (int i = 0; i < 2; ++i) fetches_.push_back(variables_[Below(variables_.size())]);
    for (const Operation& update : updates_) {
      if (Below(2) == 0) fetches_.push_back(update);
    }
  }

  struct Result {
    std::vector<absl::StatusOr<std::vector<Tensor>>> runs;
  };

  Result Run(const ConfigProto& config) const {
    Session session = g_.NewSession(config);
    Result result;
    result.runs.push_back(session.Run({fetches_.back()}, Feeds(0)));  // maybe uninitialized
    for (const Operation& init : inits_) result.runs.push_back(session.Run({init}, Feeds(0)));
    for (int i = 0; i < 4; ++i) result.runs.push_back(session.Run(fetches_, Feeds(i)));
    std::vector<Fetch> variables(variables_.begin(), variables_.end());
    result.runs.push_back(session.Run(variables, Feeds(0)));
    return result;
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  Output Pick() { return values_[Below(values_.size())]; }
  std::string Name(const char* op) { return absl::StrCat(op, count_++); }

  std::vector<float> Numbers(unsigned seed) const {
    std::mt19937 numbers(seed);
    std::vector<float> made;
    for (int64_t i = 0; i < kVectorSize; ++i)
      made.push_back(static_cast<float>(numbers() % 2001) - 1000);
    return made;
  }

  // The pred changes with every run, a float value every second time.
  FeedDict Feeds(int run) const {
    const auto seed = static_cast<unsigned>(run / 2);
    return {{fed_[0], Numbers(seed)},
            {fed_[1], Numbers(seed + 100)},
            {pred_, run % 2 == 0},
            {shape_, std::vector<int32_t>{static_cast<int32_t>(kVectorSize)}}};
  }

  void AddVariable() {
    variables_.push_back(g_.Variable(Name("w")));
    const Output value = g_.Const(Name("c"), Floats({kVectorSize}, Numbers(random_())));
    inits_.push_back(g_.AddOp("Assign", Name("init"), {variables_.back(), value}));
    values_.push_back(g_.Op("Identity", Name("read"), {variables_.back()}));
  }

  std::vector<Operation> Controls() {
    if (Below(3) != 0) return {};
    return {Pick().op()};
  }

  void AddRandomOp() {
    switch (Below(10)) {
      case 0:
      case 1:
        values_.push_back(g_.Op("Neg", Name("neg"), {Pick()}, {}, Controls()));
        return;
      case 2:
      case 3:
        values_.push_back(g_.Op("Add", Name("add"), {Pick(), Pick()}, {}, Controls()));
        return;
      case 4:
        values_.push_back(g_.Op("Identity", Name("id"), {Pick()}, {}, Controls()));
        return;
      case 5:
        values_.push_back(g_.Op("Reshape", Name("reshape"), {Pick(), shape_}));
        return;
      case 6: {
        const Output sum = g_.Op("Sum", Name("sum"), {Pick()});
        values_.push_back(g_.Op("Add", Name("add"), {Pick(), sum}));
        return;
      }
      case 7:
        return AddUpdate();
      case 8:
        return AddBranch();
      default:
        Below(3) == 0 ? AddLoop() : AddPositive();
    }
  }

  // References stay ordered with what reads them only by control edges and the order of ids.
  void AddUpdate() {
    const Output w = variables_[Below(variables_.size())];
    const char* const op = Below(3) == 0 ? "Assign" : "AssignAdd";
    updates_.push_back(g_.AddOp(op, Name("update"), {w, Pick()}, {}, Controls()));
    values_.push_back(g_.Op("Identity", Name("after"), {w}, {}, {updates_.back()}));
  }

  Output DataDependentPred() {
    const Output sum = g_.Op("Sum", Name("sum"), {Pick()});
    return g_.Op("Less", Name("less"), {sum, g_.Const(Name("zero"), 0.0f)});
  }

  void AddBranch() {
    const Output pred = Below(3) == 0 ? DataDependentPred() : pred_;
    const Operation sides = g_.AddOp("Switch", Name("switch"), {Pick(), pred});
    const Output on_true = g_.Op("Neg", Name("on_true"), {Output(sides, 1)});
    const Output on_false = g_.Op("Add", Name("on_false"), {Output(sides, 0), Output(sides, 0)});
    if (Below(2) == 0) {
      const Output w = variables_[Below(variables_.size())];
      updates_.push_back(g_.AddOp("AssignAdd", Name("update"), {w, on_true}));
    }
    values_.push_back(g_.Op("Merge", Name("merge"), {on_false, on_true}));
  }

  void AddPositive() {
    const Output few = g_.Op("Positive", Name("positive"), {Pick()});
    const Output sum = g_.Op("Sum", Name("sum"), {few});
    values_.push_back(g_.Op("Add", Name("add"), {Pick(), sum}));
  }

  // Adds a value to itself until the sum of an element passes a bound: here, three times around.
  void AddLoop() {
    const std::string frame = Name("loop");
    const auto enter = [&](const Output& x, bool constant) {
      return g_.Op("Enter", Name("enter"), {x}, {{"frame_name", frame}, {"is_constant", constant}});
    };
    const Output i = enter(g_.Const(Name("zero"), 0.0f), false);
    const Output x = enter(Pick(), false);
    const Output limit = enter(g_.Const(Name("limit"), 3.0f), true);
    const Output one = enter(g_.Const(Name("one"), 1.0f), true);
    const Output merge_i = g_.Op("Merge", Name("merge"), {i, i});
    const Output merge_x = g_.Op("Merge", Name("merge"), {x, x});
    const Output less = g_.Op("Less", Name("less"), {merge_i, limit});
    const Output cond = g_.Op("LoopCond", Name("cond"), {less});
    const Operation sides_i = g_.AddOp("Switch", Name("switch"), {merge_i, cond});
    const Operation sides_x = g_.AddOp("Switch", Name("switch"), {merge_x, cond});
    const Output next_i = g_.Op("Add", Name("next"), {Output(sides_i, 1), one});
    const Output next_x = g_.Op("Add", Name("next"), {Output(sides_x, 1), Output(sides_x, 1)});
    Close(merge_i, next_i);
    Close(merge_x, next_x);
    values_.push_back(g_.Op("Exit", Name("exit"), {Output(sides_x, 0)}));
  }

  void Close(const Output& merge, const Output& next) {
    const Output back = g_.Op("NextIteration", Name("back"), {next});
    ASSERT_TRUE(g_.graph().impl()->UpdateInput(merge.op().mutable_node(), 1, back.endpoint()).ok());
  }

  std::mt19937 random_;
  TestGraph g_;
  int count_ = 0;
  Output pred_, shape_;
  std::vector<Output> fed_, values_, variables_;
  std::vector<Operation> inits_, updates_;
  std::vector<Fetch> fetches_;
};

void ExpectSame(const RandomGraph::Result& expected, const RandomGraph::Result& actual) {
  ASSERT_EQ(actual.runs.size(), expected.runs.size());
  for (size_t run = 0; run < expected.runs.size(); ++run) {
    ASSERT_EQ(actual.runs[run].status(), expected.runs[run].status()) << "run " << run;
    if (!expected.runs[run].ok()) continue;
    const std::vector<Tensor>& wanted = *expected.runs[run];
    for (size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_TRUE(SameTensor((*actual.runs[run])[i], wanted[i]) || !wanted[i].has_value())
          << "run " << run << ", fetch " << i << ": " << (*actual.runs[run])[i].ToString()
          << " instead of " << wanted[i].ToString();
    }
  }
}

// Batches of graphs; 2,000 graphs in all, fewer where each takes ten times as long.
constexpr int kBatches = kSanitized ? 10 : 50;

class RandomGraphTest : public testing::TestWithParam<int> {};

TEST_P(RandomGraphTest, BothExecutorsGiveTheSameBits) {
  constexpr int kGraphs = 40;
  for (int i = 0; i < kGraphs; ++i) {
    const auto seed = static_cast<unsigned>(GetParam() * kGraphs + i);
    SCOPED_TRACE(seed);
    const RandomGraph graph(seed);
    const RandomGraph::Result expected =
        graph.Run({.intra_op_parallelism_threads = 1, .optimizer_level = 0});
    for (const int threads : {1, 2, 4}) {
      ExpectSame(expected,
                 graph.Run({.intra_op_parallelism_threads = threads, .optimizer_level = 1}));
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomGraphTest, testing::Range(0, kBatches));

}  // namespace
}  // namespace sessile
