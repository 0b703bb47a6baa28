// Calls of functions of the graph's library: PartitionedCall, If, While, Case and their kin, and
// what replaces them when a graph runs.
//
// A conditional becomes Switch and Merge, a loop becomes Enter, Merge, Switch, NextIteration and
// Exit, as TensorFlow lowers them.

#include <functional>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/function_inliner.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr char kNoFunctionGradient[] = "functions are inlined when a graph runs";

// `output_shapes`, where it is given.
absl::Status DeclaredShapes(ShapeContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const std::vector<Shape> shapes,
                           ctx.attrs().GetOr<std::vector<Shape>>("output_shapes", {}));
  if (static_cast<int>(shapes.size()) != ctx.num_outputs()) return absl::OkStatus();
  for (int i = 0; i < ctx.num_outputs(); ++i) ctx.SetOutput(i, shapes[static_cast<size_t>(i)]);
  return absl::OkStatus();
}

absl::Status LowerNamedCall(FunctionInliner& inliner, const CallSite& site) {
  const FunctionRef function{site.op->name, std::make_shared<AttrMap>(*site.attrs)};
  SESSILE_ASSIGN_OR_RETURN(const CallResult result,
                           inliner.Call(site, function, site.inputs, site.pivot));
  return inliner.SetResults(site, result);
}

absl::Status LowerPartitionedCall(FunctionInliner& inliner, const CallSite& site) {
  SESSILE_ASSIGN_OR_RETURN(const FunctionRef function, site.attrs->Get<FunctionRef>("f"));
  SESSILE_ASSIGN_OR_RETURN(const CallResult result,
                           inliner.Call(site, function, site.inputs, site.pivot));
  return inliner.SetResults(site, result);
}

// A bool scalar for what If and While take as a condition.
absl::StatusOr<Endpoint> Condition(FunctionInliner& inliner, const CallSite& site, Endpoint value) {
  if (inliner.TypeOf(value) == DataType::kBool) return value;
  SESSILE_ASSIGN_OR_RETURN(const int id, inliner.AddTyped(site, "ToBool", "to_bool", {value}));
  return Endpoint{id, 0};
}

// Adds one branch for these arguments, which are alive if it is taken; so is the pivot.
using AddBranch =
    std::function<absl::StatusOr<CallResult>(const std::vector<Endpoint>& args, int pivot)>;

// What a branch gives, and a value that is alive once all of it has run.
struct Branch {
  CallResult result;
  Endpoint done;
};

absl::StatusOr<Branch> AddSide(FunctionInliner& inliner, const CallSite& site,
                               const std::string& name, const std::vector<Endpoint>& args,
                               Endpoint alive, const AddBranch& add) {
  SESSILE_ASSIGN_OR_RETURN(const int pivot, inliner.AddTyped(site, "Identity", name, {alive}));
  SESSILE_ASSIGN_OR_RETURN(CallResult result, add(args, pivot));
  SESSILE_ASSIGN_OR_RETURN(const int done,
                           inliner.AddTyped(site, "Identity", absl::StrCat(name, "_done"),
                                            {Endpoint{pivot, 0}}, result.effects));
  return Branch{std::move(result), {done, 0}};
}

absl::StatusOr<int> AddMerge(FunctionInliner& inliner, const CallSite& site, Endpoint first,
                             Endpoint second) {
  AttrMap attrs;
  attrs.Set("T", inliner.TypeOf(first));
  attrs.Set("N", 2);
  return inliner.Add(site, "Merge", "merge", {first, second}, std::move(attrs));
}

