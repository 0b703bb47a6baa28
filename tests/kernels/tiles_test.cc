#include "sessile/kernels/tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace sessile::tiles {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Small integers: sums of their products are exact.
float Value(int64_t i) { return static_cast<float>(i * 7919 % 13 - 6); }

std::vector<float> Values(int64_t n) {
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(Value(i));
  return values;
}

// Calls body(kernels, vectors, size) for all sizes whose rows have that many vectors, up to
// kernels.*most.
template <typename Body>
void ForEachWidth(int Kernels::*most, Body body) {
  if (SupportedKernels().empty()) GTEST_SKIP() << "this machine has no tiles";
  for (const Kernels* kernels : SupportedKernels()) {
    for (int vectors = 1; vectors <= kernels->*most; ++vectors) {
      for (int64_t size = (vectors - 1) * kernels->lanes + 1; size <= vectors * kernels->lanes;
           ++size) {
        SCOPED_TRACE(testing::Message() << kernels->lanes << " lanes, " << size << " columns");
        body(*kernels, vectors, size);
      }
    }
  }
}

// Points lie one behind the other, rows of a point too; behind the results there are NaNs that must
// stay.
void ExpectProducts(const Kernels& kernels, int vectors, int64_t outputs, int64_t points,
                    int64_t rows, int64_t length) {
  const int64_t width = vectors * kernels.lanes;
  const int64_t step = outputs + 3;
  const std::vector<float> in = Values(points * rows * length);
  std::vector<float> filter(static_cast<size_t>(rows * length * width), 0.0f);
  for (int64_t i = 0; i < rows * length; ++i) {
    for (int64_t j = 0; j < outputs; ++j) {
      filter[static_cast<size_t>(i * width + j)] = Value(i + 5 * j);
    }
  }
  std::vector<float> out(static_cast<size_t>(points * step), kNaN);
  kernels.products({.points = points,
                    .rows = rows,
                    .length = length,
                    .in = in.data(),
                    .in_step = rows * length,
                    .in_row = length,
                    .filter = filter.data(),
                    .filter_row = length * width,
                    .filter_next = width,
                    .out = out.data(),
                    .out_step = step,
                    .outputs = outputs,
                    .vectors = vectors});
  for (int64_t p = 0; p < points; ++p) {
    for (int64_t j = 0; j < step; ++j) {
      const float result = out[static_cast<size_t>(p * step + j)];
      if (j >= outputs) {
        ASSERT_TRUE(std::isnan(result)) << p << ", " << j;
        continue;
      }
      float expected = 0;
      for (int64_t i = 0; i < rows * length; ++i) {
        expected += Value(p * rows * length + i) * Value(i + 5 * j);
      }
      ASSERT_EQ(result, expected) << p << ", " << j;
    }
  }
}

TEST(TilesTest, AddsUpProducts) {
  ForEachWidth(&Kernels::max_vectors, [](const Kernels& kernels, int vectors, int64_t outputs) {
    const int64_t tile = kernels.rows(vectors);
    for (int64_t points = 1; points <= 2 * tile + 1; ++points) {
      ExpectProducts(kernels, vectors, outputs, points, 3, 5);
    }
  });
}

TEST(TilesTest, GivesZerosForAnEmptySum) {
  ForEachWidth(&Kernels::max_vectors, [](const Kernels& kernels, int vectors, int64_t outputs) {
    ExpectProducts(kernels, vectors, outputs, 2, 0, 5);
    ExpectProducts(kernels, vectors, outputs, 2, 2, 0);
  });
}

// Pixels of 2 images of 3x2, every second column of `a`. The operands end where the last point
// does: the sanitizer sees what is read behind them.
TEST(TilesTest, AddsUpOuterProducts) {
  ForEachWidth(&Kernels::vectors, [](const Kernels& kernels, int vectors, int64_t columns) {
    const int64_t row = vectors * kernels.lanes;
    for (const int64_t a_size : {1, 3, 13, 30}) {
      const std::vector<float> a = Values(12 * 2 * a_size - a_size);
      const std::vector<float> b = Values(12 * columns);
      std::vector<double> sums(static_cast<size_t>(a_size * row), 1e9);
      OuterProducts call = {.size = {2, 3, 2},
                            .a = a.data(),
                            .a_step = {12 * a_size, 4 * a_size, 2 * a_size},
                            .a_size = a_size,
                            .b = b.data(),
                            .b_step = {6 * columns, 2 * columns, columns},
                            .b_size = columns,
                            .vectors = vectors,
                            .sums = sums.data(),
                            .sums_row = row,
                            .assigns = true};
      kernels.outer_products(call);
      call.assigns = false;
      kernels.outer_products(call);
      for (int64_t i = 0; i < a_size; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          double expected = 0;
          for (int64_t p = 0; p < 12; ++p) {
            expected += 2.0 * a[static_cast<size_t>(2 * p * a_size + i)] *
                        b[static_cast<size_t>(p * columns + j)];
          }
          ASSERT_EQ(sums[static_cast<size_t>(i * row + j)], expected) << i << ", " << j;
        }
      }
    }
  });
}

std::vector<int> WidthsOf(const ColumnGroups& groups) {
  std::vector<int> widths;
  for (const ColumnGroups::Group& group : groups.list) widths.push_back(group.vectors);
  return widths;
}

TEST(ColumnGroupsTest, AreWiderWhereThereAreFewPoints) {
  if (SupportedKernels().empty()) GTEST_SKIP() << "this machine has no tiles";
  for (const Kernels* kernels : SupportedKernels()) {
    const int64_t columns = 6 * kernels->lanes - 1;
    EXPECT_THAT(WidthsOf({*kernels, columns}), testing::ElementsAre(3, 3));
    EXPECT_THAT(WidthsOf({*kernels, columns, 1}), testing::ElementsAre(6));
    EXPECT_THAT(WidthsOf({*kernels, columns, 12}), testing::ElementsAre(3, 3));
    const ColumnGroups groups(*kernels, columns, 1);
    EXPECT_EQ(groups.list[0].columns, columns);
    EXPECT_EQ(groups.padded, columns + 1);
  }
}

}  // namespace
}  // namespace sessile::tiles
