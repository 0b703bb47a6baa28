// A list of oneDNN primitives and functions that run in order, and the memory they work on.
//
//   Program program(2);
//   memory y = program.Memory(desc);
//   program.Add(primitive, threads, {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
//   program.Finish();
//   program.Run();
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sessile/kernels/onednn_version.h"

namespace sessile::bench::raw {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
using Dims = dnnl::memory::dims;

inline constexpr auto kFloat = dnnl::memory::data_type::f32;
inline Desc FloatDesc(const Dims& dims, Tag tag) { return Desc(dims, kFloat, tag); }

const dnnl::engine& Engine();
// Scratchpads come from the caller.
dnnl::primitive_attr UserScratchpad();

class Program {
 public:
  using Arguments = std::vector<std::pair<int, dnnl::memory>>;

  explicit Program(int threads) : threads_(threads), stream_(Engine()) {}

  int threads() const { return threads_; }
  // Zeros, aligned to 64 bytes, that live as long as the program; a vector behind them may be read.
  float* Floats(size_t count);
  dnnl::memory Memory(const Desc& desc, float* at = nullptr);

  // `scratchpad` is the primitive's; `threads` are those it was made for.
  void Add(const dnnl::primitive& primitive, int threads, const Desc& scratchpad,
           Arguments arguments);
  void Add(std::function<void()> function);
  // `from`, or a copy of it that each run makes if its layout is another one; the copy is at `at`.
  dnnl::memory Reordered(const dnnl::memory& from, const Desc& to, float* at = nullptr);
  // c = a * b, or c += a * b.
  void AddMatMul(const dnnl::memory& a, const dnnl::memory& b, const dnnl::memory& c,
                 bool accumulate = false);

  // To be called once, after the last Add.
  void Finish();
  void Run();

 private:
  struct Step {
    dnnl::primitive primitive;
    int threads = 0;
    std::vector<dnnl_exec_arg_t> arguments;
    std::function<void()> function;  // instead of a primitive
  };
  struct Free {
    void operator()(float* memory) const;
  };

  int threads_;
  dnnl::stream stream_;
  std::vector<std::unique_ptr<float, Free>> floats_;
  std::vector<dnnl::memory> memories_;
  std::vector<Step> steps_;
  std::vector<std::pair<size_t, Desc>> scratchpads_;  // by step
};

// Microseconds of one run on `threads` threads, the least of several, with memory of its own.
double MicrosecondsOf(const dnnl::primitive& primitive, int threads,
                      const std::vector<std::pair<int, Desc>>& arguments);

}  // namespace sessile::bench::raw