absl::StatusOr<CallResult> AddConditional(FunctionInliner& inliner, const CallSite& site,
                                          Endpoint pred, const std::vector<Endpoint>& args,
                                          const AddBranch& if_true, const AddBranch& if_false) {
  std::vector<Endpoint> true_args, false_args;
  for (const Endpoint& arg : args) {
    SESSILE_ASSIGN_OR_RETURN(const int id, inliner.AddTyped(site, "Switch", "switch", {arg, pred}));
    false_args.push_back({id, 0});
    true_args.push_back({id, 1});
  }
  SESSILE_ASSIGN_OR_RETURN(const int side, inliner.AddTyped(site, "Switch", "pred", {pred, pred}));
  SESSILE_ASSIGN_OR_RETURN(const Branch yes,
                           AddSide(inliner, site, "then", true_args, {side, 1}, if_true));
  SESSILE_ASSIGN_OR_RETURN(const Branch no,
                           AddSide(inliner, site, "else", false_args, {side, 0}, if_false));
  if (yes.result.outputs.size() != no.result.outputs.size()) {
    return InvalidArgument("Node '", site.name, "' (op: '", site.op->name,
                           "'): its branches return ", yes.result.outputs.size(), " and ",
                           no.result.outputs.size(), " values");
  }
  CallResult result;
  for (size_t i = 0; i < yes.result.outputs.size(); ++i) {
    SESSILE_ASSIGN_OR_RETURN(const int id,
                             AddMerge(inliner, site, no.result.outputs[i], yes.result.outputs[i]));
    result.outputs.push_back({id, 0});
  }
  if (!yes.result.effects.empty() || !no.result.effects.empty()) {
    SESSILE_ASSIGN_OR_RETURN(const int id, AddMerge(inliner, site, no.done, yes.done));
    result.effects.push_back(id);
  }
  return result;
}

AddBranch BodyOf(FunctionInliner& inliner, const CallSite& site, const FunctionRef& function) {
  return [&](const std::vector<Endpoint>& args, int pivot) {
    return inliner.Call(site, function, args, pivot);
  };
}

absl::Status LowerIf(FunctionInliner& inliner, const CallSite& site) {
  SESSILE_ASSIGN_OR_RETURN(const FunctionRef yes, site.attrs->Get<FunctionRef>("then_branch"));
  SESSILE_ASSIGN_OR_RETURN(const FunctionRef no, site.attrs->Get<FunctionRef>("else_branch"));
  SESSILE_ASSIGN_OR_RETURN(const Endpoint pred, Condition(inliner, site, site.inputs[0]));
  const std::vector<Endpoint> args(site.inputs.begin() + 1, site.inputs.end());
  SESSILE_ASSIGN_OR_RETURN(const CallResult result,
                           AddConditional(inliner, site, pred, args, BodyOf(inliner, site, yes),
                                          BodyOf(inliner, site, no)));
  return inliner.SetResults(site, result);
}

// Branches from `first` on, by the index in args[0]; the last one is for all that are left, also
// for an index that there is not.
absl::StatusOr<CallResult> AddCases(FunctionInliner& inliner, const CallSite& site,
                                    const std::vector<FunctionRef>& branches, size_t first,
                                    const std::vector<Endpoint>& args, int pivot) {
  const std::vector<Endpoint> own(args.begin() + 1, args.end());
  if (first + 1 == branches.size()) return inliner.Call(site, branches[first], own, pivot);
  AttrMap attrs;
  attrs.Set("dtype", DataType::kInt32);
  attrs.Set("value", Tensor::Scalar(static_cast<int32_t>(first)));
  SESSILE_ASSIGN_OR_RETURN(
      const int number, inliner.Add(site, "Const", "branch", {}, std::move(attrs), {args[0].node}));
  SESSILE_ASSIGN_OR_RETURN(const int pred,
                           inliner.AddTyped(site, "Equal", "is_branch", {args[0], {number, 0}}));
  const AddBranch this_one = [&](const std::vector<Endpoint>& inside, int alive) {
    return inliner.Call(site, branches[first], {inside.begin() + 1, inside.end()}, alive);
  };
  const AddBranch rest = [&](const std::vector<Endpoint>& inside, int alive) {
    return AddCases(inliner, site, branches, first + 1, inside, alive);
  };
  return AddConditional(inliner, site, {pred, 0}, args, this_one, rest);
}

absl::Status LowerCase(FunctionInliner& inliner, const CallSite& site) {
  // Each branch after the first is some stack frames deeper.
  constexpr size_t kMostBranches = 500;
  SESSILE_ASSIGN_OR_RETURN(const AttrList branches, site.attrs->Get<AttrList>("branches"));
  const std::vector<FunctionRef>& functions = branches.functions;
  if (functions.empty() || functions.size() > kMostBranches) {
    return InvalidArgument("Node '", site.name, "' (op: '", site.op->name, "') has ",
                           functions.size(), " branches; 1 to ", kMostBranches, " are supported");
  }
  SESSILE_ASSIGN_OR_RETURN(const CallResult result,
                           AddCases(inliner, site, functions, 0, site.inputs, site.pivot));
  return inliner.SetResults(site, result);
}

