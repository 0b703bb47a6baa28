#include "sessile/kernels/onednn.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/onednn_version.h"

namespace sessile::onednn {
namespace {

using dnnl::memory;

// The two functions of the OpenMP runtime that oneDNN has loaded; null if it was built without.
// Looked up and not linked, so that it is the same runtime whatever our own compiler brings.
struct OpenMp {
  int (*get_max_threads)();
  void (*set_num_threads)(int);

  static const OpenMp& Get() {
    static const OpenMp runtime = {Find<int (*)()>("omp_get_max_threads"),
                                   Find<void (*)(int)>("omp_set_num_threads")};
    return runtime;
  }

 private:
  template <typename Function>
  static Function Find(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  }
};

// oneDNN asks OpenMP how many threads there are, when a primitive is made and when it is executed.
// While this lives the answer is one; the setting belongs to the calling thread and is restored.
class SingleThreaded {
 public:
  SingleThreaded() {
    const OpenMp& runtime = OpenMp::Get();
    if (runtime.get_max_threads == nullptr || runtime.set_num_threads == nullptr) return;
    before_ = runtime.get_max_threads();
    if (before_ != 1) runtime.set_num_threads(1);
  }
  ~SingleThreaded() {
    if (before_ != 1) OpenMp::Get().set_num_threads(before_);
  }
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_ = 1;
};

// Calls `body`, on one thread, and turns what it throws into a status.
template <typename Body>
absl::Status Guarded(const char* what, Body body) {
  try {
    const SingleThreaded single;
    return body();
  } catch (const dnnl::error& error) {
    const std::string text = absl::StrCat("oneDNN, ", what, ": ", error.message);
    switch (error.status) {
      case dnnl_out_of_memory:
        return absl::ResourceExhaustedError(text);
      case dnnl_unimplemented:
        return absl::UnimplementedError(text);
      default:
        return absl::InternalError(text);
    }
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat("oneDNN, ", what, ": out of memory"));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("oneDNN, ", what, ": ", error.what()));
  }
}

const dnnl::engine& Engine() {
  // Never destroyed: a session may outlive the static objects of a program.
  static const auto* const engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& Stream() {
  static thread_local dnnl::stream stream(Engine());
  return stream;
}

// ---- Descriptors -------------------------------------------------------------------------------

struct Descriptors {
  memory::desc input;
  memory::desc filter;  // in whatever layout the implementation likes
  memory::desc output;
  memory::desc hwio;
  memory::dims stride, dilation, pad_before, pad_after;
};

Descriptors DescriptorsOf(const ConvolutionShape& s) {
  const auto f32 = memory::data_type::f32;
  const auto images = s.channels_last ? memory::format_tag::nhwc : memory::format_tag::nchw;
  const int64_t g = s.groups;
  const int64_t in = s.in_channels / g;
  const int64_t out = s.out_channels;
  memory::dims filter = {out / g, in, s.filter[0], s.filter[1]};
  memory::dims strides = {1, out, s.filter[1] * in * out, in * out};
  if (g != 1) {
    filter.insert(filter.begin(), g);
    strides.insert(strides.begin(), out / g);
  }
  return {
      .input = memory::desc({s.batch, s.in_channels, s.input[0], s.input[1]}, f32, images),
      .filter = memory::desc(filter, f32, memory::format_tag::any),
      .output = memory::desc({s.batch, out, s.output[0], s.output[1]}, f32, images),
      .hwio = memory::desc(filter, f32, strides),
      .stride = {s.stride[0], s.stride[1]},
      .dilation = {s.dilation[0] - 1, s.dilation[1] - 1},
      .pad_before = {s.pad_before[0], s.pad_before[1]},
      .pad_after = {s.pad_after[0], s.pad_after[1]},
  };
}

dnnl::primitive_attr UserScratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

// ---- The choice of an implementation -----------------------------------------------------------

// Less is better. Where oneDNN offers several, its first is not always its fastest:
//  - reference loops are 50 to 1000 times slower than anything else, our own included: never;
//  - matrix products of unrolled windows are for when there is nothing else;
//  - forward, "brgconv" comes first, but direct code ("jit:avx512_core") is up to three times
//    faster for strides above 1 and for images of at least 5 columns.
constexpr int kReference = 3;
int Rank(ConvolutionKind kind, const ConvolutionShape& shape, std::string_view name) {
  const auto contains = [&](const char* part) { return name.find(part) != std::string_view::npos; };
  if (contains("ref")) return kReference;
  if (IsMatrixProduct(name)) return 2;
  const bool direct_is_faster =
      kind == ConvolutionKind::kForward && (shape.stride[1] > 1 || shape.input[1] >= 5);
  if (direct_is_faster && contains("brg")) return 1;
  return 0;
}

// The implementations from `candidates` on, the best first.
std::vector<std::string> NamesOf(ConvolutionKind kind, const ConvolutionShape& shape,
                                 dnnl::primitive_desc& candidates) {
  std::array<std::vector<std::string>, kReference> by_rank;
  do {
    const std::string name = candidates.impl_info_str();
    const int rank = Rank(kind, shape, name);
    if (rank >= kReference) continue;  // to the next_impl
    // Two of one name may follow each other; the first is for fewer shapes, and better for them.
    std::vector<std::string>& equal = by_rank[static_cast<size_t>(rank)];
    if (std::find(equal.begin(), equal.end(), name) == equal.end()) equal.push_back(name);
  } while (candidates.next_impl());
  std::vector<std::string> names;
  for (const auto& equal : by_rank) names.insert(names.end(), equal.begin(), equal.end());
  return names;
}

auto MakeForward(const Descriptors& d, const dnnl::primitive_attr& attr) {
  return Describe<dnnl::convolution_forward>(
      Engine(), attr, dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
      d.input, d.filter, d.output, d.stride, d.dilation, d.pad_before, d.pad_after);
}

template <typename Primitive, typename Forward>
auto MakeBackward(const Descriptors& d, const dnnl::primitive_attr& attr, const Forward& forward) {
  return DescribeGradient<Primitive>(Engine(), attr, forward, dnnl::algorithm::convolution_direct,
                                     d.input, d.filter, d.output, d.stride, d.dilation,
                                     d.pad_before, d.pad_after);
}

// ---- Calls -------------------------------------------------------------------------------------

// A primitive and the memory objects that it is called with. Making those takes longer than many a
// small convolution, so each call borrows a set of them that an earlier one has left. Thread-safe.
template <size_t n>
class Callable {
 public:
  using Addresses = std::array<void*, n>;

  Callable(dnnl::primitive primitive, const std::array<int, n>& names,
           const std::array<memory::desc, n>& descs)
      : primitive_(std::move(primitive)), names_(names), descs_(descs) {}

  // May throw.
  void Call(const Addresses& addresses) const {
    std::unique_ptr<Arguments> arguments = Borrow(addresses);
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive_.get(), Stream().get(),
                                                   static_cast<int>(n), arguments->list.data()),
                            "could not execute a primitive");
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(arguments));
  }

 private:
  struct Arguments {
    Addresses addresses;
    std::array<memory, n> memories;
    std::array<dnnl_exec_arg_t, n> list;
  };

  std::unique_ptr<Arguments> Borrow(const Addresses& addresses) const {
    std::unique_ptr<Arguments> arguments;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        arguments = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (arguments == nullptr) {
      arguments = std::make_unique<Arguments>();
      arguments->addresses = addresses;
      for (size_t i = 0; i < n; ++i) {
        arguments->memories[i] = memory(descs_[i], Engine(), addresses[i]);
        arguments->list[i] = {names_[i], arguments->memories[i].get()};
      }
    }
    // Setting an address also clears what pads the layout there: only where it is another one.
    for (size_t i = 0; i < n; ++i) {
      if (arguments->addresses[i] == addresses[i]) continue;
      arguments->memories[i].set_data_handle(addresses[i]);
      arguments->addresses[i] = addresses[i];
    }
    return arguments;
  }

  dnnl::primitive primitive_;
  std::array<int, n> names_ = {};
  std::array<memory::desc, n> descs_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Arguments>> idle_;  // as many as there were threads
};

