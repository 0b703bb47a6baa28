#include "sessile/ops/check.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/broadcast_shape.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/assert.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/constant_value.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"

namespace sessile {
namespace {

enum class Relation { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

struct RelationFacts {
  Relation relation;
  const char* symbol;
  const char* scope;
  Output (*build)(Input, Input, std::string_view);
};

constexpr RelationFacts kEqualTo = {Relation::kEqual, "==", "assert_equal", equal};
constexpr RelationFacts kNotEqualTo = {Relation::kNotEqual, "!=", "assert_none_equal", not_equal};
constexpr RelationFacts kLessThan = {Relation::kLess, "<", "assert_less", less};
constexpr RelationFacts kLessEqual = {Relation::kLessEqual, "<=", "assert_less_equal", less_equal};
constexpr RelationFacts kGreaterThan = {Relation::kGreater, ">", "assert_greater", greater};
constexpr RelationFacts kGreaterEqual = {Relation::kGreaterEqual, ">=", "assert_greater_equal",
                                         greater_equal};

template <typename T>
bool Holds(Relation relation, const T& x, const T& y) {
  switch (relation) {
    case Relation::kEqual:
      return x == y;
    case Relation::kNotEqual:
      return x != y;
    case Relation::kLess:
      return x < y;
    case Relation::kLessEqual:
      return x <= y;
    case Relation::kGreater:
      return x > y;
    case Relation::kGreaterEqual:
      return x >= y;
  }
  return true;
}

template <typename T>
bool HoldsForAll(Relation relation, const Tensor& x, const Tensor& y) {
  const auto broadcast = Broadcast::Of(x.shape(), y.shape());
  if (!broadcast.ok()) return true;
  bool holds = true;
  const auto compare = [&](int64_t, int64_t count, const Broadcast::Offsets& at) {
    for (int64_t i = 0; i < count; ++i) {
      const T& left = x.data<T>()[at[0] + i * broadcast->run_stride(0)];
      const T& right = y.data<T>()[at[1] + i * broadcast->run_stride(1)];
      holds = holds && Holds(relation, left, right);
    }
  };
  broadcast->ForEachRun(0, broadcast->output().num_elements(), compare);
  return holds;
}

// Whether it is not known by now that the relation is broken. Of rare types only a run knows.
bool MayHold(Relation relation, const Tensor& x, const Tensor& y) {
  switch (x.dtype()) {
    case DataType::kFloat:
      return HoldsForAll<float>(relation, x, y);
    case DataType::kDouble:
      return HoldsForAll<double>(relation, x, y);
    case DataType::kInt32:
      return HoldsForAll<int32_t>(relation, x, y);
    case DataType::kInt64:
      return HoldsForAll<int64_t>(relation, x, y);
    case DataType::kBool:
      return HoldsForAll<bool>(relation, x, y);
    default:
      return true;
  }
}

// The lines of an error that is known while the graph is built.
std::string Lines(const std::vector<Input>& data) {
  std::string text;
  for (const Input& each : data) {
    absl::StrAppend(&text, text.empty() ? "" : "\n");
    const Literal* const literal = each.literal();
    if (literal != nullptr && literal->kind == Literal::Kind::kString) {
      absl::StrAppend(&text, literal->strings[0]);
      continue;
    }
    const Output tensor = convert_to_tensor(each);
    const Tensor* const value = constant_value(tensor);
    absl::StrAppend(&text, value != nullptr ? value->ToString() : tensor.name());
  }
  return text;
}

Operation AssertAll(const Input& condition, const std::vector<Input>& data,
                    const CheckOptions& options) {
  AssertOptions assertion;
  if (options.summarize.has_value()) assertion.summarize = *options.summarize;
  return Assert(condition, data, assertion);
}

Operation AssertRelation(const RelationFacts& facts, const Input& x, const Input& y,
                         const CheckOptions& options) {
  const name_scope scope(options.name.empty() ? facts.scope : options.name);
  const Output left = convert_to_tensor(x, {}, "x");
  const Output right = convert_to_tensor(y, {}, "y");
  std::vector<Input> data = options.data;
  if (data.empty()) {
    data = {absl::StrCat("Condition x ", facts.symbol, " y did not hold element-wise:"),
            absl::StrCat("x (", left.name(), ") = "), left,
            absl::StrCat("y (", right.name(), ") = "), right};
  }
  if (!options.message.empty()) data.insert(data.begin(), Input(options.message));
  const Output condition = reduce_all(facts.build(left, right, {}));
  const Tensor* const left_value = constant_value(left);
  const Tensor* const right_value = constant_value(right);
  if (left_value != nullptr && right_value != nullptr &&
      !MayHold(facts.relation, *left_value, *right_value)) {
    errors::ThrowIfError(InvalidArgument(Lines(data)));
  }
  return AssertAll(condition, data, options);
}

Operation AssertPair(const RelationFacts& facts, const Input& x, const Input& y,
                     const CheckOptions& options) {
  SourceScope here(x);
  const std::array<Input, 2> inputs = {x, y};
  const DefaultGraphScope with = graph_of(inputs).as_default();
  return AssertRelation(facts, x, y, options);
}

std::string Prefix(const CheckOptions& options) {
  return options.message.empty() ? "" : options.message + ".  ";
}

// x against 0, or 0 against x.
Operation AssertSign(const RelationFacts& facts, bool zero_first, const char* scope_name,
                     const char* text, const Input& x, const CheckOptions& options) {
  SourceScope here(x);
  const DefaultGraphScope with = graph_of({&x, 1}).as_default();
  const name_scope scope(options.name.empty() ? scope_name : options.name);
  const Output tensor = convert_to_tensor(x, {}, "x");
  CheckOptions inner = {.data = options.data, .summarize = options.summarize};
  if (inner.data.empty()) {
    inner.data = {Prefix(options)};
    const std::string label = absl::StrCat("x (", tensor.name(), ") = ");
    if (facts.relation == Relation::kLessEqual && !zero_first) {
      inner.data.emplace_back(absl::StrCat(text, label));  // TensorFlow joins the two
    } else {
      inner.data.emplace_back(text);
      inner.data.emplace_back(label);
    }
    inner.data.emplace_back(tensor);
  }
  const Output zero = convert_to_tensor(0, BaseType(tensor.dtype()));
  return zero_first ? AssertRelation(facts, zero, tensor, inner)
                    : AssertRelation(facts, tensor, zero, inner);
}

void CheckIsInt32(const Output& rank) {
  const name_scope scope("assert_type");
  if (BaseType(rank.dtype()) != int32) {
    errors::ThrowIfError(
        InvalidArgument(rank.name(), " must be of type int32; got ", PythonName(rank.dtype())));
  }
  no_op("statically_determined_correct_type");
}

struct RankFacts {
  const char* scope;
  const char* text;
  bool at_least;
};

Operation AssertRankNodes(const RankFacts& facts, const Input& x, const Input& rank_input,
                          const CheckOptions& options) {
  const name_scope scope(options.name.empty() ? facts.scope : options.name);
  const Output tensor = convert_to_tensor(x, {}, "x");
  const Output wanted = convert_to_tensor(rank_input, {}, "rank");
  const std::string who = absl::StrCat(Prefix(options), "Tensor ", tensor.name(), facts.text);
  std::vector<Input> data = options.data;
  if (data.empty()) {
    const Output sizes = shape(tensor);
    data = {Prefix(options), absl::StrCat("Tensor ", tensor.name(), facts.text), wanted,
            "Received shape: ", sizes};
  }
  CheckIsInt32(wanted);
  const Tensor* const value = constant_value(wanted);
  const Shape known = tensor.get_shape();
  if (value != nullptr) {
    if (value->shape().rank() != 0) {
      errors::ThrowIfError(InvalidArgument("Rank must be a scalar."));
    }
    if (known.has_rank()) {
      const int given = value->scalar<int32_t>();
      if (facts.at_least ? known.rank() < given : known.rank() != given) {
        errors::ThrowIfError(InvalidArgument(who, " ", given, ".  Received rank ", known.rank(),
                                             ", shape ", known.ToPythonString()));
      }
      return no_op("static_checks_determined_all_ok");
    }
  }
  const Output actual = rank(tensor);
  Output condition = facts.at_least ? greater_equal(actual, wanted) : equal(actual, wanted);
  if (value == nullptr) {
    const CheckOptions inner = {.data = {"Rank must be a scalar. Received rank: ", wanted}};
    const Operation checked =
        AssertRankNodes({"assert_rank", " must have rank", false}, wanted, 0, inner);
    condition = with_dependencies({checked}, condition);
  }
  return AssertAll(condition, data, options);
}

Operation AssertRank(const RankFacts& facts, const Input& x, const Input& rank,
                     const CheckOptions& options) {
  SourceScope here(x);
  const std::array<Input, 2> inputs = {x, rank};
  const DefaultGraphScope with = graph_of(inputs).as_default();
  return AssertRankNodes(facts, x, rank, options);
}

bool SameTensor(const Input& x, const Input& y) {
  return x.is_output() && y.is_output() && x.output() == y.output();
}

}  // namespace

Operation assert_equal(Input x, Input y, const CheckOptions& options) {
  {
    SourceScope here(x);
    const std::array<Input, 2> inputs = {x, y};
    const DefaultGraphScope with = graph_of(inputs).as_default();
    // TensorFlow opens the scope twice.
    const name_scope scope(options.name.empty() ? kEqualTo.scope : options.name);
    if (SameTensor(x, y)) return no_op();
  }
  return AssertPair(kEqualTo, x, y, options);
}

Operation assert_none_equal(Input x, Input y, const CheckOptions& options) {
  return AssertPair(kNotEqualTo, x, y, options);
}

Operation assert_less(Input x, Input y, const CheckOptions& options) {
  return AssertPair(kLessThan, x, y, options);
}

Operation assert_less_equal(Input x, Input y, const CheckOptions& options) {
  return AssertPair(kLessEqual, x, y, options);
}

Operation assert_greater(Input x, Input y, const CheckOptions& options) {
  return AssertPair(kGreaterThan, x, y, options);
}

Operation assert_greater_equal(Input x, Input y, const CheckOptions& options) {
  return AssertPair(kGreaterEqual, x, y, options);
}

Operation assert_positive(Input x, const CheckOptions& options) {
  return AssertSign(kLessThan, true, "assert_positive",
                    "Condition x > 0 did not hold element-wise:", x, options);
}

Operation assert_negative(Input x, const CheckOptions& options) {
  return AssertSign(kLessThan, false, "assert_negative",
                    "Condition x < 0 did not hold element-wise:", x, options);
}

Operation assert_non_positive(Input x, const CheckOptions& options) {
  return AssertSign(kLessEqual, false, "assert_non_positive",
                    "Condition x <= 0 did not hold element-wise:", x, options);
}

Operation assert_non_negative(Input x, const CheckOptions& options) {
  return AssertSign(kLessEqual, true, "assert_non_negative",
                    "Condition x >= 0 did not hold element-wise:", x, options);
}

Operation assert_rank(Input x, Input rank, const CheckOptions& options) {
  return AssertRank({"assert_rank", " must have rank", false}, x, rank, options);
}

Operation assert_rank_at_least(Input x, Input rank, const CheckOptions& options) {
  return AssertRank({"assert_rank_at_least", " must have rank at least", true}, x, rank, options);
}

Operation assert_integer(Input x, const CheckOptions& options) {
  SourceScope here(x);
  const DefaultGraphScope with = graph_of({&x, 1}).as_default();
  const name_scope scope(options.name.empty() ? "assert_integer" : options.name);
  const Output tensor = convert_to_tensor(x, {}, "x");
  if (!IsInteger(BaseType(tensor.dtype()))) {
    errors::ThrowIfError(InvalidArgument(
        Prefix(options), "Expected \"x\" to be integer type.  Found: ", tensor.name(), " of dtype ",
        PythonName(tensor.dtype())));
  }
  return no_op("statically_determined_was_integer");
}

}  // namespace sessile