// One loop: every value goes round by Merge, Switch and NextIteration.
class LoopLowering {
 public:
  LoopLowering(FunctionInliner& inliner, const CallSite& site) : inliner_(inliner), site_(site) {}

  absl::Status Lower() {
    SESSILE_ASSIGN_OR_RETURN(const FunctionRef cond, site_.attrs->Get<FunctionRef>("cond"));
    SESSILE_ASSIGN_OR_RETURN(const FunctionRef body, site_.attrs->Get<FunctionRef>("body"));
    if (site_.inputs.empty()) {
      return InvalidArgument("Node '", site_.name, "' (op: '", site_.op->name,
                             "') has no loop variables: it would not end");
    }
    SESSILE_RETURN_IF_ERROR(Enter());
    SESSILE_RETURN_IF_ERROR(AddCondition(cond));
    SESSILE_RETURN_IF_ERROR(AddTurn(body));
    CallResult result;
    for (const Endpoint& leaving : leaving_) {
      SESSILE_ASSIGN_OR_RETURN(const int id, inliner_.AddTyped(site_, "Exit", "exit", {leaving}));
      result.outputs.push_back({id, 0});
    }
    return inliner_.SetResults(site_, result);
  }

 private:
  absl::Status Enter() {
    SESSILE_ASSIGN_OR_RETURN(const int64_t parallel,
                             site_.attrs->GetOr<int64_t>("parallel_iterations", 10));
    for (const Endpoint& input : site_.inputs) {
      AttrMap attrs;
      attrs.Set("T", inliner_.TypeOf(input));
      attrs.Set("frame_name", site_.name);
      attrs.Set("parallel_iterations", parallel);
      SESSILE_ASSIGN_OR_RETURN(const int enter,
                               inliner_.Add(site_, "Enter", "enter", {input}, std::move(attrs)));
      SESSILE_ASSIGN_OR_RETURN(const int merge,
                               AddMerge(inliner_, site_, {enter, 0}, NodeSpec::kLater));
      values_.push_back({merge, 0});
    }
    return absl::OkStatus();
  }

  absl::Status AddCondition(const FunctionRef& cond) {
    SESSILE_ASSIGN_OR_RETURN(const int pivot, Pivot("cond", values_));
    SESSILE_ASSIGN_OR_RETURN(const CallResult result, inliner_.Call(site_, cond, values_, pivot));
    if (result.outputs.size() != 1) {
      return InvalidArgument("Node '", site_.name, "': the condition of a loop returns ",
                             result.outputs.size(), " values instead of one");
    }
    SESSILE_ASSIGN_OR_RETURN(const Endpoint pred, Condition(inliner_, site_, result.outputs[0]));
    SESSILE_ASSIGN_OR_RETURN(const int loop_cond, inliner_.Add(site_, "LoopCond", "loop_cond",
                                                               {pred}, {}, result.effects));
    for (const Endpoint& value : values_) {
      SESSILE_ASSIGN_OR_RETURN(
          const int id, inliner_.AddTyped(site_, "Switch", "switch", {value, {loop_cond, 0}}));
      leaving_.push_back({id, 0});
      SESSILE_ASSIGN_OR_RETURN(const int stays,
                               inliner_.AddTyped(site_, "Identity", "stays", {Endpoint{id, 1}}));
      staying_.push_back({stays, 0});
    }
    return absl::OkStatus();
  }

  absl::Status AddTurn(const FunctionRef& body) {
    SESSILE_ASSIGN_OR_RETURN(const int pivot, Pivot("body", staying_));
    SESSILE_ASSIGN_OR_RETURN(const CallResult result, inliner_.Call(site_, body, staying_, pivot));
    if (result.outputs.size() != values_.size()) {
      return InvalidArgument("Node '", site_.name, "': the body of a loop of ", values_.size(),
                             " variables returns ", result.outputs.size(), " values");
    }
    for (size_t i = 0; i < values_.size(); ++i) {
      SESSILE_ASSIGN_OR_RETURN(
          const int next,
          inliner_.AddTyped(site_, "NextIteration", "next", {result.outputs[i]}, result.effects));
      SESSILE_RETURN_IF_ERROR(inliner_.Connect(values_[i].node, 1, {next, 0}));
    }
    return absl::OkStatus();
  }

