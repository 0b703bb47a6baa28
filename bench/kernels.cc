// Our convolutions and batch norms beside raw oneDNN's convolutions and hand-written loops, for
// each layer of examples/layers_bn at batch 64.
//
//   kernels --benchmark_filter='conv_forward/.*/7/'      layer 7, both sides
//
// Ours are run as a user's graph is, by a session, so a few microseconds of it are in each figure.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sessile/bench/raw/batch_norm.h"
#include "sessile/bench/raw/convolution.h"
#include "sessile/bench/raw/network.h"
#include "sessile/bench/raw/program.h"
#include "sessile/sessile.h"

namespace tf = sessile;

namespace sessile::bench {
namespace {

constexpr int64_t kBatch = 64;
constexpr int kThreads = 2;

// Numbers between -1 and 1.
void Fill(float* values, int64_t n) {
  uint32_t state = 1;
  for (int64_t i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    values[i] = static_cast<float>(state >> 8) / (1 << 23) - 1;
  }
}

tf::Tensor Noise(const std::vector<int64_t>& dims) {
  auto tensor = errors::ValueOrThrow(
      tf::Tensor::Allocate(tf::float32, errors::ValueOrThrow(Shape::FromDims(dims))));
  Fill(tensor.mutable_data<float>(), tensor.num_elements());
  return tensor;
}

// A graph of one layer's operation, run by a session.
class Ours {
 public:
  Ours() : scope_(graph_.as_default()) {}

  tf::Output Feed(const std::vector<int64_t>& dims) {
    const auto place = tf::placeholder(tf::float32, errors::ValueOrThrow(Shape::FromDims(dims)));
    places_.emplace_back(place);
    values_.emplace_back(Noise(dims));
    return place;
  }

  // Computes `tensors`, into the same memory each time. They are fetched: what nobody looks at is
  // not computed.
  void Measure(benchmark::State& state, const std::vector<tf::Output>& tensors) {
    tf::Session session(graph_, {.intra_op_parallelism_threads = kThreads});
    const tf::Callable compute =
        session.make_callable({tensors.begin(), tensors.end()}, std::move(places_));
    std::vector<tf::Tensor> results(tensors.size());
    for (auto _ : state) errors::ThrowIfError(compute.RunInto(values_, results));
  }

 private:
  tf::Graph graph_;
  tf::DefaultGraphScope scope_;
  std::vector<tf::FeedKey> places_;
  std::vector<tf::FeedValue> values_;
};

using Shapes = raw::ConvLayer;

// What a convolution computes: the output, the gradient of its input, that of its filter.
enum Pass { kForward, kToInput, kToFilter };

void OurConvolution(benchmark::State& state, const Shapes& l, Pass pass) {
  Ours ours;
  const auto x = ours.Feed({kBatch, l.size, l.size, l.in});
  const auto w = ours.Feed({3, 3, l.in, l.out});
  const auto dy = ours.Feed({kBatch, l.out_size, l.out_size, l.out});
  const auto y = tf::nn::conv2d(x, w, {.strides = l.stride, .padding = "SAME"});
  const std::vector<tf::Output> gradients = tf::gradients(y, {x, w}, {.grad_ys = {dy}});
  ours.Measure(state, {pass == kForward ? y : gradients[pass == kToInput ? 0 : 1]});
}

void RawConvolution(benchmark::State& state, const Shapes& l, Pass pass) {
  dnnl::set_primitive_cache_capacity(0);
  raw::Program program(kThreads);
  const auto noise = [&](const raw::Desc& desc) {
    const dnnl::memory memory = program.Memory(desc);
    Fill(static_cast<float*>(memory.get_data_handle()),
         static_cast<int64_t>(desc.get_size() / sizeof(float)));
    return memory;
  };
  const auto forward = raw::TrainingForward(l, kBatch, kThreads);
  if (pass == kForward) {
    program.Add(dnnl::convolution_forward(forward.desc), forward.threads,
                forward.desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, noise(forward.desc.src_desc())},
                 {DNNL_ARG_WEIGHTS, noise(forward.desc.weights_desc())},
                 {DNNL_ARG_DST, noise(forward.desc.dst_desc())}});
  } else if (pass == kToInput) {
    const auto chosen = raw::BackwardData(l, kBatch, kThreads, forward.desc);
    program.Add(dnnl::convolution_backward_data(chosen.desc), chosen.threads,
                chosen.desc.scratchpad_desc(),
                {{DNNL_ARG_DIFF_DST, noise(chosen.desc.diff_dst_desc())},
                 {DNNL_ARG_WEIGHTS, noise(chosen.desc.weights_desc())},
                 {DNNL_ARG_DIFF_SRC, noise(chosen.desc.diff_src_desc())}});
  } else {
    const auto chosen = raw::BackwardWeights(l, kBatch, kThreads, forward.desc);
    program.Add(dnnl::convolution_backward_weights(chosen.desc), chosen.threads,
                chosen.desc.scratchpad_desc(),
                {{DNNL_ARG_SRC, noise(chosen.desc.src_desc())},
                 {DNNL_ARG_DIFF_DST, noise(chosen.desc.diff_dst_desc())},
                 {DNNL_ARG_DIFF_WEIGHTS, noise(chosen.desc.diff_weights_desc())}});
  }
  program.Finish();
  for (auto _ : state) program.Run();
}

