#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/session/prepare.h"
#include "sessile/core/session/run_metadata.h"
#include "sessile/ops/constant.h"
#include "sessile/tools/sessile/choices.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/graph_call.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library
using Clock = std::chrono::steady_clock;

struct TuneFlags {
  GraphCallFlags call;
  int64_t rounds = 15;
  int64_t margin = 10;
  std::string write;
};

// A node that several codes can compute, and the sizes that it met.
struct Piece {
  const Node* node = nullptr;
  std::vector<TensorSpec> inputs = {};
  std::vector<Tensor> values = {};  // of the inputs that the kernel must know; others have none
  Alternatives alternatives = {};
  int64_t uses = 1;
};

// Runs a graph once and finds its pieces, each kind of them once.
class Survey {
 public:
  explicit Survey(GraphCall* call) : call_(*call), graph_(*call->graph().impl()) {}

  absl::StatusOr<std::vector<Piece>> Run() {
    RunMetadata trace;
    SESSILE_RETURN_IF_ERROR(
        call_.session()
            .Run(call_.fetches(), FeedDict(call_.feeds()),
                 {.trace_level = RunOptions::FULL_TRACE, .run_metadata = &trace})
            .status());
    for (const RunMetadata::NodeStats& node : trace.step_stats) {
      for (const RunMetadata::OutputStats& output : node.outputs) {
        specs_[absl::StrCat(node.node_name, ":", output.slot)] = {output.dtype, output.shape};
      }
    }
    for (const RunMetadata::NodeStats& stats : trace.step_stats) {
      // Nodes within functions are not the graph's.
      const Node* const node = graph_.FindNode(stats.node_name);
      if (node != nullptr && node->op() != nullptr) SESSILE_RETURN_IF_ERROR(Look(*node));
    }
    return std::move(pieces_);
  }

 private:
  absl::Status Look(const Node& node) {
    const auto kernel = builtin_kernels().Find(node.op_type(), node.attrs(), false);
    if (!kernel.ok() || (*kernel)->alternatives == nullptr) return absl::OkStatus();
    Piece piece{.node = &node};
    for (int i = 0; i < node.num_inputs(); ++i) {
      const std::string tensor = NameOf(node.inputs()[static_cast<size_t>(i)]);
      const auto spec = specs_.find(tensor);
      if (spec == specs_.end()) return absl::OkStatus();  // it was fed, and so are its inputs
      piece.inputs.push_back({BaseType(spec->second.dtype), spec->second.shape});
      piece.values.emplace_back();
      if (!IsValueInput(**kernel, node, i)) continue;
      SESSILE_ASSIGN_OR_RETURN(
          std::vector<Tensor> value,
          call_.session().Run({call_.graph().get_tensor_by_name(tensor)}, FeedDict(call_.feeds())));
      piece.values.back() = std::move(value[0]);
    }
    const PrepareRequest request{.node = &node, .inputs = piece.values, .specs = piece.inputs};
    SESSILE_ASSIGN_OR_RETURN(piece.alternatives, AlternativesOf(**kernel, request));
    const auto known = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& other) {
      return other.alternatives.work == piece.alternatives.work;
    });
    if (known != pieces_.end()) {
      ++known->uses;
    } else {
      pieces_.push_back(std::move(piece));
    }
    return absl::OkStatus();
  }

  std::string NameOf(Endpoint endpoint) const {
    return absl::StrCat(graph_.node(endpoint.node).name(), ":", endpoint.index);
  }

  GraphCall& call_;
  const GraphImpl& graph_;
  std::map<std::string, TensorSpec> specs_;  // by "node:slot"
  std::vector<Piece> pieces_;
};

// Numbers between -1 and 1.
absl::StatusOr<Tensor> Noise(const Shape& shape) {
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(float32, shape));
  uint32_t state = 1;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    tensor.mutable_data<float>()[i] = static_cast<float>(state >> 8) / (1 << 23) - 1;
  }
  return tensor;
}

// The least time of one code, which other load on the machine disturbs least.
struct Timing {
  std::string name;
  double ms = 0;
};

// The codes for one piece side by side: a node for each, in one graph, so that threads and inputs
// are the same.
class Contest {
 public:
  Contest(const Piece& piece, const TuneFlags& flags)
      : piece_(piece),
        rounds_(flags.rounds),
        session_(graph_, {.intra_op_parallelism_threads = static_cast<int>(flags.call.threads)}) {}

