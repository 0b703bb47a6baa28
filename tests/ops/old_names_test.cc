// Operations that only graphs of old versions may have: they are what their successors are.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

struct OldName {
  const char* name;
  const char* successor;
  std::vector<Input> inputs;
};

// One node `op` of float64s that reads x0, x1, ...
absl::Status ImportOne(const std::string& op, size_t inputs, int producer) {
  std::string text = absl::StrCat("node { name: 'y' op: '", op, "' ");
  for (size_t i = 0; i < inputs; ++i) absl::StrAppend(&text, "input: 'x", i, "' ");
  absl::StrAppend(
      &text, "attr { key: 'T' value { type: DT_DOUBLE } } } versions { producer: ", producer, " }");
  GraphDef def;
  SESSILE_RETURN_IF_ERROR(def.ParseFromText(text));
  ImportGraphDefOptions options = {.name = ""};
  for (size_t i = 0; i < inputs; ++i) {
    const std::string name = absl::StrCat("x", i);
    options.input_map[name] = get_default_graph().get_tensor_by_name(name + ":0");
  }
  import_graph_def(def, options);
  return absl::OkStatus();
}

TEST(OldNames, GiveWhatTheirSuccessorsGive) {
  const Input square = {{4.0, 2.0}, {2.0, 10.0}};
  const std::vector<OldName> names = {
      {"BatchMatrixDiag", "MatrixDiag", {square}},
      {"BatchMatrixDiagPart", "MatrixDiagPart", {square}},
      {"BatchMatrixSetDiag", "MatrixSetDiag", {square, {7.0, 8.0}}},
      {"BatchMatrixBandPart",
       "MatrixBandPart",
       {square, Tensor::Scalar<int64_t>(0), Tensor::Scalar<int64_t>(-1)}},
      {"BatchCholesky", "Cholesky", {square}},
      {"BatchMatrixInverse", "MatrixInverse", {square}},
      {"BatchMatrixDeterminant", "MatrixDeterminant", {square}},
      {"BatchMatrixSolve", "MatrixSolve", {square, {{7.0}, {8.0}}}},
  };
  for (const auto& [name, successor, inputs] : names) {
    const Graph graph;
    const auto with = graph.as_default();
    OpBuilder builder(successor);
    for (size_t i = 0; i < inputs.size(); ++i) {
      builder.Input(
          convert_to_tensor(inputs[i], inputs[i].dtype().value_or(float64), absl::StrCat("x", i)));
    }
    const Output expected = builder.Build();
    EXPECT_THAT(ErrorOf([&op = name, count = inputs.size()] {
                  errors::ThrowIfError(ImportOne(op, count, 14));
                }),
                HasSubstr("is not available in GraphDef version 14"));
    ASSERT_TRUE(ImportOne(name, inputs.size(), 12).ok());
    const Output y = graph.get_tensor_by_name("y:0");
    EXPECT_EQ(y.get_shape(), expected.get_shape()) << name;
    const auto values = Session(graph).run({y, expected});
    const Tensor& old = values[0];
    ASSERT_EQ(old.dtype(), float64);
    EXPECT_THAT(old.flat<double>(), ElementsAreArray(values[1].flat<double>())) << name;
    EXPECT_THAT(ErrorOf([&] { gradients(y, {graph.get_tensor_by_name("x0:0")}); }),
                HasSubstr("TensorFlow defines none"));
  }
}

}  // namespace
}  // namespace sessile
