#include "sessile/bench/raw/program.h"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_map>

#include "sessile/bench/contender.h"

namespace sessile::bench::raw {
namespace {

// Multiplications of a matmul below which a second thread costs more than it gives.
constexpr int64_t kWorthThreads = 1000000;

}  // namespace

const dnnl::engine& Engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

void Program::Free::operator()(float* memory) const { std::free(memory); }

float* Program::Floats(size_t count) {
  const size_t bytes = (count * sizeof(float) / 64 + 2) * 64;
  float* const memory = static_cast<float*>(std::aligned_alloc(64, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, bytes);
  floats_.emplace_back(memory);
  return memory;
}

dnnl::memory Program::Memory(const Desc& desc, float* at) {
  if (at == nullptr) at = Floats(desc.get_size() / sizeof(float));
  return memories_.emplace_back(desc, Engine(), at);
}

void Program::Add(const dnnl::primitive& primitive, int threads, const Desc& scratchpad,
                  Arguments arguments) {
  Step step;
  step.primitive = primitive;
  step.threads = threads;
  for (const auto& [index, memory] : arguments) {
    memories_.push_back(memory);
    step.arguments.push_back({index, memory.get()});
  }
  if (scratchpad.get_size() > 0) scratchpads_.emplace_back(steps_.size(), scratchpad);
  steps_.push_back(std::move(step));
}

void Program::Add(std::function<void()> function) {
  Step step;
  step.function = std::move(function);
  steps_.push_back(std::move(step));
}

dnnl::memory Program::Reordered(const dnnl::memory& from, const Desc& to, float* at) {
  if (from.get_desc() == to) return from;
  omp_set_num_threads(threads_);
  const dnnl::memory copy = Memory(to, at);
  const dnnl::reorder::primitive_desc desc(Engine(), from.get_desc(), Engine(), to,
                                           UserScratchpad());
  Add(dnnl::reorder(desc), threads_, desc.scratchpad_desc(),
      {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, copy}});
  return copy;
}

void Program::AddMatMul(const dnnl::memory& a, const dnnl::memory& b, const dnnl::memory& c,
                        bool accumulate) {
  dnnl::primitive_attr attributes = UserScratchpad();
  if (accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1);
    attributes.set_post_ops(sum);
  }
  const Dims rows = onednn::DimsOf(a.get_desc()), columns = onednn::DimsOf(c.get_desc());
  const bool small = rows[0] * rows[1] * columns[1] < kWorthThreads;
  const int threads = small ? 1 : threads_;
  omp_set_num_threads(threads);
  const auto made = onednn::Describe<dnnl::matmul>(Engine(), attributes, a.get_desc(), b.get_desc(),
                                                   c.get_desc());
  Add(dnnl::matmul(made), threads, made.scratchpad_desc(),
      {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
}

void Program::Finish() {
  size_t most = 0;
  for (const auto& [step, desc] : scratchpads_) most = std::max(most, desc.get_size());
  float* const shared = Floats(most / sizeof(float) + 1);
  for (const auto& [step, desc] : scratchpads_) {
    steps_[step].arguments.push_back({DNNL_ARG_SCRATCHPAD, Memory(desc, shared).get()});
  }
}

void Program::Run() {
  for (const Step& step : steps_) {
    if (step.function) {
      step.function();
      continue;
    }
    omp_set_num_threads(step.threads);
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(step.primitive.get(), stream_.get(),
                               static_cast<int>(step.arguments.size()), step.arguments.data()),
        "a primitive failed");
  }
}

double MicrosecondsOf(const dnnl::primitive& primitive, int threads,
                      const std::vector<std::pair<int, Desc>>& arguments) {
  Program memory(threads);
  std::unordered_map<int, dnnl::memory> bound;
  for (const auto& [index, desc] : arguments) {
    if (desc.get_size() > 0) bound.emplace(index, memory.Memory(desc));
  }
  dnnl::stream stream(Engine());
  omp_set_num_threads(threads);
  const auto run = [&](int times) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < times; ++i) primitive.execute(stream, bound);
    return MillisecondsSince(start) * 1e3 / times;
  };
  run(2);
  const int times = run(1) < 50 ? 10 : 1;
  double least = run(times);
  for (int i = 0; i < 6; ++i) least = std::min(least, run(times));
  return least;
}

}  // namespace sessile::bench::raw