// ---- Convolutions ------------------------------------------------------------------------------

// Calls `use` with oneDNN's first implementation, from which next_impl() leads to the others. May
// throw.
void WithCandidates(ConvolutionKind kind, const Descriptors& d, const dnnl::primitive_attr& attr,
                    absl::FunctionRef<void(dnnl::primitive_desc&)> use) {
  auto forward = MakeForward(d, attr);
  if (kind == ConvolutionKind::kForward) return use(forward);
  if (kind == ConvolutionKind::kBackwardInput) {
    auto backward = MakeBackward<dnnl::convolution_backward_data>(d, attr, forward);
    return use(backward);
  }
  auto backward = MakeBackward<dnnl::convolution_backward_weights>(d, attr, forward);
  use(backward);
}

// The name that counts: `name`, or the best if that is empty. May throw.
std::string Choose(const std::vector<std::string>& names, std::string_view name) {
  if (names.empty()) {
    throw dnnl::error(dnnl_unimplemented, "there is only the reference implementation");
  }
  if (name.empty()) return names.front();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw dnnl::error(dnnl_unimplemented, "there is no such implementation for this shape");
  }
  return std::string(name);
}

class Ready final : public Convolution {
 public:
  // May throw.
  Ready(ConvolutionKind kind, const ConvolutionShape& shape, std::string_view name) {
    const Descriptors d = DescriptorsOf(shape);
    const dnnl::primitive_attr attr = UserScratchpad();
    WithCandidates(kind, d, attr, [&](dnnl::primitive_desc& candidates) {
      name_ = Choose(NamesOf(kind, shape, candidates), name);
    });
    // By name, because the order of the enumeration changes when oneDNN has some in its cache.
    WithCandidates(kind, d, attr, [&](dnnl::primitive_desc& chosen) {
      while (chosen.impl_info_str() != name_ && chosen.next_impl()) {
      }
      Take(kind, chosen);
    });
    const bool unpacks = kind == ConvolutionKind::kBackwardFilter;
    const dnnl::reorder::primitive_desc reorder(Engine(), unpacks ? packed_ : d.hwio, Engine(),
                                                unpacks ? d.hwio : packed_, attr);
    scratch_bytes_ = std::max(scratch_.get_size(), reorder.scratchpad_desc().get_size());
    reorder_.emplace(dnnl::reorder(reorder),
                     std::array{unpacks ? DNNL_ARG_TO : DNNL_ARG_FROM,
                                unpacks ? DNNL_ARG_FROM : DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD},
                     std::array{d.hwio, packed_, reorder.scratchpad_desc()});
    const Names& names = kNames[static_cast<size_t>(kind)];
    convolution_.emplace(primitive_,
                         std::array{names.input, names.filter, names.output, DNNL_ARG_SCRATCHPAD},
                         std::array{d.input, packed_, d.output, scratch_});
  }

