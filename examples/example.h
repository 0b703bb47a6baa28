// What the example programs share beside the notebook's own text: flags, errors, the saved graph,
// checkpoints.
//
//   int main(int argc, char** argv) {
//     ExampleOptions options;
//     FlagSet flags("layers_bn", "Trains ...");
//     AddFlags(&options, &flags);
//     flags.ParseOrExit(argc, argv);
//     return RunExample([&] { train(options); });
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sessile/core/io/flags.h"
#include "sessile/core/session/session.h"
#include "sessile/examples/mnist.h"
#include "sessile/ops/file_writer.h"

namespace sessile {

struct ExampleOptions {
  std::string data = input_data::DefaultFolder();  // folder of MNIST's four files
  int64_t batches = 800;
  int64_t batch_size = 64;
  double learning_rate = 0.002;
  int64_t seed = -1;  // of the graph and of the order of batches; -1: another one each time
  int64_t threads = 0;
  std::string save_graph;
  std::string log_dir;  // folder for TensorBoard; "": none
  std::string restore;  // prefix of a checkpoint, before training; empty: none
  std::string save;     // and after

  bool has_seed() const { return seed >= 0; }
  ConfigProto config() const { return {.intra_op_parallelism_threads = static_cast<int>(threads)}; }
  // MNIST as the notebook reads it: labels one-hot, images [28,28,1].
  input_data::DataSets ReadData() const;
};

// Declares a flag for each option; `options` must outlive `flags`.
void AddFlags(ExampleOptions* options, FlagSet* flags);

// Seeds the default graph if a seed was given.
void SeedGraph(const ExampleOptions& options);

// Writes the default graph as a GraphDef if --save_graph was given. Throws errors::OpError.
void SaveGraph(const ExampleOptions& options);

// The curves of a training, and the default graph, for `tensorboard --logdir`; nothing without
// --log_dir. Throws errors::OpError.
class TrainingLog {
 public:
  explicit TrainingLog(const ExampleOptions& options);
  // Of "train" or "validation".
  void Add(const std::string& set, int64_t batch, double loss, double accuracy);

 private:
  const std::string folder_;
  std::map<std::string, summary::FileWriter> writers_;
};

// Gives the variables the values of the checkpoint --restore, or saves them as the checkpoint
// --save, if it was given. Throw errors::OpError.
void RestoreVariables(const ExampleOptions& options, Session& session);
void SaveVariables(const ExampleOptions& options, Session& session);

// Runs `train`; an error becomes a line "error: CODE: message" on stderr and the result 1.
int RunExample(const std::function<void()>& train);

}  // namespace sessile
