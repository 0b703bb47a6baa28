#include "sessile/examples/example.h"

#include <cstdio>
#include <exception>
#include <optional>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/saver.h"

namespace sessile {

void AddFlags(ExampleOptions* options, FlagSet* flags) {
  flags->String("data", &options->data, "folder of MNIST's four files (.gz or plain)")
      .Int("batches", &options->batches, "batches to train; 0 builds the graph and ends",
           {.min = 0})
      .Int("batch_size", &options->batch_size, "examples in a batch", {.min = 1})
      .Double("learning_rate", &options->learning_rate, "Adam's learning rate")
      .Int("seed", &options->seed, "seed of weights and batches; -1 for another one each time",
           {.min = -1, .max = 2147483647})
      .Int("threads", &options->threads, "threads to compute with; 0 for one a core",
           {.min = 0, .max = 1024})
      .String("save_graph", &options->save_graph, "file to write the graph to, as a GraphDef")
      .String("log_dir", &options->log_dir, "folder to write the curves to, for TensorBoard")
      .String("restore", &options->restore, "checkpoint to go on from: the prefix of its files")
      .String("save", &options->save, "prefix of the checkpoint to save after training");
}

input_data::DataSets ExampleOptions::ReadData() const {
  std::optional<uint32_t> order;
  if (has_seed()) order = static_cast<uint32_t>(seed);
  return input_data::read_data_sets(data, {.one_hot = true, .reshape = false, .seed = order});
}

void SeedGraph(const ExampleOptions& options) {
  if (options.has_seed()) set_random_seed(options.seed);
}

void SaveGraph(const ExampleOptions& options) {
  if (options.save_graph.empty()) return;
  const Graph graph = get_default_graph();
  const GraphDef graph_def = errors::ValueOrThrow(ExportGraphDef(*graph.impl()));
  errors::ThrowIfError(WriteGraphDef(options.save_graph, graph_def));
}

TrainingLog::TrainingLog(const ExampleOptions& options) : folder_(options.log_dir) {
  if (folder_.empty()) return;
  for (const std::string set : {"train", "validation"}) {
    writers_.try_emplace(set, folder_ + "/" + set);
  }
  writers_.at("train").add_graph(get_default_graph());
}

void TrainingLog::Add(const std::string& set, int64_t batch, double loss, double accuracy) {
  if (folder_.empty()) return;
  writers_.at(set).add_summary(Summary{{{.tag = "loss", .simple_value = loss},
                                        {.tag = "accuracy", .simple_value = accuracy}}},
                               batch);
}

void RestoreVariables(const ExampleOptions& options, Session& session) {
  if (!options.restore.empty()) train::Saver().restore(session, options.restore);
}

void SaveVariables(const ExampleOptions& options, Session& session) {
  if (!options.save.empty()) train::Saver().save(session, options.save);
}

int RunExample(const std::function<void()>& train) {
  try {
    train();
    return 0;
  } catch (const errors::OpError& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s: %s\n", errors::CodeName(e.code()).c_str(),
                 e.message().c_str());
  } catch (const std::exception& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: INTERNAL: %s\n", e.what());
  }
  return 1;
}

}  // namespace sessile
