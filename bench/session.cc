// What a session costs beside its kernels: one run of the smallest graph, and how building,
// importing, pruning, planning and running grow with the number of nodes.
//
//   session --benchmark_filter=Call         a scalar Add
//   session --benchmark_filter=/100000      the longest graph of each kind
//   session --benchmark_filter=File graph.pb   importing a GraphDef of one's own
#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "sessile/sessile.h"

namespace tf = sessile;

// The main function of examples/nn_bn.cc, which is compiled once more under this name.
int NnBnMain(int argc, char** argv);

namespace sessile::bench {
namespace {

// x + 1.
struct ScalarAdd {
  ScalarAdd() : scope(graph.as_default()), x(tf::placeholder(tf::float32, {})), y(x + 1.0f) {}
  tf::Graph graph;
  DefaultGraphScope scope;
  tf::Output x, y;
};

void CallScalarAdd(benchmark::State& state) {
  const ScalarAdd add;
  tf::Session session(add.graph);
  const auto call = session.make_callable({add.y}, {add.x});
  const tf::Tensor value = tf::Tensor::Scalar(2.0f);
  for (auto _ : state) benchmark::DoNotOptimize(call(value));
}
BENCHMARK(CallScalarAdd);

void RunScalarAdd(benchmark::State& state) {
  const ScalarAdd add;
  tf::Session session(add.graph);
  for (auto _ : state) benchmark::DoNotOptimize(session.run(add.y, {{add.x, 2.0f}}));
}
BENCHMARK(RunScalarAdd);

// A chain of `nodes` nodes or a few more: y = relu(y * c) + x, each on vectors of 8.
struct Chain {
  explicit Chain(int64_t nodes) : scope(graph.as_default()) {
    x = tf::placeholder(tf::float32, {8});
    const tf::Output c = tf::constant(0.5f);
    y = x;
    for (int64_t made = 2; made < nodes; made += 3) y = tf::nn::relu(y * c) + x;
  }
  tf::Graph graph;
  DefaultGraphScope scope;
  tf::Output x, y;
};

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->RangeMultiplier(10)
      ->Range(100, 100000)
      ->Unit(benchmark::kMillisecond)
      ->Complexity(benchmark::oN);
}

void Build(benchmark::State& state) {
  for (auto _ : state) {
    const Chain chain(state.range(0));
    benchmark::DoNotOptimize(&chain);
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(Build)->Apply(Sizes);

void Import(benchmark::State& state) {
  const tf::GraphDef graph_def = Chain(state.range(0)).graph.as_graph_def();
  for (auto _ : state) {
    const tf::Graph graph;
    const DefaultGraphScope scope = graph.as_default();
    tf::import_graph_def(graph_def, {.name = ""});
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(Import)->Apply(Sizes);

// The first run of a session prunes the graph and makes the plan.
void FirstRun(benchmark::State& state) {
  const Chain chain(state.range(0));
  const tf::Tensor value = tf::Tensor::Zeros(tf::float32, {8}).value();
  for (auto _ : state) {
    tf::Session session(chain.graph);
    benchmark::DoNotOptimize(session.run(chain.y, {{chain.x, value}}));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(FirstRun)->Apply(Sizes);

void LaterRuns(benchmark::State& state) {
  const Chain chain(state.range(0));
  const tf::Tensor value = tf::Tensor::Zeros(tf::float32, {8}).value();
  tf::Session session(chain.graph);
  const auto call = session.make_callable({chain.y}, {chain.x});
  call(value);
  for (auto _ : state) benchmark::DoNotOptimize(call(value));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(LaterRuns)->Apply(Sizes);

// A training graph of thousands of nodes, line by line.
void BuildNnBn(benchmark::State& state) {
  std::string program = "nn_bn", flag = "--batches=0";
  char* arguments[] = {program.data(), flag.data()};
  for (auto _ : state) {
    const tf::Graph graph;
    const DefaultGraphScope scope = graph.as_default();
    if (NnBnMain(2, arguments) != 0) state.SkipWithError("nn_bn failed");
    state.counters["nodes"] = static_cast<double>(graph.get_operations().size());
  }
}
BENCHMARK(BuildNnBn)->Unit(benchmark::kMillisecond);

void ImportFile(benchmark::State& state, const std::string& path) {
  const absl::StatusOr<tf::GraphDef> graph_def = ReadGraphDef(path);
  if (!graph_def.ok()) return state.SkipWithError(graph_def.status().ToString().c_str());
  for (auto _ : state) {
    const tf::Graph graph;
    const DefaultGraphScope scope = graph.as_default();
    tf::import_graph_def(*graph_def, {.name = ""});
  }
  state.counters["nodes"] = graph_def->node_size();
}

}  // namespace
}  // namespace sessile::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    benchmark::RegisterBenchmark("ImportFile", sessile::bench::ImportFile, std::string(argv[i]))
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
}
