#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/flags.h"
#include "sessile/tools/sessile/choices.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/tune_contest.h"
#include "sessile/tools/sessile/tune_survey.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

struct TuneFlags {
  GraphCallFlags call;
  int64_t rounds = 15;
  int64_t margin = 10;
  std::string write;
};

// The times of one row of the table: of all its sizes and uses together.
struct RowTimes {
  std::string rule;                  // the code that our rules take
  std::map<std::string, double> ms;  // by code
  size_t sizes = 0;
  std::map<std::string, size_t> sizes_of;  // that a code was measured on
};

class Tune {
 public:
  explicit Tune(const TuneFlags& flags) : flags_(flags) {}

  absl::Status Run(const WorkOfGraph& found) {
    if (!flags_.write.empty()) {
      SESSILE_ASSIGN_OR_RETURN(choices_, ReadChoices(flags_.write));
    }
    for (const std::string& note : found.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
    std::printf(
        "ms of each code, the one of our rules first; = is taken now, * is faster than the rules' "
        "by %d %%\n\n",
        static_cast<int>(flags_.margin));
    for (const Work& work : found.list) {
      SESSILE_ASSIGN_OR_RETURN(
          const std::vector<Timing> timings,
          MeasureCodes(work, static_cast<int>(flags_.call.threads), flags_.rounds));
      Take(work, timings);
    }
    std::printf(
        "\n%d kinds of work; all uses together: %.3f ms as taken now, %.3f ms by the best\n",
        static_cast<int>(found.list.size()), now_ms_, best_ms_);
    for (const auto& [key, times] : rows_) Decide(key, times);
    return flags_.write.empty() ? absl::OkStatus() : WriteChoices(flags_.write, choices_);
  }

 private:
  using Key = Choices::key_type;

  void Take(const Work& work, const std::vector<Timing>& timings) {
    const auto faster = [](const Timing& a, const Timing& b) { return a.ms < b.ms; };
    const Timing& best = *std::min_element(timings.begin(), timings.end(), faster);
    const std::string& row = work.alternatives.row;
    const auto by_row = [&](const Timing& timing) { return timing.name == row; };
    auto taken = std::find_if(timings.begin(), timings.end(), by_row);
    if (taken == timings.end()) taken = timings.begin();
    RowTimes& times = rows_[{work.alternatives.instruction_set, work.alternatives.work}];
    times.rule = timings.front().name;
    ++times.sizes;
    const auto uses = static_cast<double>(work.uses);
    std::string line;
    for (const Timing& timing : timings) {
      times.ms[timing.name] += timing.ms * uses;
      ++times.sizes_of[timing.name];
      const bool wins = &timing == &best && IsFaster(best.ms, timings.front().ms);
      absl::StrAppendFormat(&line, "  %.4f %s%s%s", timing.ms, timing.name,
                            &timing == &*taken ? "=" : "", wins ? "*" : "");
    }
    now_ms_ += taken->ms * uses;
    best_ms_ += best.ms * uses;
    std::printf("%s of %s, %dx:%s\n", work.alternatives.work.c_str(), Sizes(work).c_str(),
                static_cast<int>(work.uses), line.c_str());
    std::fflush(stdout);
  }

  // Gives the row of `key` the best code for all sizes, or takes it away where rules say the same.
  void Decide(const Key& key, const RowTimes& times) {
    std::string best = times.rule;
    for (const auto& [name, ms] : times.ms) {
      if (times.sizes_of.at(name) == times.sizes && ms < times.ms.at(best)) best = name;
    }
    if (IsFaster(times.ms.at(best), times.ms.at(times.rule))) {
      choices_[key] = best;
    } else {
      choices_.erase(key);
    }
  }

  bool IsFaster(double ms, double rule_ms) const {
    return ms * (1 + static_cast<double>(flags_.margin) / 100) < rule_ms;
  }

  static std::string Sizes(const Work& work) {
    return absl::StrJoin(work.inputs, " ", [](std::string* out, const TensorSpec& input) {
      absl::StrAppend(out, input.shape.ToString());
    });
  }

  const TuneFlags& flags_;
  Choices choices_;
  std::map<Key, RowTimes> rows_;
  double now_ms_ = 0;
  double best_ms_ = 0;
};

}  // namespace

absl::Status TuneCommand(const std::vector<std::string>& args) {
  TuneFlags flags;
  FlagSet set("sessile tune",
              "Runs a graph, then measures each of its float32 convolutions alone, by every code "
              "that may be the fastest for it; not those within functions. With --write, the table "
              "of choices gets a row where another code than that of our rules is faster, and "
              "loses it where none is.");
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
  SESSILE_ASSIGN_OR_RETURN(const WorkOfGraph found, FindWork(&call));
  if (found.list.empty()) {
    return NotFound("no float32 convolution that runs here, outside of functions, has several ",
                    "codes to choose from",
                    found.notes.empty() ? "" : absl::StrCat("; ", found.notes.front()));
  }
  return Tune(flags).Run(found);
}
