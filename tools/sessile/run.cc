#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/io/npy.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/feed_argument.h"
#include "sessile/tools/sessile/graph_call.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

struct Flags {
  GraphCallFlags call;
  std::vector<std::string> feeds_each;
  int64_t steps = 0;  // 0: one run, without an axis for the steps
  bool explain = false;
  std::string out;
};

FlagSet Declare(Flags* flags) {
  FlagSet set("sessile run", "Computes tensors of a graph. Without --out they are printed.");
  flags->call.DeclareTo(&set);
  set.List("feed-each", &flags->feeds_each,
           "NAME=FILE.npy: step k gets slice k of the array along axis 0")
      .Int("steps", &flags->steps,
           "runs in one session, whose fetches are stacked along a new axis 0; 0: one for each "
           "slice "
           "of --feed-each, and without it a single one that is not stacked",
           {.min = 0, .max = 1000000000})
      .Bool("explain", &flags->explain,
            "after --init, print what the run would do, kernel by kernel, instead of doing it")
      .String("out", &flags->out, "folder for the results: fetch a/b:0 goes to a__b..0.npy");
  return set;
}

// An array that --feed-each gives slice by slice.
struct SlicedFeed {
  std::string name;
  Tensor array;
};

class Runner {
 public:
  Runner(const Flags& flags, GraphToCall graph)
      : flags_(flags), call_(flags.call, std::move(graph)) {}

  absl::Status Run() {
    SESSILE_RETURN_IF_ERROR(call_.Start());
    SESSILE_RETURN_IF_ERROR(ReadFeedsEach());
    if (flags_.explain) {
      std::fputs(call_.session().explain(call_.fetches(), FeedsOf(0)).c_str(), stdout);
      return absl::OkStatus();
    }
    if (steps_ == 0) {
      SESSILE_ASSIGN_OR_RETURN(const std::vector<Tensor> values, Step(0));
      return Write(values);
    }
    std::vector<Tensor> stacked(flags_.call.fetches.size());
    for (int64_t step = 0; step < steps_; ++step) {
      SESSILE_ASSIGN_OR_RETURN(const std::vector<Tensor> values, Step(step));
      for (size_t i = 0; i < stacked.size(); ++i) {
        SESSILE_RETURN_IF_ERROR(Put(flags_.call.fetches[i], values[i], step, &stacked[i]));
      }
    }
    return Write(stacked);
  }

 private:
  absl::Status ReadFeedsEach() {
    steps_ = flags_.steps;
    for (const std::string& argument : flags_.feeds_each) {
      SESSILE_ASSIGN_OR_RETURN(const NameAndText parts,
                               SplitFeed(argument, "--feed-each", "FILE.npy"));
      SESSILE_ASSIGN_OR_RETURN(const std::string name, call_.TensorOf(parts.name));
      SESSILE_ASSIGN_OR_RETURN(const Tensor array, ReadArrayFor(call_.graph(), name, parts.text));
      if (array.rank() == 0) {
        return InvalidArgument("--feed-each ", name, ": a scalar has no slices");
      }
      if (steps_ == 0) steps_ = array.dim(0);
      if (array.dim(0) < steps_) {
        return InvalidArgument("--feed-each ", name, ": ", steps_, " steps need as many slices, ",
                               "the array has ", array.dim(0));
      }
      slices_.push_back({name, array});
    }
    return absl::OkStatus();
  }

  FeedDict FeedsOf(int64_t step) const {
    FeedDict feeds(call_.feeds());
    for (const SlicedFeed& feed : slices_) feeds.items.push_back({feed.name, feed.array[step]});
    return feeds;
  }

  absl::StatusOr<std::vector<Tensor>> Step(int64_t step) {
    return call_.session().Run(call_.fetches(), FeedsOf(step));
  }

  // Makes `value` slice `step` of *stacked, which is allocated at step 0.
  absl::Status Put(const std::string& name, const Tensor& value, int64_t step, Tensor* stacked) {
    if (step == 0) {
      std::vector<int64_t> dims{steps_};
      dims.insert(dims.end(), value.shape().dims().begin(), value.shape().dims().end());
      SESSILE_ASSIGN_OR_RETURN(const Shape shape, Shape::FromDims(dims));
      SESSILE_ASSIGN_OR_RETURN(*stacked, Tensor::Allocate(value.dtype(), shape));
    }
    if (stacked->shape().Slice(1) != value.shape()) {
      return InvalidArgument("The values of '", name, "' cannot be stacked: step 0 has shape ",
                             stacked->shape().Slice(1).ToString(), ", step ", step, " has ",
                             value.shape().ToString());
    }
    if (value.dtype() == string) {
      std::copy_n(value.data<std::string>(), value.num_elements(),
                  stacked->mutable_data<std::string>() + step * value.num_elements());
    } else if (value.num_bytes() > 0) {
      std::memcpy(static_cast<char*>(stacked->mutable_raw_data()) +
                      static_cast<size_t>(step) * value.num_bytes(),
                  value.raw_data(), value.num_bytes());
    }
    return absl::OkStatus();
  }

  absl::Status Write(const std::vector<Tensor>& values) const {
    if (!flags_.out.empty()) SESSILE_RETURN_IF_ERROR(MakeFolders(flags_.out));
    for (size_t i = 0; i < flags_.call.fetches.size(); ++i) {
      const std::string& name = flags_.call.fetches[i];
      if (flags_.out.empty()) {
        std::printf("%s: %s\n", name.c_str(), values[i].ToString(100).c_str());
        continue;
      }
      const std::string file = absl::StrReplaceAll(name, {{"/", "__"}, {":", ".."}});
      SESSILE_RETURN_IF_ERROR(WriteNpy(absl::StrCat(flags_.out, "/", file, ".npy"), values[i]));
    }
    return absl::OkStatus();
  }

  const Flags& flags_;
  GraphCall call_;
  std::vector<SlicedFeed> slices_;
  int64_t steps_ = 0;
};

}  // namespace

absl::Status RunCommand(const std::vector<std::string>& args) {
  Flags flags;
  FlagSet set = Declare(&flags);
  set.ParseOrExit(args);
  SESSILE_ASSIGN_OR_RETURN(GraphToCall graph, ReadGraphToCall(flags.call.graph));
  return Runner(flags, std::move(graph)).Run();
}
