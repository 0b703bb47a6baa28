#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/io/file.h"
#include "sessile/core/io/flags.h"
#include "sessile/core/io/npy.h"
#include "sessile/core/session/session.h"
#include "sessile/tools/sessile/commands.h"
#include "sessile/tools/sessile/feed_argument.h"

namespace {

using namespace sessile;  // NOLINT: a program of the library

struct Flags {
  std::string graph;
  std::vector<std::string> init, feeds, feeds_each, fetches, targets;
  int64_t steps = 0;  // 0: one run, without an axis for the steps
  int64_t threads = 0;
  bool explain = false;
  std::string out;
};

FlagSet Declare(Flags* flags) {
  FlagSet set("sessile run", "Computes tensors of a graph. Without --out they are printed.");
  set.Positional("GRAPH", &flags->graph, "a GraphDef, binary or text (.pbtxt)")
      .List("init", &flags->init, "operation to run once, before anything else")
      .List("feed", &flags->feeds,
            "NAME=FILE.npy or NAME=VALUE: a tensor's value, converted to its type")
      .List("feed-each", &flags->feeds_each,
            "NAME=FILE.npy: step k gets slice k of the array along axis 0")
      .List("fetch", &flags->fetches, "tensor to compute")
      .List("target", &flags->targets, "operation to run together with the fetches")
      .Int("steps", &flags->steps,
           "runs in one session; fetches are stacked along a new axis 0 (default: 1, not stacked)",
           {.min = 0, .max = 1000000000})
      .Int("threads", &flags->threads, "threads that compute; 0: as many as there are cores",
           {.min = 0, .max = 4096})
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
  Runner(const Flags& flags, const Graph& graph)
      : flags_(flags),
        graph_(graph),
        session_(graph, {.intra_op_parallelism_threads = static_cast<int>(flags.threads)}) {}

  absl::Status Run() {
    SESSILE_RETURN_IF_ERROR(ReadFeeds());
    for (const std::string& op : flags_.init) {
      SESSILE_RETURN_IF_ERROR(session_.Run({graph_.get_operation_by_name(op)}).status());
    }
    for (const std::string& name : flags_.fetches) {
      SESSILE_RETURN_IF_ERROR(CheckRegistered(TensorNameOf(name)));
      fetches_.push_back(graph_.get_tensor_by_name(TensorNameOf(name)));
    }
    for (const std::string& name : flags_.targets) {
      fetches_.push_back(graph_.get_operation_by_name(name));
    }
    if (fetches_.empty()) return absl::OkStatus();
    if (flags_.explain) {
      std::fputs(session_.explain(fetches_, FeedsOf(0)).c_str(), stdout);
      return absl::OkStatus();
    }
    if (steps_ == 0) {
      SESSILE_ASSIGN_OR_RETURN(const std::vector<Tensor> values, Step(0));
      return Write(values);
    }
    std::vector<Tensor> stacked(flags_.fetches.size());
    for (int64_t step = 0; step < steps_; ++step) {
      SESSILE_ASSIGN_OR_RETURN(const std::vector<Tensor> values, Step(step));
      for (size_t i = 0; i < stacked.size(); ++i) {
        SESSILE_RETURN_IF_ERROR(Put(flags_.fetches[i], values[i], step, &stacked[i]));
      }
    }
    return Write(stacked);
  }

 private:
  absl::Status ReadFeeds() {
    for (const std::string& argument : flags_.feeds) {
      SESSILE_ASSIGN_OR_RETURN(FeedArgument feed, ParseFeed(graph_, argument));
      feeds_.push_back({feed.name, std::move(feed.value)});
    }
    steps_ = flags_.steps;
    for (const std::string& argument : flags_.feeds_each) {
      const size_t equals = argument.find('=');
      if (equals == std::string::npos) {
        return InvalidArgument("--feed-each: expected NAME=FILE.npy, got '", argument, "'");
      }
      const std::string name = TensorNameOf(argument.substr(0, equals));
      SESSILE_ASSIGN_OR_RETURN(const Tensor array,
                               ReadArrayFor(graph_, name, argument.substr(equals + 1)));
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

  // Of an operation that is not registered nobody knows how many outputs it has.
  absl::Status CheckRegistered(const std::string& tensor) const {
    const std::string name = tensor.substr(0, tensor.rfind(':'));
    const Node* const node = graph_.impl()->FindNode(name);
    if (node == nullptr || node->op() != nullptr) return absl::OkStatus();
    return NotFound("Op type not registered '", node->op_type(), "' (node '", name, "')");
  }

  FeedDict FeedsOf(int64_t step) const {
    FeedDict feeds(feeds_);
    for (const SlicedFeed& feed : slices_) feeds.items.push_back({feed.name, feed.array[step]});
    return feeds;
  }

  absl::StatusOr<std::vector<Tensor>> Step(int64_t step) {
    return session_.Run(fetches_, FeedsOf(step));
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
    for (size_t i = 0; i < flags_.fetches.size(); ++i) {
      const std::string& name = flags_.fetches[i];
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
  const Graph graph_;
  Session session_;
  std::vector<Feed> feeds_;
  std::vector<SlicedFeed> slices_;
  std::vector<Fetch> fetches_;
  int64_t steps_ = 0;
};

}  // namespace

absl::Status RunCommand(const std::vector<std::string>& args) {
  Flags flags;
  FlagSet set = Declare(&flags);
  SESSILE_RETURN_IF_ERROR(set.Parse(args));
  if (set.help_wanted()) {
    std::fputs(set.Help().c_str(), stdout);
    return absl::OkStatus();
  }
  SESSILE_ASSIGN_OR_RETURN(const GraphDef graph_def, ReadGraphDef(flags.graph));
  const Graph graph;
  SESSILE_RETURN_IF_ERROR(ImportGraphDef(graph_def, {}, *graph.impl()).status());
  return Runner(flags, graph).Run();
}