// Batch norm and ReLU; with `backward` their gradients too.
void OurNorm(benchmark::State& state, const Shapes& l, bool backward) {
  Ours ours;
  const auto x = ours.Feed({kBatch, l.out_size, l.out_size, l.out});
  const auto gamma = ours.Feed({l.out}), beta = ours.Feed({l.out});
  const auto dy = ours.Feed({kBatch, l.out_size, l.out_size, l.out});
  const auto y = tf::nn::relu(tf::nn::fused_batch_norm(x, gamma, beta).y);
  std::vector<tf::Output> results = {y};
  if (backward) results = tf::gradients(y, {x, gamma, beta}, {.grad_ys = {dy}});
  ours.Measure(state, results);
}

void RawNorm(benchmark::State& state, const Shapes& l, bool backward) {
  raw::Program program(kThreads);
  const int64_t floats = l.rows(kBatch) * l.out;
  const auto noise = [&](int64_t n) {
    float* const values = program.Floats(static_cast<size_t>(n));
    Fill(values, n);
    return values;
  };
  raw::BatchNorm norm(l.out, l.rows(kBatch), kThreads,
                      {noise(l.out), noise(l.out), noise(l.out), noise(l.out)});
  float *const y = noise(floats), *const z = noise(floats), *const dz = noise(floats);
  for (auto _ : state) {
    norm.Forward(y, z);
    if (backward) norm.Backward(y, dz);
  }
}

void Register(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void RegisterAll() {
  const std::vector<Shapes> layers = raw::ConvLayers();
  const std::pair<const char*, Pass> passes[] = {
      {"conv_forward", kForward}, {"conv_to_input", kToInput}, {"conv_to_filter", kToFilter}};
  for (size_t i = 0; i < layers.size(); ++i) {
    const Shapes l = layers[i];
    const std::string layer = "/" + std::to_string(i + 1);
    for (const auto& [name, kind] : passes) {
      if (i == 0 && kind == kToInput) continue;  // nobody wants the gradient of the images
      const Pass pass = kind;
      Register(name + ("/ours" + layer), [=](auto& state) { OurConvolution(state, l, pass); });
      Register(name + ("/raw" + layer), [=](auto& state) { RawConvolution(state, l, pass); });
    }
    for (const bool backward : {false, true}) {
      const std::string name = backward ? "norm_relu_and_gradients" : "norm_relu";
      Register(name + "/ours" + layer, [=](auto& state) { OurNorm(state, l, backward); });
      Register(name + "/raw" + layer, [=](auto& state) { RawNorm(state, l, backward); });
    }
  }
}

}  // namespace
}  // namespace sessile::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  sessile::bench::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
