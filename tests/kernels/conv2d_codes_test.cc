// The codes that a convolution can be computed by: each asked for by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "sessile/kernels/tiles.h"
#include "sessile/kernels/tuned.h"
#include "sessile/tests/kernel_testing.h"
#include "sessile/tests/kernels/conv2d_testing.h"

namespace sessile {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

KernelCall By(KernelCall call, const std::string& name) {
  call.attrs.emplace_back(kImplementationAttr, name);
  return call;
}

// Calls check(call, expected result) for each operation by each of its codes.
template <typename Check>
void ForEachCode(const Geometry& g, Check check) {
  SCOPED_TRACE(Describe(g));
  const ConvolutionCase c = MakeConvolution<float>(g);
  for (const auto& [call, expected] :
       {std::pair(c.Forward(), &c.y), {c.BackwardInput(), &c.dx}, {c.BackwardFilter(), &c.dw}}) {
    const Alternatives alternatives = AlternativesOf(call).value();
    std::vector<std::string> names = alternatives.names;
    if (names.back() != "loops") names.emplace_back("loops");  // which are never the fastest
    for (const std::string& name : names) {
      SCOPED_TRACE(alternatives.work + " by " + name);
      check(By(call, name), *expected);
    }
  }
}

void ExpectDefinitionOfEachCode(const Geometry& g) {
  ForEachCode(g, [](const KernelCall& call, const Tensor& expected) {
    EXPECT_LE(Distance(RunKernelOrFail(call), expected), 2e-6);
  });
}

// So few that tiles fill a part of a vector only, up to some more than a vector.
TEST(Conv2DCodesTest, EachEqualsTheDefinitionForFewChannels) {
  for (const int64_t out : {1, 2, 3, 5, 8, 9, 12, 16, 17}) {
    for (const int64_t stride : {1, 2}) {
      ExpectDefinitionOfEachCode({.batch = 5,
                                  .height = 9,
                                  .width = 11,
                                  .in = 4,
                                  .out = out,
                                  .filter_height = 3,
                                  .filter_width = 3,
                                  .stride = stride});
    }
  }
}

TEST(Conv2DCodesTest, EachEqualsTheDefinitionForSmallImages) {
  for (const int64_t size : {1, 2, 4}) {
    ExpectDefinitionOfEachCode({.batch = 33,
                                .height = size,
                                .width = size,
                                .in = 36,
                                .out = 40,
                                .filter_height = 3,
                                .filter_width = 3});
  }
}

TEST(Conv2DCodesTest, EachEqualsTheDefinitionWithGroupsAndDilations) {
  Geometry g = {.batch = 3,
                .height = 10,
                .width = 9,
                .in = 6,
                .out = 12,
                .filter_height = 3,
                .filter_width = 2,
                .padding = "VALID",
                .groups = 3};
  ExpectDefinitionOfEachCode(g);
  g.groups = 1;
  g.dilation = 2;
  ExpectDefinitionOfEachCode(g);
}

TEST(Conv2DCodesTest, EachGivesTheSameBitsInAnyOrderOfBlocks) {
  for (const int64_t out : {3, 8, 20}) {
    ForEachCode({.batch = 23,
                 .height = 14,
                 .width = 14,
                 .in = 4,
                 .out = out,
                 .filter_height = 3,
                 .filter_width = 3},
                [](const KernelCall& call, const Tensor&) { ExpectSameBitsInAnyOrder(call); });
  }
}

const Geometry kSmall = {
    .batch = 2, .height = 5, .width = 5, .in = 4, .out = 32, .filter_height = 3, .filter_width = 3};

TEST(Conv2DCodesTest, AreListedWithTheWorkThatTheyDo) {
  const Alternatives codes = AlternativesOf(MakeConvolution<float>(kSmall).Forward()).value();
  EXPECT_EQ(codes.instruction_set, InstructionSet());
  EXPECT_EQ(codes.work, "Conv2D 3x3/1 4->32 5x5 to 5x5");
  if (!tiles::SupportedKernels().empty()) {
    EXPECT_EQ(codes.names.front(), "tiles");
  }
  for (const std::string& name : codes.names) {
    EXPECT_THAT(name, Not(HasSubstr("ref")));
    EXPECT_THAT(name, Not(HasSubstr(":gemm")));  // where there is something else
  }
  EXPECT_EQ(std::count(codes.names.begin(), codes.names.end(), codes.names.front()), 1);
}

TEST(Conv2DCodesTest, DoubleHasButOne) {
  EXPECT_THAT(AlternativesOf(MakeConvolution<double>(kSmall).Forward()).value().names, IsEmpty());
}

TEST(Conv2DCodesTest, ANameThatThereIsNotIsAnError) {
  const KernelCall call = MakeConvolution<float>(kSmall).BackwardInput();
  ExpectError(RunKernel(By(call, "magic")).status(), kInvalid,
              "Conv2DBackpropInput: _implementation is 'magic', which does not compute "
              "Conv2DBackpropInput 3x3/1 4->32 5x5 to 5x5; there are ");
  EXPECT_FALSE(RunKernel(By(call, "")).ok());
  KernelCall number = call;
  number.attrs.emplace_back(kImplementationAttr, int64_t{1});
  ExpectError(RunKernel(number).status(), kInvalid,
              "_implementation is '1', which does not compute");
}

TEST(Conv2DCodesTest, WorkIsInWordsThatTellSizesApart) {
  const auto work = [](const Geometry& g, const char* format = "NHWC") {
    KernelCall call = MakeConvolution<float>(g).Forward();
    call.attrs = ConvolutionAttrs(g, float32, format);
    return AlternativesOf(call).value().work;
  };
  Geometry g = {.batch = 2,
                .height = 9,
                .width = 8,
                .in = 4,
                .out = 6,
                .filter_height = 3,
                .filter_width = 1,
                .stride = 2};
  EXPECT_EQ(work(g), "Conv2D 3x1/2 4->6 9x8 to 5x4");
  g.padding = "VALID";
  EXPECT_EQ(work(g), "Conv2D 3x1/2 4->6 9x8 to 4x4");
  g.stride = 1;
  g.dilation = 3;
  g.groups = 2;
  EXPECT_EQ(work(g), "Conv2D 3x1/1 4->6 9x8 to 3x8 dilated 3 groups 2");
  Geometry first = {.batch = 2, .height = 4, .width = 5, .in = 5, .out = 6};
  EXPECT_EQ(work(first, "NHWC"), "Conv2D 1x1/1 5->6 4x5 to 4x5");
}

// The geometry that a row's work is about.
Geometry GeometryOf(const TunedRow& row, std::string* op) {
  Geometry g = {.batch = 5};
  int64_t height = 0, width = 0;
  char name[32];
  EXPECT_EQ(
      std::sscanf(std::string(row.work).c_str(), "%31s %ldx%ld/%ld %ld->%ld %ldx%ld to %ldx%ld",
                  name, &g.filter_height, &g.filter_width, &g.stride, &g.in, &g.out, &g.height,
                  &g.width, &height, &width),
      10)
      << row.work;
  if (height != (g.height + g.stride - 1) / g.stride) g.padding = "VALID";
  *op = name;
  return g;
}

TEST(Conv2DCodesTest, ARowOfTheTableIsObeyed) {
  for (const TunedRow& row : TunedRows()) {
    if (row.instruction_set != InstructionSet()) continue;
    SCOPED_TRACE(row.work);
    std::string op;
    const ConvolutionCase c = MakeConvolution<float>(GeometryOf(row, &op));
    const KernelCall call = op == "Conv2D"                ? c.Forward()
                            : op == "Conv2DBackpropInput" ? c.BackwardInput()
                                                          : c.BackwardFilter();
    const Alternatives codes = AlternativesOf(call).value();
    EXPECT_EQ(codes.work, row.work);
    EXPECT_EQ(codes.row, row.name);
    EXPECT_THAT(codes.names, Contains(std::string(row.name)));
    EXPECT_NE(codes.names.front(), row.name) << "the rules say the same";
    const Tensor taken = RunKernelOrFail(call);
    EXPECT_TRUE(SameTensor(taken, RunKernelOrFail(By(call, std::string(row.name)))));
  }
}

// Which has rows for other machines too.
TEST(TunedTest, RowsAreForTheirInstructionSet) {
  for (const TunedRow& row : TunedRows()) {
    EXPECT_EQ(TunedChoice(row.work).empty(), row.instruction_set != InstructionSet()) << row.work;
    if (row.instruction_set == InstructionSet()) {
      EXPECT_EQ(TunedChoice(row.work), row.name);
    }
  }
  EXPECT_EQ(TunedChoice("Conv2D 3x3/1 1->1 to the moon"), "");
}

}  // namespace
}  // namespace sessile