  // In the order of the alternatives, without those that are far behind.
  absl::StatusOr<std::vector<Timing>> Run() {
    SESSILE_RETURN_IF_ERROR(AddInputs());
    for (const std::string& name : piece_.alternatives.names) {
      SESSILE_RETURN_IF_ERROR(Enter(name));
    }
    for (int64_t round = 0; round < rounds_; ++round) {
      for (Entry& entry : entries_) {
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
    Entry(const std::string& name, Callable made) : timing{.name = name}, call(std::move(made)) {}
    Timing timing;
    Callable call;
    std::vector<Tensor> result = std::vector<Tensor>(1);
  };

  absl::Status AddInputs() {
    const DefaultGraphScope scope = graph_.as_default();
    for (size_t i = 0; i < piece_.inputs.size(); ++i) {
      if (piece_.values[i].has_value()) {
        inputs_.push_back(constant(piece_.values[i]).endpoint());
        continue;
      }
      const Output place = placeholder(piece_.inputs[i].dtype, piece_.inputs[i].shape);
      SESSILE_ASSIGN_OR_RETURN(Tensor noise, Noise(piece_.inputs[i].shape));
      inputs_.push_back(place.endpoint());
      keys_.emplace_back(place);
      values_.emplace_back(noise);
    }
    return absl::OkStatus();
  }

  absl::Status Enter(const std::string& name) {
    NodeSpec spec{.name = absl::StrCat("code_", tried_++),
                  .op = piece_.node->op_type(),
                  .inputs = inputs_,
                  .attrs = piece_.node->attrs()};
    spec.attrs.Set(kImplementationAttr, name);
    SESSILE_ASSIGN_OR_RETURN(const Node* const node, graph_.impl()->AddNode(std::move(spec)));
    const Output output = graph_.get_tensor_by_name(absl::StrCat(node->name(), ":0"));
    Entry entry(name, session_.make_callable({output}, keys_));
    SESSILE_RETURN_IF_ERROR(entry.call.RunInto(values_, entry.result));  // makes the plan
    SESSILE_ASSIGN_OR_RETURN(entry.timing.ms, Slice(entry));
    if (entries_.empty() || entry.timing.ms < best_) best_ = entry.timing.ms;
    if (entry.timing.ms <= kFarBehind * best_) entries_.push_back(std::move(entry));
    return absl::OkStatus();
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

  static constexpr double kSliceMs = 2;
  static constexpr double kFarBehind = 4;

  const Piece& piece_;
  const int64_t rounds_;
  Graph graph_;
  Session session_;
  std::vector<Endpoint> inputs_;
  std::vector<FeedKey> keys_;
  std::vector<FeedValue> values_;
  std::vector<Entry> entries_;
  int tried_ = 0;
  double best_ = 0;
};

class Tune {
 public:
  explicit Tune(const TuneFlags& flags) : flags_(flags) {}

  absl::Status Run(std::vector<Piece> pieces) {
    if (!flags_.write.empty()) {
      SESSILE_ASSIGN_OR_RETURN(choices_, ReadChoices(flags_.write));
    }
    std::printf("ms of each code, the one that rules choose first; * is the fastest by %d %%\n\n",
                static_cast<int>(flags_.margin));
    for (const Piece& piece : pieces) {
      SESSILE_ASSIGN_OR_RETURN(const std::vector<Timing> timings, Contest(piece, flags_).Run());
      if (!timings.empty()) Judge(piece, timings);
    }
    std::printf("\n%d kinds of work; all uses together: %.3f ms by rules, %.3f ms by the best\n",
                static_cast<int>(pieces.size()), by_rules_, by_best_);
    return flags_.write.empty() ? absl::OkStatus() : WriteChoices(flags_.write, choices_);
  }

 private:
  void Judge(const Piece& piece, const std::vector<Timing>& timings) {
    const Timing& rule = timings.front();
    const Timing& best =
        *std::min_element(timings.begin(), timings.end(),
                          [](const Timing& a, const Timing& b) { return a.ms < b.ms; });
    const bool differs = best.ms * (1 + static_cast<double>(flags_.margin) / 100) < rule.ms;
    std::string line;
    for (const Timing& timing : timings) {
      absl::StrAppendFormat(&line, "  %.4f %s%s", timing.ms, timing.name,
                            differs && &timing == &best ? "*" : "");
    }
    std::printf("%s of %s, %dx:%s\n", piece.alternatives.work.c_str(), Sizes(piece).c_str(),
                static_cast<int>(piece.uses), line.c_str());
    std::fflush(stdout);
    by_rules_ += rule.ms * static_cast<double>(piece.uses);
    by_best_ += best.ms * static_cast<double>(piece.uses);
    const std::pair key(piece.alternatives.instruction_set, piece.alternatives.work);
    if (differs) {
      choices_[key] = best.name;
    } else {
      choices_.erase(key);
    }
  }

  static std::string Sizes(const Piece& piece) {
    return absl::StrJoin(piece.inputs, " ", [](std::string* out, const TensorSpec& input) {
      absl::StrAppend(out, input.shape.ToString());
    });
  }

  const TuneFlags& flags_;
  Choices choices_;
  double by_rules_ = 0;
  double by_best_ = 0;
};

}  // namespace

absl::Status TuneCommand(const std::vector<std::string>& args) {
  TuneFlags flags;
  FlagSet set("sessile tune",
              "Runs a graph, then measures each of its convolutions alone by all codes that there "
              "are for it. With --write, the table of choices gets a row where another one than "
              "our rules take is faster, and loses it where none is.");
  flags.call.DeclareTo(&set);
  set.Int("rounds", &flags.rounds, "times that each code is measured", {.min = 3, .max = 10000})
      .Int("margin", &flags.margin, "by how many percent another code must be faster",
           {.min = 0, .max = 1000})
      .String("write", &flags.write,
              "the table to rewrite: kernels/tuned_rows.inc of the sources; to be compiled then");
  set.ParseOrExit(args);
  SESSILE_ASSIGN_OR_RETURN(GraphToCall graph, ReadGraphToCall(flags.call.graph));
  GraphCall call(flags.call, std::move(graph));
  SESSILE_RETURN_IF_ERROR(call.Start());
  SESSILE_ASSIGN_OR_RETURN(std::vector<Piece> pieces, Survey(&call).Run());
  if (pieces.empty()) return NotFound("nothing that runs here has several codes to choose from");
  return Tune(flags).Run(std::move(pieces));
}