  // Runs in each turn that gets as far as `values`.
  absl::StatusOr<int> Pivot(const char* name, const std::vector<Endpoint>& values) {
    return inliner_.Add(site_, "NoOp", name, {}, {}, {values[0].node});
  }

  FunctionInliner& inliner_;
  const CallSite& site_;
  std::vector<Endpoint> values_, leaving_, staying_;
};

absl::Status LowerWhile(FunctionInliner& inliner, const CallSite& site) {
  return LoopLowering(inliner, site).Lower();
}

void AddPartitionedCall(OpRegistry& ops, std::string_view name, bool stateful) {
  OpDefBuilder op = ops.Add(name);
  op.Input("args: Tin").Output("output: Tout").Attr("Tin: list(type) >= 0");
  op.Attr("Tout: list(type) >= 0").Attr("f: func").Attr("config: string = ''");
  op.Attr("config_proto: string = ''").Attr("executor_type: string = ''");
  op.Shape(UnknownShape).NoGradient(kNoFunctionGradient).Lower(LowerPartitionedCall);
  if (stateful) op.Stateful();
  op.Doc("Calls the function `f` of the graph's library.");
}

void AddIf(OpRegistry& ops, std::string_view name, bool stateful) {
  OpDefBuilder op = ops.Add(name);
  op.Input("cond: Tcond").Input("input: Tin").Output("output: Tout").Attr("Tcond: type");
  op.Attr("Tin: list(type) >= 0").Attr("Tout: list(type) >= 0").Attr("then_branch: func");
  op.Attr("else_branch: func").Attr("output_shapes: list(shape) = []");
  op.Shape(DeclaredShapes).NoGradient(kNoFunctionGradient).Lower(LowerIf);
  if (stateful) op.Stateful();
  op.Doc("Calls one of two functions.");
}

void AddWhile(OpRegistry& ops, std::string_view name, bool stateful) {
  OpDefBuilder op = ops.Add(name);
  op.Input("input: T").Output("output: T").Attr("T: list(type) >= 0").Attr("cond: func");
  op.Attr("body: func").Attr("output_shapes: list(shape) = []");
  op.Attr("parallel_iterations: int = 10");
  op.Shape(DeclaredShapes).NoGradient(kNoFunctionGradient).Lower(LowerWhile);
  if (stateful) op.Stateful();
  op.Doc("Calls the function `body` again and again, as long as `cond` gives true.");
}

void AddCase(OpRegistry& ops, std::string_view name, bool stateful) {
  OpDefBuilder op = ops.Add(name);
  op.Input("branch_index: int32").Input("input: Tin").Output("output: Tout");
  op.Attr("Tin: list(type) >= 0").Attr("Tout: list(type) >= 0").Attr("branches: list(func) >= 1");
  op.Attr("output_shapes: list(shape) = []");
  op.Shape(DeclaredShapes).NoGradient(kNoFunctionGradient).Lower(LowerCase);
  if (stateful) op.Stateful();
  op.Doc("Calls one of several functions, the last one for an index that there is not.");
}

}  // namespace

void RegisterFunctional(OpRegistry& ops) {
  AddPartitionedCall(ops, "PartitionedCall", false);
  AddPartitionedCall(ops, "StatefulPartitionedCall", true);
  AddIf(ops, "StatelessIf", false);
  AddIf(ops, "If", true);
  AddWhile(ops, "StatelessWhile", false);
  AddWhile(ops, "While", true);
  AddCase(ops, "StatelessCase", false);
  AddCase(ops, "Case", true);
  ops.Add("ToBool")
      .Input("input: T")
      .Output("output: bool")
      .Attr("T: type")
      .Shape(ScalarShape)
      .NoGradient("its output is a truth value")
      .Doc("Whether a scalar is neither zero nor empty, or a tensor has elements.");
  ops.SetFunctionSupport(std::make_shared<FunctionSupport>(FunctionSupport{
      .inline_functions =
          [](GraphImpl& graph, std::span<const int> roots, const std::set<Endpoint>& fed) {
            const auto lock = graph.Lock();
            return FunctionInliner(graph).Inline(roots, fed);
          },
      .call = LowerNamedCall}));
}

}  // namespace sessile