  size_t filter_bytes() const override { return packed_.get_size(); }
  bool SharesFilterLayout(const Convolution& other) const override {
    return packed_ == static_cast<const Ready&>(other).packed_;
  }
  size_t scratch_bytes() const override { return scratch_bytes_; }
  const char* implementation() const override { return name_.c_str(); }

  absl::Status PackFilter(const float* hwio, void* packed, void* scratch) const override {
    return Reorder(const_cast<float*>(hwio), packed, scratch);
  }
  absl::Status UnpackFilter(const void* packed, float* hwio, void* scratch) const override {
    return Reorder(hwio, const_cast<void*>(packed), scratch);
  }

  absl::Status Run(float* input, void* packed, float* output, void* scratch) const override {
    return Guarded("convolution", [&] {
      convolution_->Call({input, packed, output, scratch});
      return absl::OkStatus();
    });
  }

 private:
  struct Names {
    int input, filter, output;
  };
  // By ConvolutionKind.
  static constexpr Names kNames[] = {
      {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
      {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
      {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST},
  };

  void Take(ConvolutionKind kind, const dnnl::primitive_desc& chosen) {
    scratch_ = chosen.scratchpad_desc();
    packed_ =
        chosen.query_md(kind == ConvolutionKind::kBackwardFilter ? dnnl::query::diff_weights_md
                                                                 : dnnl::query::weights_md);
    primitive_ = dnnl::primitive(chosen.get());
  }

  absl::Status Reorder(void* hwio, void* packed, void* scratch) const {
    return Guarded("reorder", [&] {
      reorder_->Call({hwio, packed, scratch});
      return absl::OkStatus();
    });
  }

  std::string name_;
  dnnl::primitive primitive_;
  std::optional<Callable<4>> convolution_;
  std::optional<Callable<3>> reorder_;
  memory::desc packed_, scratch_;
  size_t scratch_bytes_ = 0;
};

// Convolutions that were made, by what they compute. Whoever uses one shares in it, so it is safe
// to forget them all when there are too many.
class Cache {
 public:
  absl::StatusOr<std::shared_ptr<const Convolution>> Get(ConvolutionKind kind,
                                                         const ConvolutionShape& shape,
                                                         std::string_view name) {
    const std::lock_guard lock(mutex_);
    const Key key(kind, shape, name);
    std::shared_ptr<const Convolution>& entry = entries_[key];
    if (entry != nullptr) return entry;
    std::shared_ptr<const Convolution> made;
    const absl::Status status = Guarded("convolution", [&] {
      made = std::make_shared<const Ready>(kind, shape, name);
      return absl::OkStatus();
    });
    if (!status.ok()) {
      entries_.erase(key);
      return status;
    }
    entry = made;
    if (entries_.size() > kMost) entries_.clear();
    return made;
  }

 private:
  static constexpr size_t kMost = 1024;
  std::mutex mutex_;
  using Key = std::tuple<ConvolutionKind, ConvolutionShape, std::string>;
  std::map<Key, std::shared_ptr<const Convolution>> entries_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Convolution>> Convolution::Of(ConvolutionKind kind,
                                                                   const ConvolutionShape& shape,
                                                                   std::string_view name) {
  static auto* const cache = new Cache;
  return cache->Get(kind, shape, name);
}

bool IsMatrixProduct(std::string_view name) {
  return name.find("gemm") != std::string_view::npos &&
         name.find("brgemm") == std::string_view::npos;
}

absl::StatusOr<std::vector<std::string>> Convolution::Implementations(
    ConvolutionKind kind, const ConvolutionShape& shape) {
  std::vector<std::string> names;
  SESSILE_RETURN_IF_ERROR(Guarded("convolution", [&] {
    WithCandidates(
        kind, DescriptorsOf(shape), UserScratchpad(),
        [&](dnnl::primitive_desc& candidates) { names = NamesOf(kind, shape, candidates); });
    return absl::OkStatus();
  }));
  return names;
}

absl::Status Sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                   const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
                   int64_t ldc) {
  return Guarded("matrix product", [&] {
    const dnnl::status status = dnnl::sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n,
                                            k, 1.0f, a, lda, b, ldb, 0.0f, c, ldc);
    if (status == dnnl::status::success) return absl::OkStatus();
    return Internal("oneDNN, matrix product: status ", static_cast<int>(status));
  });
}

}  // namespace sessile::onednn
