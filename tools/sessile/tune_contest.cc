#include "sessile/tools/sessile/tune_contest.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/constant.h"

using namespace sessile;  // NOLINT: a program of the library

namespace {

using Clock = std::chrono::steady_clock;

// Numbers between -1 and 1.
absl::StatusOr<Tensor> Noise(const Shape& shape) {
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(float32, shape));
  uint32_t state = 1;
  for (float& value : tensor.mutable_flat<float>()) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / (1 << 23) - 1;
  }
  return tensor;
}

// A node for each code, in one graph, so that threads and inputs are the same.
class Contest {
 public:
  Contest(const Work& work, int threads)
      : work_(work), session_(graph_, {.intra_op_parallelism_threads = threads}) {}

  absl::StatusOr<std::vector<Timing>> Run(int64_t rounds) {
    SESSILE_RETURN_IF_ERROR(AddInputs());
    for (const std::string& name : work_.alternatives.names) SESSILE_RETURN_IF_ERROR(Enter(name));
    for (int64_t round = 0; round < rounds; ++round) {
      for (Entry& entry : entries_) {
        if (round >= kRoundsOfAll && entry.timing.ms > kFarBehind * Best()) continue;
        SESSILE_ASSIGN_OR_RETURN(const double ms, Slice(entry));
        entry.timing.ms = std::min(entry.timing.ms, ms);
      }
    }
    std::vector<Timing> timings;
    for (const Entry& entry : entries_) timings.push_back(entry.timing);
    return timings;
  }

 private:
  struct Entry {
    Entry(const std::string& name, Callable made)
        : timing{.name = name, .ms = std::numeric_limits<double>::infinity()},
          call(std::move(made)) {}
    Timing timing;
    Callable call;
    std::vector<Tensor> result = std::vector<Tensor>(1);
  };

  absl::Status AddInputs() {
    const DefaultGraphScope scope = graph_.as_default();
    for (size_t i = 0; i < work_.inputs.size(); ++i) {
      if (work_.values[i].has_value()) {
        inputs_.push_back(constant(work_.values[i]).endpoint());
        continue;
      }
      const Output place = placeholder(work_.inputs[i].dtype, work_.inputs[i].shape);
      SESSILE_ASSIGN_OR_RETURN(Tensor noise, Noise(work_.inputs[i].shape));
      inputs_.push_back(place.endpoint());
      keys_.emplace_back(place);
      values_.emplace_back(noise);
    }
    return absl::OkStatus();
  }

  absl::Status Enter(const std::string& name) {
    NodeSpec spec{.name = absl::StrCat("code_", entries_.size()),
                  .op = work_.node->op_type(),
                  .inputs = inputs_,
                  .attrs = work_.node->attrs()};
    spec.attrs.Set(kImplementationAttr, name);
    SESSILE_ASSIGN_OR_RETURN(const Node* const node, graph_.impl()->AddNode(std::move(spec)));
    const Output output = graph_.get_tensor_by_name(absl::StrCat(node->name(), ":0"));
    entries_.emplace_back(name, session_.make_callable({output}, keys_));
    return entries_.back().call.RunInto(values_, entries_.back().result);  // makes the plan
  }

  // Milliseconds a run, over a short time.
  absl::StatusOr<double> Slice(Entry& entry) const {
    const Clock::time_point start = Clock::now();
    for (int64_t runs = 1;; ++runs) {
      SESSILE_RETURN_IF_ERROR(entry.call.RunInto(values_, entry.result));
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
      if (ms >= kSliceMs) return ms / static_cast<double>(runs);
    }
  }

  double Best() const {
    const auto less = [](const Entry& a, const Entry& b) { return a.timing.ms < b.timing.ms; };
    return std::min_element(entries_.begin(), entries_.end(), less)->timing.ms;
  }

  static constexpr double kSliceMs = 2;
  static constexpr int64_t kRoundsOfAll = 3;
  static constexpr double kFarBehind = 3;

  const Work& work_;
  Graph graph_;
  Session session_;
  std::vector<Endpoint> inputs_;
  std::vector<FeedKey> keys_;
  std::vector<FeedValue> values_;
  std::vector<Entry> entries_;
};

}  // namespace

absl::StatusOr<std::vector<Timing>> MeasureCodes(const Work& work, int threads, int64_t rounds) {
  return Contest(work, threads).Run(rounds);
}
