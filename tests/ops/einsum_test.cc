#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

using ::testing::HasSubstr;

Output EinsumOp(const std::string& equation, const std::vector<Input>& inputs) {
  return OpBuilder("Einsum").InputList(inputs).Attr("equation", equation).Build();
}

NodeFacts Equation(const char* equation, int operands) {
  return {.attrs = {{"equation", equation}, {"N", operands}}};
}

TEST(EinsumTest, KnowsTheShape) {
  ExpectShape("Einsum", "[2,?];[3,4]", "[2,4]", Equation("ij,jk->ik", 2));
  ExpectShape("Einsum", "?;[3,4]", "[?,4]", Equation("ij,jk->ik", 2));
  ExpectShape("Einsum", "?;[3,4]", "?", Equation("...ij,jk->...ik", 2));
  ExpectShape("Einsum", "[2,3,1,5];[2,4,6,1]", "[6,5,3,4]", Equation("ab...,ac...->...bc", 2));
  ExpectShape("Einsum", "[2]", "[2,2]", Equation("i->ii", 1));
}

TEST(EinsumTest, RefusesWhatDoesNotFit) {
  ExpectShapeError("Einsum", "[2,3];[4,4]", "Dimensions must be equal, but are 3 and 4",
                   Equation("ij,jk->ik", 2));
  ExpectShapeError("Einsum", "[2,3]", "Shape must be rank 1 but is rank 2", Equation("i->i", 1));
  ExpectShapeError("Einsum", "[2,3]", "Expecting exactly one '->'", Equation("ij", 1));
  ExpectShapeError("Einsum", "[2]", "has label 'k' which is not present", Equation("i->k", 1));
  ExpectShapeError("Einsum", "[2]", "found 1 periods (.)", Equation("i.->i", 1));
  ExpectShapeError("Einsum", "[2,3]", "Shape must be at most rank 0 but is rank 1",
                   Equation("...a->a", 1));
  EXPECT_THAT(ErrorOf([] { einsum("ij", {{1.0}, {2.0}}); }), HasSubstr("expecting 1"));
  EXPECT_THAT(ErrorOf([] { einsum("i1->i", {{1.0}}); }),
              HasSubstr("Subscripts have incorrect format"));
}

TEST(EinsumTest, GivesTensorFlowsValues) {
  struct Case {
    const char* equation;
    std::vector<Shape> shapes;
  };
  const std::vector<Case> cases = {
      {"ij->ji", {{2, 3}}},
      {"ii->i", {{3, 3}}},
      {"i->ii", {{3}}},
      {"ijk->j", {{2, 3, 4}}},
      {"ij,jk->ki", {{2, 3}, {3, 4}}},
      {"bij,bkj->bik", {{2, 3, 4}, {2, 5, 4}}},
      {"iij,kjj->ki", {{3, 3, 2}, {4, 2, 2}}},
      {"...ij,jk->...ik", {{2, 5, 3, 4}, {4, 2}}},
      {"ab...,ac...->...bc", {{2, 3, 1, 5}, {2, 4, 6, 1}}},
      {"i,j->ij", {{3}, {4}}},
      {"ijl,jk->ik", {{2, 3, 5}, {3, 4}}},
      {"ij,ij->", {{2, 3}, {2, 3}}},
      {"ji,jk->ik", {{3, 2}, {3, 4}}},
      {"bji,bkj->bik", {{2, 4, 3}, {2, 5, 4}}},
      {"bihd,bjhd->bhij", {{2, 3, 2, 4}, {2, 5, 2, 4}}},
  };
  for (size_t c = 0; c < cases.size(); ++c) {
    std::vector<Input> inputs;
    for (const Shape& shape : cases[c].shapes) {
      inputs.emplace_back(Wave(shape, 3 + static_cast<int64_t>(inputs.size())));
    }
    ExpectKernelValues("einsum_" + std::to_string(c), Eval(EinsumOp(cases[c].equation, inputs)));
  }
}

TEST(EinsumTest, ComputesWithIntegers) {
  EXPECT_THAT(Eval(einsum("ij,jk", {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}})),
              IsTensor({{19, 22}, {43, 50}}));
}

TEST(EinsumTest, OfNothingIsZeroOrNothing) {
  const Output empty = zeros({2, 0});
  EXPECT_THAT(Eval(EinsumOp("ij,kj->ik", {empty, empty})), IsTensor({{0.0, 0.0}, {0.0, 0.0}}));
  constexpr int64_t kMany = int64_t{1} << 40;
  const Output long_one = zeros({kMany, 0});
  EXPECT_THAT(Eval(EinsumOp("ij->ji", {long_one})), HasShape({0, kMany}));
}

TEST(EinsumTest, GradientsMatchDifferences) {
  const auto of = [](const char* equation) {
    return [equation](const std::vector<Output>& x) {
      return EinsumOp(equation, std::vector<Input>(x.begin(), x.end()));
    };
  };
  ExpectGradient(of("ij,jk->ki"), {{2, 3}, {3, 4}});
  ExpectGradient(of("ijl,jk->ik"), {{2, 3, 2}, {3, 4}});
  ExpectGradient(of("...ij,jk->...ik"), {{2, 2, 3}, {3, 4}});
  ExpectGradient(of("ab...,ac...->...bc"), {{2, 3, 1, 2}, {2, 2, 3, 1}});
  ExpectGradient(of("ii->i"), {{3, 3}});
  ExpectGradient(of("iij->j"), {{2, 2, 3}});
  ExpectGradient(of("ijk->ki"), {{2, 3, 2}});
}

}  // namespace
}  // namespace sessile
