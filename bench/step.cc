// Measures the library on a graph from a file: a training step, inference, the start, memory.
//
//   layers_bn --batches 0 --seed 1 --save_graph layers.pb
//   step layers.pb                          one line a measure
//   step layers.pb --save DIR               writes the data and the initial weights, and ends
//   step layers.pb --data DIR --serve       under bench/compare
//
// The graph takes images and one-hot labels; the flags' defaults are the names that the notebook's
// programs give, in C++ as in Python. Everything here is what any user program can do.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sessile/bench/contender.h"
#include "sessile/bench/data.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/flags.h"
#include "sessile/examples/mnist.h"
#include "sessile/sessile.h"

namespace tf = sessile;

namespace sessile::bench {
namespace {

constexpr int64_t kMostImages = 5000;

struct Flags {
  std::string graph, data, mnist, save;
  std::string inputs = "Placeholder:0";
  std::string labels = "Placeholder_1:0";
  std::string is_training = "Placeholder_2:0";
  std::string logits = "dense_1/BiasAdd:0";
  std::string loss = "Mean:0";
  std::string train = "Adam";
  std::string init = "init";
  int64_t threads = 2;
};

tf::Graph ReadGraph(const std::string& path) {
  const tf::Graph graph;
  const auto with = graph.as_default();
  tf::import_graph_def(errors::ValueOrThrow(ReadGraphDef(path)), {.name = ""});
  return graph;
}

class Sessile final : public Contender {
 public:
  Sessile(const Flags& flags, const tf::Graph& graph, Data data)
      : data_(std::move(data)),
        session_(graph, {.intra_op_parallelism_threads = static_cast<int>(flags.threads)}),
        inputs_(graph.get_tensor_by_name(flags.inputs)),
        labels_(graph.get_tensor_by_name(flags.labels)),
        logits_(graph.get_tensor_by_name(flags.logits)),
        loss_(graph.get_tensor_by_name(flags.loss)),
        train_(graph.get_operation_by_name(flags.train)) {
    if (!flags.is_training.empty()) is_training_ = graph.get_tensor_by_name(flags.is_training);
    session_.run(graph.get_operation_by_name(flags.init));
  }

  void Train() override { session_.run(train_, NextBatch()); }

  float TrainWithLoss() override {
    return session_.run({loss_, train_}, NextBatch())[0].scalar<float>();
  }

  void Infer(int64_t batch) override {
    if (!images_.has_value()) images_ = Images(0, std::max(batch, kMostImages));
    session_.run<tf::Tensor>(
        logits_, Feeds({{inputs_, errors::ValueOrThrow(images_.Rows(0, batch))}}, false));
  }

  float Eval(int64_t batch) override {
    return session_.run<float>(
        loss_, Feeds({{inputs_, Images(0, batch)}, {labels_, Labels(0, batch)}}, false));
  }

 private:
  static tf::Tensor Floats(const std::vector<int64_t>& dims, const std::vector<float>& values) {
    return errors::ValueOrThrow(tf::Tensor::FromValues<float>(
        errors::ValueOrThrow(Shape::FromDims(dims)), std::span<const float>(values)));
  }
  tf::Tensor Images(int64_t first, int64_t n) const {
    return Floats({n, 28, 28, 1}, data_.Images(first, n));
  }
  tf::Tensor Labels(int64_t first, int64_t n) const {
    return Floats({n, kClasses}, data_.Labels(first, n));
  }

  tf::FeedDict Feeds(std::vector<tf::Feed> feeds, bool training) const {
    if (is_training_.has_value()) feeds.push_back({is_training_, training});
    return tf::FeedDict(std::move(feeds));
  }

  // Batches are made once: what is measured is the step.
  tf::FeedDict NextBatch() {
    const size_t batches = static_cast<size_t>(std::max<int64_t>(data_.count() / kTrainBatch, 1));
    const size_t i = steps_++ % batches;
    if (i == batches_.size()) {
      const int64_t first = static_cast<int64_t>(i) * kTrainBatch;
      batches_.emplace_back(Images(first, kTrainBatch), Labels(first, kTrainBatch));
    }
    return Feeds({{inputs_, batches_[i].first}, {labels_, batches_[i].second}}, true);
  }

