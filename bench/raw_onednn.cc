// The network of examples/layers_bn written by hand against oneDNN: how fast its primitives allow
// it to be. Channels last, the fastest implementation of each convolution, own loops for batch
// norm, what is a matrix multiplication done as one.
//
//   raw_onednn --data DIR --weights DIR/weights.f32     one line a measure
//   raw_onednn ... --serve                              under bench/compare
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sessile/bench/contender.h"
#include "sessile/bench/data.h"
#include "sessile/bench/raw/inference.h"
#include "sessile/bench/raw/training.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/flags.h"

namespace sessile::bench {
namespace {

// Larger batches are cut, so that activations stay in the cache.
constexpr int64_t kInferenceChunk = 100;

class RawOneDnn final : public Contender {
 public:
  RawOneDnn(Data data, const std::vector<float>& weights, int threads)
      : data_(std::move(data)), threads_(threads), training_(kTrainBatch, threads, weights) {}

  void Train() override { TrainWithLoss(); }

  float TrainWithLoss() override {
    const int64_t first = kTrainBatch * steps_++;
    if (!batches_.contains(first % data_.count())) {
      batches_[first % data_.count()] = {data_.Images(first, kTrainBatch),
                                         data_.Labels(first, kTrainBatch)};
    }
    const auto& [images, labels] = batches_[first % data_.count()];
    return training_.Step(images, labels);
  }

  void Infer(int64_t batch) override {
    if (images_.empty()) images_ = data_.Images(0, std::max(batch, kMostImages));
    logits_.resize(static_cast<size_t>(batch * kClasses));
    for (int64_t i = 0; i < batch; i += kInferenceChunk) {
      const int64_t n = std::min(kInferenceChunk, batch - i);
      InferenceOf(n).Run(images_.data() + i * kPixels, logits_.data() + i * kClasses);
    }
  }

  float Eval(int64_t batch) override {
    inferences_.clear();  // of other weights
    Infer(batch);
    return raw::SigmoidLoss(logits_.data(), data_.Labels(0, batch).data(), batch * kClasses,
                            nullptr);
  }

 private:
  static constexpr int64_t kMostImages = 5000;

  raw::Inference& InferenceOf(int64_t batch) {
    auto& inference = inferences_[batch];
    if (!inference) {
      inference = std::make_unique<raw::Inference>(batch, threads_, training_.Folded());
    }
    return *inference;
  }

  Data data_;
  int threads_;
  raw::Training training_;
  int64_t steps_ = 0;
  std::map<int64_t, std::pair<std::vector<float>, std::vector<float>>> batches_;  // by first image
  std::map<int64_t, std::unique_ptr<raw::Inference>> inferences_;                 // by batch
  std::vector<float> images_, logits_;
};

absl::Status Run(const std::string& data_folder, const std::string& weights_file, int threads,
                 const MeasureOptions& options, Clock::time_point start) {
  SESSILE_ASSIGN_OR_RETURN(Data data, Data::Read(data_folder));
  SESSILE_ASSIGN_OR_RETURN(const std::vector<float> weights, ReadFloats(weights_file));
  // A cached primitive would be offered again under another implementation's number.
  dnnl::set_primitive_cache_capacity(0);
  RawOneDnn contender(std::move(data), weights, threads);
  Measure(contender, options, start);
  return absl::OkStatus();
}

}  // namespace
}  // namespace sessile::bench

int main(int argc, char** argv) {
  const auto start = sessile::bench::Clock::now();
  std::string data, weights;
  int64_t threads = 2;
  sessile::bench::MeasureOptions options;
  sessile::FlagSet flags("raw_onednn", "The network of examples/layers_bn in raw oneDNN.");
  flags.String("data", &data, "folder with images.u8 and labels.u8, as step --save writes it")
      .String("weights", &weights, "the initial weights, as step --save writes them")
      .Int("threads", &threads, "threads to compute with", {.min = 1, .max = 64})
      .Int("rounds", &options.rounds, "rounds of measures", {.min = 1})
      .Int("steps", &options.steps, "training steps a round", {.min = 1})
      .Bool("serve", &options.serve, "measure as bench/compare asks, on standard input");
  flags.ParseOrExit(argc, argv);
  try {
    const absl::Status status =
        sessile::bench::Run(data, weights, static_cast<int>(threads), options, start);
    if (status.ok()) return 0;
    std::fprintf(stderr, "error: %s\n", status.ToString().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  return 1;
}
