#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/session/run_metadata.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/graph_call.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library
using Clock = std::chrono::steady_clock;

struct BenchFlags {
  GraphCallFlags call;
  int64_t runs = 100;
  int64_t traced = 20;
  bool each = false;
};

double Milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// Times of the same work. Percentiles by the nearest rank.
class Times {
 public:
  void Add(double ms) { ms_.push_back(ms); }
  void Sort() { std::sort(ms_.begin(), ms_.end()); }
  double Percentile(double percent) const {
    const auto rank =
        static_cast<size_t>(std::ceil(static_cast<double>(ms_.size()) * percent / 100));
    return ms_[std::max<size_t>(rank, 1) - 1];
  }
  double Mean() const {
    double sum = 0;
    for (const double ms : ms_) sum += ms;
    return sum / static_cast<double>(ms_.size());
  }

 private:
  std::vector<double> ms_;
};

// A row of the table: a kernel, or all of one kind.
struct Row {
  std::string name;
  int64_t kernels = 0;
  double ms = 0;
};

class Bench {
 public:
  Bench(const BenchFlags& flags, GraphToCall graph)
      : flags_(flags), call_(flags.call, std::move(graph)) {}

  absl::Status Run() {
    SESSILE_RETURN_IF_ERROR(call_.Start());
    std::vector<FeedKey> keys;
    for (const Feed& feed : call_.feeds()) {
      keys.push_back(feed.key);
      values_.push_back(feed.value);
    }
    callable_.emplace(call_.session().make_callable(call_.fetches(), keys));
    SESSILE_RETURN_IF_ERROR(Measure());
    return Trace();
  }

 private:
  absl::StatusOr<double> TimeOneRun() {
    const Clock::time_point start = Clock::now();
    SESSILE_RETURN_IF_ERROR(callable_->Run(values_).status());
    return Milliseconds(Clock::now() - start);
  }

  absl::Status Measure() {
    SESSILE_ASSIGN_OR_RETURN(const double first, TimeOneRun());
    Times times;
    for (int64_t i = 0; i < flags_.runs; ++i) {
      SESSILE_ASSIGN_OR_RETURN(const double ms, TimeOneRun());
      times.Add(ms);
    }
    times.Sort();
    // The first line of the plan's text counts its kernels and the arena's bytes.
    const std::string plan = call_.session().explain(call_.fetches(), FeedDict(call_.feeds()));
    std::printf("%s\n", plan.substr(0, plan.find('\n')).c_str());
    std::printf("first run %.3f ms, with the making of the plan\n", first);
    std::printf(
        "%d runs: %.1f a second; ms a run: least %.3f, median %.3f, mean %.3f, 90 %% %.3f, "
        "99 %% %.3f, most %.3f\n",
        static_cast<int>(flags_.runs), 1000 / times.Mean(), times.Percentile(0),
        times.Percentile(50), times.Mean(), times.Percentile(90), times.Percentile(99),
        times.Percentile(100));
    return absl::OkStatus();
  }

  // Medians over traced runs, kernel by kernel. All runs follow one plan, so that kernel i is the
  // same in each, but where the reference executor takes over.
  absl::Status Trace() {
    std::vector<RunMetadata> traces(static_cast<size_t>(flags_.traced));
    for (RunMetadata& trace : traces) {
      SESSILE_RETURN_IF_ERROR(
          call_.session()
              .Run(call_.fetches(), FeedDict(call_.feeds()),
                   {.trace_level = RunOptions::FULL_TRACE, .run_metadata = &trace})
              .status());
      std::erase_if(trace.step_stats,
                    [](const RunMetadata::NodeStats& node) { return !node.has_kernel; });
    }
    if (traces.empty()) return absl::OkStatus();
    std::vector<Row> rows;
    for (size_t i = 0; i < traces[0].step_stats.size(); ++i) {
      Times times;
      for (const RunMetadata& trace : traces) {
        if (i >= trace.step_stats.size()) continue;
        times.Add(static_cast<double>(trace.step_stats[i].all_end_rel_nanos) / 1e6);
      }
      times.Sort();
      const RunMetadata::NodeStats& kernel = traces[0].step_stats[i];
      rows.push_back({flags_.each ? absl::StrCat(kernel.op, " ", kernel.node_name) : kernel.op, 1,
                      times.Percentile(50)});
    }
    Print(flags_.each ? std::move(rows) : Grouped(rows));
    return absl::OkStatus();
  }

  static std::vector<Row> Grouped(const std::vector<Row>& rows) {
    std::map<std::string, Row> kinds;
    for (const Row& row : rows) {
      Row& kind = kinds[row.name];
      kind.name = row.name;
      kind.kernels += row.kernels;
      kind.ms += row.ms;
    }
    std::vector<Row> grouped;
    for (const auto& [name, kind] : kinds) grouped.push_back(kind);
    std::stable_sort(grouped.begin(), grouped.end(),
                     [](const Row& a, const Row& b) { return a.ms > b.ms; });
    return grouped;
  }

  void Print(const std::vector<Row>& rows) const {
    double sum = 0;
    for (const Row& row : rows) sum += row.ms;
    std::printf("\n     ms  share  kernels  medians of %d traced runs\n",
                static_cast<int>(flags_.traced));
    for (const Row& row : rows) {
      std::printf("%7.3f %5.1f%% %8d  %s\n", row.ms, sum > 0 ? 100 * row.ms / sum : 0,
                  static_cast<int>(row.kernels), row.name.c_str());
    }
    std::printf("%7.3f 100.0%%           all\n", sum);
  }

  const BenchFlags& flags_;
  GraphCall call_;
  std::vector<FeedValue> values_;
  std::optional<Callable> callable_;
};

}  // namespace

absl::Status BenchCommand(const std::vector<std::string>& args) {
  BenchFlags flags;
  FlagSet set(
      "sessile bench",
      "Measures runs of a graph: times, and which kernels they go to. A fused kernel is named "
      "after the operations that it stands for: Mul+AddV2+Relu.");
  flags.call.DeclareTo(&set);
  set.Int("runs", &flags.runs, "runs to time, after one that makes the plan",
          {.min = 1, .max = 1000000000})
      .Int("traced", &flags.traced, "further runs to time kernel by kernel; 0: no table",
           {.min = 0, .max = 100000})
      .Bool("each", &flags.each, "a line for each kernel, in their order, not for each kind");
  set.ParseOrExit(args);
  SESSILE_ASSIGN_OR_RETURN(GraphToCall graph, ReadGraphToCall(flags.call.graph));
  return Bench(flags, std::move(graph)).Run();
}