  Data data_;
  tf::Session session_;
  tf::Output inputs_, labels_, is_training_, logits_, loss_;
  tf::Operation train_;
  size_t steps_ = 0;
  std::vector<std::pair<tf::Tensor, tf::Tensor>> batches_;
  tf::Tensor images_;
};

absl::StatusOr<Data> ReadData(const Flags& flags) {
  if (!flags.data.empty()) return Data::Read(flags.data);
  if (flags.mnist.empty()) return Data::Synthetic(kMostImages);
  SESSILE_ASSIGN_OR_RETURN(
      const input_data::DataSets sets,
      input_data::ReadDataSets(flags.mnist, {.reshape = false, .validation_size = 0}));
  const tf::Tensor images = sets.test.images, labels = sets.test.labels;
  std::vector<uint8_t> bytes;
  for (const float pixel : images.flat<float>()) {
    bytes.push_back(static_cast<uint8_t>(pixel * 255 + 0.5f));
  }
  const auto classes = labels.flat<uint8_t>();
  return Data::Of(std::move(bytes), std::vector<uint8_t>(classes.begin(), classes.end()));
}

// The variables that an optimizer updates, in the order of their updates, behind each other.
std::vector<float> InitialWeights(const tf::Graph& graph, const std::string& init) {
  std::vector<tf::Fetch> variables;
  for (const tf::Operation& op : graph.get_operations()) {
    if (op.type().rfind("Apply", 0) == 0) variables.emplace_back(op.inputs()[0]);
  }
  tf::Session session(graph);
  session.run(graph.get_operation_by_name(init));
  std::vector<float> weights;
  for (const tf::Tensor& value : session.run(variables)) {
    weights.insert(weights.end(), value.flat<float>().begin(), value.flat<float>().end());
  }
  return weights;
}

absl::Status Run(const Flags& flags, const MeasureOptions& options, Clock::time_point start) {
  const tf::Graph graph = ReadGraph(flags.graph);
  SESSILE_ASSIGN_OR_RETURN(Data data, ReadData(flags));
  if (!flags.save.empty()) {
    SESSILE_RETURN_IF_ERROR(MakeFolders(flags.save));
    SESSILE_RETURN_IF_ERROR(data.Write(flags.save));
    return WriteFloats(flags.save + "/weights.f32", InitialWeights(graph, flags.init));
  }
  Sessile contender(flags, graph, std::move(data));
  Measure(contender, options, start);
  return absl::OkStatus();
}

void Declare(Flags* flags, MeasureOptions* options, FlagSet* set) {
  set->Positional("GRAPH", &flags->graph, "a GraphDef that trains, as --save_graph writes it")
      .String("data", &flags->data, "folder that --save wrote; without it data is made up")
      .String("mnist", &flags->mnist, "folder of MNIST's four files: the data is its test images")
      .String("save", &flags->save, "folder to write data and initial weights to, and end")
      .String("inputs", &flags->inputs, "tensor that takes images")
      .String("labels", &flags->labels, "tensor that takes one-hot labels")
      .String("is_training", &flags->is_training, "bool tensor; empty if there is none")
      .String("logits", &flags->logits, "tensor of logits")
      .String("loss", &flags->loss, "tensor of the loss")
      .String("train", &flags->train, "operation that trains a step")
      .String("init", &flags->init, "operation that initializes variables")
      .Int("threads", &flags->threads, "threads to compute with", {.min = 0, .max = 1024})
      .Int("rounds", &options->rounds, "rounds of measures", {.min = 1})
      .Int("steps", &options->steps, "training steps a round", {.min = 1})
      .Bool("serve", &options->serve, "measure as bench/compare asks, on standard input");
}

}  // namespace
}  // namespace sessile::bench

int main(int argc, char** argv) {
  const auto start = sessile::bench::Clock::now();
  sessile::bench::Flags flags;
  sessile::bench::MeasureOptions options;
  sessile::FlagSet set("step", "Measures training and inference of a graph.");
  sessile::bench::Declare(&flags, &options, &set);
  set.ParseOrExit(argc, argv);
  try {
    const absl::Status status = sessile::bench::Run(flags, options, start);
    if (status.ok()) return 0;
    std::fprintf(stderr, "error: %s\n", status.ToString().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  return 1;
}
