#include "sessile/ops/control_flow.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/ops/array.h"
#include "sessile/ops/assert.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow_context.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

using internal::BuildBranch;

// An operation is no value: the pivot stands for it, once it has run.
Output ToOutput(const BranchValue& value, const Output& pivot) {
  if (value.operation.has_value()) return with_dependencies({value.operation}, pivot);
  return convert_to_tensor(*value.value);
}

// Calls `fn` in the context of its branch.
std::vector<Output> BuildInContext(const std::shared_ptr<GraphImpl>& graph, CondContext* context,
                                   const BranchFn& fn, const char* who) {
  const ContextScope scope(graph, context);
  const std::vector<BranchValue> values = fn();
  if (values.empty()) {
    errors::ThrowIfError(
        InvalidArgument("'true_fn' and 'false_fn' must return at least one result, and '", who,
                        "' returned none."));
  }
  const Output pivot(graph, context->pivot());
  std::vector<Output> results;
  for (const BranchValue& value : values) {
    const Output output = ToOutput(value, pivot);
    if (output.graph_impl() != graph) {
      errors::ThrowIfError(
          InvalidArgument("Tensor '", output.name(), "' that '", who,
                          "' returned is not an element of the predicate's graph."));
    }
    results.emplace_back(graph, errors::ValueOrThrow(context->AddResult(output.endpoint())));
  }
  if (auto* const outer = dynamic_cast<GuardingContext*>(context->outer())) {
    for (const Output& result : results) outer->MarkSeen(result.endpoint());
  }
  return results;
}

void CheckSameStructure(const std::vector<Output>& if_true, const std::vector<Output>& if_false) {
  if (if_true.size() != if_false.size()) {
    errors::ThrowIfError(InvalidArgument(
        "Incompatible return values of 'true_fn' and 'false_fn': The two structures don't have the "
        "same nested structure. 'true_fn' returned ",
        if_true.size(), " values, 'false_fn' ", if_false.size(), "."));
  }
  for (size_t i = 0; i < if_true.size(); ++i) {
    if (BaseType(if_true[i].dtype()) == BaseType(if_false[i].dtype())) continue;
    errors::ThrowIfError(
        InvalidArgument("Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received ",
                        PythonName(if_true[i].dtype()), " from 'true_fn' and ",
                        PythonName(if_false[i].dtype()), " from 'false_fn'."));
  }
}

}  // namespace

namespace internal {

std::vector<Output> BuildCond(const Input& pred, const BranchFn& true_fn, const BranchFn& false_fn,
                              const CondOptions& options) {
  const SourceScope here(pred);
  const std::shared_ptr<GraphImpl> graph = graph_of(std::vector<Input>{pred}).impl();
  const DefaultGraphScope with = Graph(graph).as_default();
  const name_scope scope(options.name.empty() ? "cond" : options.name, graph);
  if (pred.literal() != nullptr && pred.literal()->kind == Literal::Kind::kBool) {
    errors::ThrowIfError(InvalidArgument("'pred' must not be a bool; it must be a tensor."));
  }
  const SwitchResult sides = switch_(pred, pred);
  const auto identity = [](const Input& input, std::string_view name) {
    return OpBuilder("Identity", name).Input(input).Build();
  };
  const Output pivot_true = identity(sides.output_true, "switch_t");
  const Output pivot_false = identity(sides.output_false, "switch_f");
  const Output condition = identity(pred, "pred_id");

  CondContext* const true_context =
      CondContext::Make(graph, condition.endpoint(), pivot_true.endpoint(), 1);
  const std::vector<Output> if_true = BuildInContext(graph, true_context, true_fn, "true_fn");
  CondContext* const false_context =
      CondContext::Make(graph, condition.endpoint(), pivot_false.endpoint(), 0);
  const std::vector<Output> if_false = BuildInContext(graph, false_context, false_fn, "false_fn");
  CheckSameStructure(if_true, if_false);

  std::vector<Output> merged;
  for (size_t i = 0; i < if_true.size(); ++i) {
    merged.push_back(merge({if_false[i], if_true[i]}).output);
  }
  return merged;
}

std::vector<Output> BuildBranch(const BranchFn& fn) {
  std::vector<Output> results;
  for (const BranchValue& value : fn()) {
    if (value.operation.has_value()) {
      errors::ThrowIfError(
          InvalidArgument("A branch of smart_cond must return tensors, not the operation '",
                          value.operation.name(), "'"));
    }
    results.push_back(convert_to_tensor(*value.value));
  }
  return results;
}

namespace {

// The branches from `first` on, and the default.
std::vector<Output> BuildCasesFrom(const std::vector<CaseBranch>& branches, size_t first,
                                   const BranchFn& default_fn) {
  const BranchFn others = [&] {
    std::vector<BranchValue> values;
    for (Output& output : BuildCasesFrom(branches, first + 1, default_fn)) {
      values.emplace_back(std::move(output));
    }
    return values;
  };
  return BuildCond(branches[first].pred, branches[first].fn,
                   first + 1 == branches.size() ? default_fn : others, {});
}

Operation AssertAtMostOneIsTrue(const std::vector<Input>& preds) {
  const auto name = [](std::string* out, const Input& pred) {
    absl::StrAppend(out, pred.is_output() ? pred.output().name() : "?");
  };
  const std::string message =
      absl::StrCat("Input error: exclusive=True: more than 1 conditions (",
                   absl::StrJoin(preds, ", ", name), ") evaluated as True:");
  const Output conditions = stack(preds, {.name = "preds_c"});
  const Output count = reduce_sum(cast(conditions, int32), {.name = "num_true_conds"});
  const Output limit = constant(1, {.name = "n_true_conds"});
  return Assert(less_equal(count, limit), {message, conditions},
                {.summarize = static_cast<int64_t>(preds.size())});
}

}  // namespace

std::vector<Output> BuildCase(const std::vector<CaseBranch>& pred_fn_pairs,
                              const BranchFn& default_fn, const CaseOptions& options) {
  if (pred_fn_pairs.empty()) return BuildBranch(default_fn);
  const SourceScope here(pred_fn_pairs[0].pred);
  std::vector<Input> preds;
  for (const CaseBranch& branch : pred_fn_pairs) preds.push_back(branch.pred);
  const std::shared_ptr<GraphImpl> graph = graph_of(preds).impl();
  const DefaultGraphScope with = Graph(graph).as_default();
  const name_scope scope(options.name.empty() ? "case" : options.name, graph);
  std::vector<Dependency> checked;
  if (options.exclusive) checked.emplace_back(AssertAtMostOneIsTrue(preds));
  const control_dependencies after(checked);
  return BuildCasesFrom(pred_fn_pairs, 0, default_fn);
}

}  // namespace internal

std::optional<bool> smart_constant_value(const Input& pred) {
  const auto of_tensor = [](const Tensor& tensor) -> std::optional<bool> {
    if (tensor.dtype() != bool_ || tensor.num_elements() != 1) return std::nullopt;
    return tensor.scalar<bool>();
  };
  if (const Tensor* tensor = pred.tensor()) return of_tensor(*tensor);
  if (const Literal* literal = pred.literal()) {
    const bool flag =
        literal->integers.size() == 1 && (literal->integers[0] == 0 || literal->integers[0] == 1);
    if (flag) return literal->integers[0] == 1;
    errors::ThrowIfError(
        InvalidArgument("Argument `pred` must be a tensor, or a bool, or 1 or 0."));
  }
  const Tensor* value = pred.output().graph_impl()->ConstantValue(pred.output().endpoint());
  return value == nullptr ? std::nullopt : of_tensor(*value);
}

}  // namespace sessile
