// MatrixDiag, MatrixDiagPart and MatrixSetDiag in all versions, MatrixBandPart, Diag, DiagPart:
// shapes, values, gradients, and the nodes that TensorFlow builds.

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output Build(const std::string& op, const std::vector<Input>& inputs) {
  OpBuilder builder(op);
  for (const Input& input : inputs) builder.Input(input);
  return builder.Build();
}

class MatrixDiagTest : public ::testing::Test {
 protected:
  void ExpectCase(const std::string& name) { ExpectListing("diagonals.txt", name, graph_); }

  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

TEST_F(MatrixDiagTest, MainDiagonalsAndBands) {
  EXPECT_THAT(Eval(diag({1, 2})), IsTensor({{1, 0}, {0, 2}}));
  EXPECT_THAT(Eval(diag_part({{1, 2}, {3, 4}})), IsTensor({1, 4}));
  EXPECT_THAT(Eval(OpBuilder("MatrixDiag").Input({{1, 2}, {3, 4}}).Build()),
              IsTensor({{{1, 0}, {0, 2}}, {{3, 0}, {0, 4}}}));
  const Output wide = constant({{1, 2, 3}, {4, 5, 6}});
  EXPECT_THAT(Eval(OpBuilder("MatrixDiagPart").Input(wide).Build()), IsTensor({1, 5}));
  EXPECT_THAT(Eval(OpBuilder("MatrixSetDiag").Input(wide).Input({7, 8}).Build()),
              IsTensor({{7, 2, 3}, {4, 8, 6}}));
  const Output square = constant({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  EXPECT_THAT(Eval(matrix_band_part(square, 1, 0)), IsTensor({{1, 0, 0}, {4, 5, 0}, {0, 8, 9}}));
  EXPECT_THAT(Eval(matrix_band_part(square, 0, -1)), IsTensor({{1, 2, 3}, {0, 5, 6}, {0, 0, 9}}));
  EXPECT_NE(ErrorOf([&] { Eval(matrix_band_part(square, 4, 0)); }).find("num_lower must be"),
            std::string::npos);
}

TEST_F(MatrixDiagTest, GradientsOfMainDiagonalsMatchDifferences) {
  const auto unary = [](const char* op) {
    return [op](Output x) { return OpBuilder(op).Input(x).Build(); };
  };
  ExpectGradient(unary("Diag"), {{3}});
  ExpectGradient(unary("DiagPart"), {{2, 2}});
  ExpectGradient(unary("MatrixDiag"), {{2, 3}});
  ExpectGradient(unary("MatrixDiagPart"), {{2, 3, 3}});
  ExpectGradient(unary("MatrixDiagPart"), {{2, 4}});
  ExpectGradient(
      [](Output x, Output d) { return OpBuilder("MatrixSetDiag").Input(x).Input(d).Build(); },
      {{2, 3, 2}, {2, 2}});
  ExpectGradient([](Output x) { return matrix_band_part(x, 1, 0); }, {{2, 3, 3}});
}

TEST_F(MatrixDiagTest, MatricesOfABand) {
  const Output packed = constant({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  const auto matrix = [&](const char* align) {
    return Eval(matrix_diag(packed, {.k = {-1, 1}, .padding_value = 9, .align = align}));
  };
  EXPECT_THAT(matrix("RIGHT_LEFT"), IsTensor({{4, 2, 9}, {7, 5, 3}, {9, 8, 6}}));
  EXPECT_THAT(matrix("LEFT_RIGHT"), IsTensor({{4, 1, 9}, {8, 5, 2}, {9, 9, 6}}));
  EXPECT_THAT(matrix("LEFT_LEFT"), IsTensor({{4, 1, 9}, {7, 5, 2}, {9, 8, 6}}));
  EXPECT_THAT(matrix("RIGHT_RIGHT"), IsTensor({{4, 2, 9}, {8, 5, 3}, {9, 9, 6}}));
  EXPECT_THAT(Eval(Build("MatrixDiagV2", {packed, {-1, 1}, -1, -1, 9})),
              IsTensor({{4, 1, 9}, {7, 5, 2}, {9, 8, 6}}));
}

TEST_F(MatrixDiagTest, MatricesOfASizeThatIsGiven) {
  EXPECT_THAT(Eval(matrix_diag({1, 2}, {.k = 1})), IsTensor({{0, 1, 0}, {0, 0, 2}, {0, 0, 0}}));
  EXPECT_THAT(Eval(matrix_diag({1, 2}, {.k = -1, .num_rows = 4})),
              IsTensor({{0, 0}, {1, 0}, {0, 2}, {0, 0}}));
  EXPECT_THAT(Eval(matrix_diag({1, 2}, {.num_cols = 4, .padding_value = 7})),
              IsTensor({{1, 7, 7, 7}, {7, 2, 7, 7}}));
  const Output packed = constant({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {10, 11, 12}});
  EXPECT_THAT(Eval(matrix_diag(packed, {.k = {-1, 2}, .num_rows = 4, .num_cols = 3})),
              IsTensor({{7, 5, 3}, {10, 8, 6}, {0, 11, 9}, {0, 0, 12}}));
  EXPECT_THAT(Eval(matrix_diag({{1, 2}}, {.k = {0, 0}})), IsTensor({{{1, 0}, {0, 2}}}));
  EXPECT_THAT(Eval(matrix_diag(zeros({0}), {.k = 2})), IsTensor({{0, 0}, {0, 0}}));
}

TEST_F(MatrixDiagTest, DiagonalsOfABand) {
  const Output wide = constant({{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}});
  const auto band = [&](const char* align) {
    return Eval(matrix_diag_part(wide, {.k = {-2, 2}, .padding_value = 0, .align = align}));
  };
  EXPECT_THAT(band("RIGHT_LEFT"),
              IsTensor({{0, 3, 8}, {2, 7, 12}, {1, 6, 11}, {5, 10, 0}, {9, 0, 0}}));
  EXPECT_THAT(band("LEFT_RIGHT"),
              IsTensor({{3, 8, 0}, {2, 7, 12}, {1, 6, 11}, {0, 5, 10}, {0, 0, 9}}));
  EXPECT_THAT(band("LEFT_LEFT"),
              IsTensor({{3, 8, 0}, {2, 7, 12}, {1, 6, 11}, {5, 10, 0}, {9, 0, 0}}));
  EXPECT_THAT(band("RIGHT_RIGHT"),
              IsTensor({{0, 3, 8}, {2, 7, 12}, {1, 6, 11}, {0, 5, 10}, {0, 0, 9}}));
  EXPECT_THAT(Eval(Build("MatrixDiagPartV2", {wide, {1, 2}, 6})),
              IsTensor({{3, 8, 6}, {2, 7, 12}}));
  EXPECT_THAT(Eval(matrix_diag_part(wide, {.k = 3})), IsTensor({4}));
  EXPECT_THAT(Eval(trace(wide)), IsTensor(18));
  EXPECT_THAT(Eval(matrix_diag_part(zeros({0, 4}), {.k = {0, 1}})), HasShape({2, 0}));
}

TEST_F(MatrixDiagTest, MatricesWithOtherBands) {
  const Output wide = constant({{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}});
  EXPECT_THAT(Eval(matrix_set_diag(wide, {0, 0, 0}, {.k = 1})),
              IsTensor({{1, 0, 3, 4}, {5, 6, 0, 8}, {9, 10, 11, 0}}));
  EXPECT_THAT(Eval(matrix_set_diag(wide, {{-1, -2, -3}, {-4, -5, -6}}, {.k = {-1, 0}})),
              IsTensor({{-1, 2, 3, 4}, {-4, -2, 7, 8}, {9, -5, -3, 12}}));
  EXPECT_THAT(Eval(matrix_set_diag(wide, {{-1, -2, -3}, {-4, -5, -6}},
                                   {.k = {-1, 0}, .align = "LEFT_RIGHT"})),
              IsTensor({{-1, 2, 3, 4}, {-5, -2, 7, 8}, {9, -6, -3, 12}}));
  EXPECT_THAT(Eval(Build("MatrixSetDiagV2", {wide, {{-1, -2}, {-3, -4}}, {2, 3}})),
              IsTensor({{1, 2, -3, -1}, {5, 6, 7, -4}, {9, 10, 11, 12}}));
}

TEST_F(MatrixDiagTest, PacksAndUnpacksEveryType) {
  for (const DataType type : {bool_, complex128, complex64, float64, float32, bfloat16, float16,
                              int32, int8, uint8, int16, uint16, uint32, int64, uint64}) {
    const Output packed = cast({{1, 0}, {0, 1}}, type);
    const Output matrix = matrix_diag(packed, {.k = {0, 1}});
    EXPECT_THAT(Eval(cast(matrix, int32)), IsTensor({{0, 0}, {0, 1}})) << DataTypeName(type);
    EXPECT_THAT(Eval(cast(matrix_diag_part(matrix, {.k = {0, 1}}), int32)),
                IsTensor({{0, 0}, {0, 1}}));
    EXPECT_THAT(Eval(cast(matrix_set_diag(matrix, packed, {.k = {-1, 0}}), int32)),
                IsTensor({{1, 0}, {0, 0}}));
  }
}

TEST_F(MatrixDiagTest, GradientsOfBandsMatchDifferences) {
  for (const char* const align : {"RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"}) {
    ExpectGradient(
        [&](Output d) {
          return matrix_diag(d, {.k = {-1, 2}, .num_rows = 4, .num_cols = 3, .align = align});
        },
        {{2, 4, 3}});
    ExpectGradient(
        [&](Output x) {
          return matrix_diag_part(x, {.k = {-1, 2}, .align = align});
        },
        {{2, 4, 3}});
    ExpectGradient(
        [&](Output x, Output d) {
          return matrix_set_diag(x, d, {.k = {-1, 2}, .align = align});
        },
        {{2, 4, 3}, {2, 4, 3}});
  }
}

TEST_F(MatrixDiagTest, GradientsOfSecondVersionsMatchDifferences) {
  ExpectGradient(
      [](Output d) {
        return Build("MatrixDiagV2", {d, {0, 1}, -1, -1, 0.0});
      },
      {{2, 3}});
  ExpectGradient([](Output x) { return Build("MatrixDiagPartV2", {x, {0, 1}, 0.0}); }, {{3, 3}});
  ExpectGradient(
      [](Output x, Output d) {
        return Build("MatrixSetDiagV2", {x, d, {0, 1}});
      },
      {{3, 3}, {2, 3}});
}

// The shapes are known when it runs only, and the gradient is made of conditionals.
TEST_F(MatrixDiagTest, GradientsOfUnknownShapesMatchDifferences) {
  for (const auto& [k, diagonals] :
       {std::pair(Input({-1, 1}), Shape({2, 3, 3})), std::pair(Input({1, 2}), Shape({2, 2, 2})),
        std::pair(Input({-2, -1}), Shape({2, 2, 2})), std::pair(Input(1), Shape({2, 2}))}) {
    ExpectGradient(
        [&k = k](Output x, Output d) {
          const auto unknown = [](const Output& v) {
            return OpBuilder("PlaceholderWithDefault")
                .Input(v)
                .Attr("shape", Shape::Unknown())
                .Build();
          };
          return matrix_set_diag(unknown(x), unknown(d), {.k = k});
        },
        {{2, 3, 3}, diagonals});
  }
}

TEST_F(MatrixDiagTest, ShapesOfBands) {
  const NodeFacts band = {.values = {{1, {0, 1}}, {2, -1}, {3, -1}}};
  ExpectShape("MatrixDiagV3", "[5,2,3];[2];[];[];[]", "[5,3,3]", band);
  ExpectShape("MatrixDiagV3", "[7,?,3];[2];[];[];[]", "[7,3,3]", band);
  ExpectShape("MatrixDiagV2", "[2,?];[];[];[];[]", "[2,4,?]",
              {.values = {{1, 0}, {2, 4}, {3, -1}}});
  ExpectShape("MatrixDiagV3", "[5,2,3];[2];[];[];[]", "[5,3,5]",
              {.values = {{1, {0, 1}}, {2, -1}, {3, 5}}});
  ExpectShape("MatrixDiagV3", "[2,3];[];[];[];[]", "?", {.values = {{2, -1}, {3, -1}}});
  ExpectShape("MatrixDiagV3", "[2,3];[];[];[];[]", "[2,?,?]", {.values = {{1, 0}}});
  ExpectShape("MatrixDiagV3", "?;[];[];[];[]", "?", {.values = {{1, 0}, {2, 4}, {3, 5}}});
  ExpectShape("MatrixDiagPartV3", "[2,3,4];[2];[]", "[2,4,3]", {.values = {{1, {-2, 1}}}});
  ExpectShape("MatrixDiagPartV3", "[2,3,4];[2];[]", "[2,2,2]", {.values = {{1, {2, 3}}}});
  ExpectShape("MatrixDiagPartV3", "[2,3,4];[];[]", "[2,1]", {.values = {{1, 3}}});
  ExpectShape("MatrixDiagPartV2", "[3,?];[2];[]", "[2,?]", {.values = {{1, {-1, 0}}}});
  ExpectShape("MatrixDiagPartV3", "[2,3,4];[];[]", "?");
  ExpectShape("MatrixSetDiagV3", "[?,3,4];[2,3];[]", "[2,3,4]", {.values = {{2, 0}}});
  ExpectShape("MatrixSetDiagV3", "?;[7,2,3];[2]", "[7,?,?]", {.values = {{2, {0, 1}}}});
  ExpectShape("MatrixSetDiagV2", "[2,3,4];?;[2]", "[2,3,4]");
}

TEST_F(MatrixDiagTest, RefusesWrongBands) {
  const auto diag_error = [](const char* diagonal, Input k, int rows, int columns,
                             const char* message) {
    ExpectShapeError("MatrixDiagV3", std::string(diagonal) + ";[];[];[];[]", message,
                     {.values = {{1, k}, {2, rows}, {3, columns}}});
  };
  diag_error("[3]", 0, 2, -1, "num_rows is too small: 2, expected at least 3");
  diag_error("[3]", 5, 4, 4, "num_cols is too small: 4, expected at least 8");
  diag_error("[3]", 0, 6, 6, "num_rows and num_cols are not consistent");
  diag_error("[2,3]", {1, 0}, -1, -1, "must not be larger than upper_diag_index: 1 > 0");
  diag_error("[3]", {0, 1, 2}, -1, -1, "one or two elements. It has 3 elements.");
  diag_error("[3]", {0, 1}, -1, -1, "at least rank 2 but is rank 1");
  diag_error("[3,3]", {0, 1}, -1, -1, "must be equal, but are 3 and 2");
  diag_error("[]", 0, -1, -1, "at least rank 1 but is rank 0");
  const auto part_error = [](Input k, const char* message) {
    ExpectShapeError("MatrixDiagPartV3", "[3,4];[];[]", message, {.values = {{1, k}}});
  };
  part_error(4, "lower_diag_index is out of bound: 4. It must be between -3 and 4");
  part_error(-3, "lower_diag_index is out of bound: -3. It must be between -3 and 4");
  part_error({0, 4}, "upper_diag_index is out of bound: 4. It must be between -3 and 4");
  ExpectShapeError("MatrixDiagPartV3", "[3,4];[1,1];[]", "at most rank 1 but is rank 2");
  ExpectShapeError("MatrixDiagPartV3", "[3,4];[];[1]", "must be rank 0 but is rank 1");
  ExpectShapeError("MatrixSetDiagV3", "[3,4];[2,3];[]", "must be rank 1 but is rank 2",
                   {.values = {{2, 1}}});
  ExpectShapeError("MatrixSetDiagV3", "[3,3];[3,3];[2]", "must be equal, but are 2 and 3",
                   {.values = {{2, {0, 1}}}});
}

// Sizes that no int64 counts, though nothing has to be there for them.
TEST_F(MatrixDiagTest, RefusesHugeBands) {
  ExpectShapeError("MatrixDiag", "[0,4611686018427387904]",
                   "diagonals have 4611686018427387904 elements, expected at most 4294967296");
  ExpectShapeError("MatrixDiag", "[2147483648,65536]", "is too large");
  const int32_t most = std::numeric_limits<int32_t>::max();
  ExpectShapeError("MatrixDiagPartV3", "[3037000499,3037000499];[2];[]", "is too large",
                   {.values = {{1, {-most, most}}}});
  const Output huge = placeholder(float32, Shape::Unknown(), "huge");
  const Tensor empty = *Tensor::Allocate(float32, Shape({0, int64_t{1} << 62}));
  EXPECT_THAT(ErrorOf([&] {
                Eval(OpBuilder("MatrixDiag").Input(huge).Build(), {{huge, empty}});
              }),
              HasSubstr("diagonals have 4611686018427387904 elements"));
  EXPECT_THAT(Eval(matrix_band_part(huge, 0, most), {{huge, empty}}),
              HasShape({0, int64_t{1} << 62}));
}

// As above, of shapes and values that only a run knows.
TEST_F(MatrixDiagTest, RunsRefuseWrongBands) {
  const Output x = placeholder(float32, Shape::Unknown(), "x");
  const Output k = placeholder(int32, Shape::Unknown(), "k");
  const Output part = matrix_diag_part(x, {.k = k});
  const Output packed = matrix_diag(x, {.k = k});
  const Output set = matrix_set_diag(x, x, {.k = k});
  const auto error = [&](const Output& y, const Tensor& value, const Tensor& band) {
    return ErrorOf([&] { Eval(y, {{x, value}, {k, band}}); });
  };
  const Tensor matrix = Eval(zeros({3, 4}));
  const Tensor vector = Eval(zeros({3}));
  EXPECT_THAT(error(part, matrix, Eval(constant(4))), HasSubstr("is out of bound: 4"));
  EXPECT_THAT(error(part, vector, Eval(constant(0))), HasSubstr("must be at least 2-dim"));
  EXPECT_THAT(error(part, matrix, Eval(zeros({1, 1}, int32))), HasSubstr("a scalar or vector"));
  EXPECT_THAT(error(packed, vector, Eval(constant({0, 1}))), HasSubstr("must be at least 2-dim"));
  EXPECT_THAT(error(packed, matrix, Eval(constant({0, 1}))), HasSubstr("does not match"));
  EXPECT_THAT(error(set, matrix, Eval(constant(1))), HasSubstr("must have diagonal.shape == [3]"));
}

TEST_F(MatrixDiagTest, BuildersAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3, 4}, "x");
  const Output d = placeholder(float32, {None, 3}, "d");
  const Output p = placeholder(bool_, {2}, "p");
  matrix_diag(d);
  matrix_diag(d, {.k = -1,
                  .num_rows = 4,
                  .num_cols = 5,
                  .padding_value = 9,
                  .align = "LEFT_LEFT",
                  .name = "named"});
  matrix_diag(p);
  matrix_diag(p, {.padding_value = 1, .name = "bools"});
  matrix_diag_part(x);
  matrix_diag_part(x, {.k = {-1, 1}, .padding_value = 2, .name = "band"});
  matrix_set_diag(x, d);
  matrix_set_diag(x, d, {.k = 1, .align = "RIGHT_RIGHT", .name = "other"});
  trace(x);
  trace(x, "t");
  ExpectCase("builders");
}

TEST_F(MatrixDiagTest, GradientsAreTensorFlows) {
  const Output x = placeholder(float32, {None, 3, 4}, "x");
  const Output y = placeholder(float32, {None, None, 4}, "y");
  const Output d = placeholder(float32, {2, 3}, "d");
  const Output k = placeholder(int32, Shape(), "k");
  gradients(matrix_diag(d, {.k = k, .align = "LEFT_RIGHT"}), {d});
  gradients(matrix_diag_part(x, {.k = k, .align = "LEFT_LEFT"}), {x});
  gradients(matrix_diag_part(y, {.padding_value = 3}), {y});
  gradients(matrix_set_diag(x, d, {.k = 1}), {x, d});
  ExpectCase("gradients");
}

TEST_F(MatrixDiagTest, GradientsOfUnknownShapesAreTensorFlows) {
  const Output x = placeholder(float32, Shape::Unknown(), "x");
  const Output d = placeholder(float32, {None, 3}, "d");
  const Output k = placeholder(int32, Shape::Unknown(), "k");
  gradients(matrix_set_diag(x, d, {.k = k, .align = "LEFT_LEFT"}), {x, d});
  ExpectCase("gradients_of_unknown_shapes");
}

TEST_F(MatrixDiagTest, GradientsOfFirstVersionsAreTensorFlows) {
  const Output x = placeholder(float32, {2, 3, 4}, "x");
  const Output s = placeholder(float32, {None, 3, 3}, "s");
  const Output u = placeholder(float32, Shape::Unknown(), "u");
  const Output d = placeholder(float32, {2, 3}, "d");
  gradients(Build("MatrixDiag", {d}), {d});
  gradients(Build("MatrixDiagPart", {x}), {x});
  gradients(Build("MatrixDiagPart", {s}), {s});
  gradients(Build("MatrixSetDiag", {x, d}), {x, d});
  gradients(Build("MatrixSetDiag", {u, d}), {u, d});
  ExpectCase("gradients_of_first_versions");
}

}  // namespace
}  // namespace sessile
