#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>
#include <vector>

#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

using testing::ElementsAre;

Tensor Ints(std::vector<int32_t> values) {
  return Tensor::FromValues<int32_t>({static_cast<int64_t>(values.size())}, values).value();
}

// 0, 1, 2, ... in `shape`.
Tensor Count(const Shape& shape) {
  Tensor tensor = Tensor::Allocate(float32, shape).value();
  float next = 0;
  for (float& value : tensor.mutable_flat<float>()) value = next++;
  return tensor;
}

using Outputs = absl::StatusOr<std::vector<Tensor>>;

Outputs Call(const char* op, std::vector<Tensor> inputs,
             std::vector<std::pair<std::string, AttrValue>> attrs = {},
             std::vector<DataType> types = {float32}) {
  return RunKernel({.op = op, .attrs = attrs, .inputs = std::move(inputs), .output_types = types});
}

void ExpectInvalid(const Outputs& outputs, const std::string& text) {
  ExpectError(outputs.status(), absl::StatusCode::kInvalidArgument, text);
}

TEST(ReshapeTest, FillsInTheUnknownSize) {
  EXPECT_EQ(Call("Reshape", {Count({2, 3}), Ints({-1, 2})})->at(0).shape(), Shape({3, 2}));
  EXPECT_EQ(Call("Reshape", {Count({0, 3}), Ints({3, -1})})->at(0).shape(), Shape({3, 0}));
  EXPECT_EQ(Call("Reshape", {Count({1}), Ints({})})->at(0).shape(), Shape());
}

TEST(ReshapeTest, RefusesAnotherNumberOfElements) {
  const auto reshape = [](std::vector<int32_t> sizes) {
    return Call("Reshape", {Count({2, 3}), Ints(sizes)});
  };
  ExpectInvalid(reshape({4}),
                "Input to reshape is a tensor with 6 values, but the requested shape "
                "has 4");
  ExpectInvalid(reshape({-1, 4}), "the requested shape requires a multiple of 4");
  ExpectInvalid(reshape({-1, -1}), "Only one input size may be -1, not both 0 and 1");
  ExpectInvalid(reshape({-2, 3}), "Size 0 must be non-negative, not -2");
  ExpectInvalid(reshape({-1, 0}), "reshape cannot infer the missing input size");
  ExpectInvalid(reshape({1 << 30, 1 << 30, 1 << 30}), "more than 2^63 - 1");
  ExpectInvalid(Call("Reshape", {Count({2}), Tensor::FromValues<int32_t>({1, 1}, {2}).value()}),
                "sizes input must be 1-D, not [1,1]");
}

TEST(SqueezeTest, DropsDimensionsOfSizeOne) {
  const auto squeeze = [](const Shape& shape, std::vector<int64_t> dims) {
    return Call("Squeeze", {Count(shape)}, {{"squeeze_dims", dims}});
  };
  EXPECT_EQ(squeeze({1, 2, 1}, {})->at(0).shape(), Shape({2}));
  EXPECT_EQ(squeeze({1, 2, 1}, {-1})->at(0).shape(), Shape({1, 2}));
  ExpectInvalid(squeeze({1, 2}, {1}), "Can not squeeze dim[1], expected a dimension of 1, got 2");
  ExpectInvalid(squeeze({1, 2}, {5}), "Tried to squeeze dim index 5 for tensor with 2 dimensions.");
}

TEST(ExpandDimsTest, InsertsADimension) {
  const auto expand = [](int32_t dim) {
    return Call("ExpandDims", {Count({2, 3}), Tensor::Scalar(dim)});
  };
  EXPECT_EQ(expand(0)->at(0).shape(), Shape({1, 2, 3}));
  EXPECT_EQ(expand(-1)->at(0).shape(), Shape({2, 3, 1}));
  EXPECT_EQ(expand(-2)->at(0).shape(), Shape({2, 1, 3}));
  ExpectInvalid(expand(5), "Tried to expand dim index 5 for tensor with 2 dimensions.");
}

TEST(ShapeTest, GivesIntegersOfEitherWidth) {
  EXPECT_THAT(Call("Shape", {Count({2, 3})}, {}, {int32})->at(0).flat<int32_t>(),
              ElementsAre(2, 3));
  const Outputs both = Call("ShapeN", {Count({2}), Count({})}, {}, {int64, int64});
  EXPECT_THAT(both->at(0).flat<int64_t>(), ElementsAre(2));
  EXPECT_EQ(both->at(1).shape(), Shape({0}));
  EXPECT_EQ(Call("Size", {Count({2, 3})}, {}, {int32})->at(0).scalar<int32_t>(), 6);
  EXPECT_EQ(Call("Rank", {Count({2, 3})}, {}, {int32})->at(0).scalar<int32_t>(), 2);
}

TEST(BroadcastGradientArgsTest, GivesTheAxesOfBoth) {
  const Outputs axes =
      Call("BroadcastGradientArgs", {Ints({2, 1, 3}), Ints({1, 1, 3})}, {}, {int32, int32});
  EXPECT_THAT(axes->at(0).flat<int32_t>(), ElementsAre(1));
  EXPECT_THAT(axes->at(1).flat<int32_t>(), ElementsAre(0, 1));
  ExpectInvalid(Call("BroadcastGradientArgs", {Ints({2}), Ints({3})}, {}, {int32, int32}),
                "Incompatible shapes: [2] vs. [3]");
}

TEST(FillTest, RepeatsOneElement) {
  EXPECT_THAT(Call("Fill", {Ints({2, 1}), Tensor::Scalar(1.5f)})->at(0).flat<float>(),
              ElementsAre(1.5f, 1.5f));
  EXPECT_THAT(Call("Fill", {Ints({2}), Tensor::Scalar(std::string("a"))}, {}, {string})
                  ->at(0)
                  .flat<std::string>(),
              ElementsAre("a", "a"));
  ExpectInvalid(Call("Fill", {Ints({-2}), Tensor::Scalar(1.5f)}), "Dimension -2 must be >= 0");
  ExpectInvalid(Call("Fill", {Ints({2}), Count({2})}),
                "value must represent a scalar, got shape [2]");
}

TEST(FillTest, ZerosAndOnesLike) {
  EXPECT_THAT(Call("ZerosLike", {Count({2})}, {{"T", float32}})->at(0).flat<float>(),
              ElementsAre(0, 0));
  EXPECT_THAT(Call("OnesLike", {Count({2})}, {{"T", float32}})->at(0).flat<float>(),
              ElementsAre(1, 1));
}

template <typename T>
Outputs RunRange(T start, T limit, T delta) {
  return Call("Range", {Tensor::Scalar(start), Tensor::Scalar(limit), Tensor::Scalar(delta)},
              {{"Tidx", DataTypeOf<T>::value}}, {DataTypeOf<T>::value});
}

TEST(RangeTest, CountsUpAndDown) {
  EXPECT_THAT(RunRange<int32_t>(3, 8, 2)->at(0).flat<int32_t>(), ElementsAre(3, 5, 7));
  EXPECT_THAT(RunRange<int32_t>(3, 0, -1)->at(0).flat<int32_t>(), ElementsAre(3, 2, 1));
  EXPECT_THAT(RunRange<float>(0, 1, 0.4f)->at(0).flat<float>(), ElementsAre(0, 0.4f, 0.8f));
  EXPECT_EQ(RunRange<int64_t>(2, 2, 1)->at(0).num_elements(), 0);
  ExpectInvalid(RunRange<int32_t>(2, 3, 0), "Requires delta != 0: 0");
  ExpectInvalid(RunRange<int32_t>(5, 3, 1), "Requires start <= limit when delta > 0: 5/3");
  EXPECT_FALSE(RunRange<int64_t>(INT64_MIN, INT64_MAX, 1).ok());
  EXPECT_EQ(RunRange<int64_t>(INT64_MIN, INT64_MAX, INT64_MAX)->at(0).num_elements(), 3);
  EXPECT_FALSE(RunRange<float>(0, 1e38f, 1e-3f).ok());
}

TEST(TileTest, RepeatsEachDimension) {
  EXPECT_THAT(Call("Tile", {Count({2, 2}), Ints({2, 3})})->at(0).flat<float>(),
              ElementsAre(0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3));
  EXPECT_EQ(Call("Tile", {Count({2, 2}), Ints({2, 0})})->at(0).shape(), Shape({4, 0}));
  EXPECT_EQ(Call("Tile", {Count({}), Ints({})})->at(0).shape(), Shape());
  ExpectInvalid(Call("Tile", {Count({2}), Ints({1, 2})}),
                "Expected multiples argument to be a vector of length 1 but got length 2");
  ExpectInvalid(Call("Tile", {Count({2}), Ints({-1})}), "Expected multiples[0] >= 0, but got -1");
}

TEST(BroadcastToTest, RepeatsDimensionsOfSizeOne) {
  EXPECT_THAT(Call("BroadcastTo", {Count({2, 1}), Ints({2, 2, 2})})->at(0).flat<float>(),
              ElementsAre(0, 0, 1, 1, 0, 0, 1, 1));
  ExpectInvalid(Call("BroadcastTo", {Count({2}), Ints({3})}), "Incompatible shapes: [2] vs. [3]");
  ExpectInvalid(Call("BroadcastTo", {Count({2}), Ints({1})}), "Incompatible shapes: [2] vs. [1]");
  ExpectInvalid(Call("BroadcastTo", {Count({2}), Ints({})}),
                "Rank of input (1) must be no greater than rank of output shape (0).");
}

Outputs Gather(Tensor params, Tensor indices, int32_t axis, int batch_dims = 0) {
  return Call("GatherV2", {std::move(params), std::move(indices), Tensor::Scalar(axis)},
              {{"batch_dims", batch_dims}});
}

TEST(GatherTest, TakesSlicesAlongAnAxis) {
  EXPECT_THAT(Gather(Count({3, 2}), Ints({2, 0}), 0)->at(0).flat<float>(), ElementsAre(4, 5, 0, 1));
  EXPECT_THAT(Gather(Count({2, 3}), Ints({2, 0}), -1)->at(0).flat<float>(),
              ElementsAre(2, 0, 5, 3));
  EXPECT_EQ(
      Gather(Count({4}), Tensor::FromValues<int32_t>({1, 2}, {0, 3}).value(), 0)->at(0).shape(),
      Shape({1, 2}));
  EXPECT_EQ(Gather(Count({4, 2}), Tensor::Scalar(int32_t{1}), 0)->at(0).shape(), Shape({2}));
}

TEST(GatherTest, TakesOtherSlicesInEachBatch) {
  const Tensor indices = Tensor::FromValues<int32_t>({2, 2}, {0, 2, 1, 0}).value();
  EXPECT_THAT(Gather(Count({2, 3}), indices, 1, 1)->at(0).flat<float>(), ElementsAre(0, 2, 4, 3));
  ExpectInvalid(Gather(Count({3, 3}), indices, 1, 1),
                "params.shape[0]: 3 should be equal to indices.shape[0]: 2");
  ExpectInvalid(Gather(Count({2, 3}), indices, 0, 1),
                "batch_dims (1) must be less than or equal to axis (0).");
}

TEST(GatherTest, RefusesIndicesOutOfRange) {
  ExpectInvalid(Gather(Count({3}), Tensor::FromValues<int32_t>({1, 2}, {0, 7}).value(), 0),
                "indices[0,1] = 7 is not in [0, 3)");
  ExpectInvalid(Gather(Count({3}), Ints({-1}), 0), "indices[0] = -1 is not in [0, 3)");
  ExpectInvalid(Gather(Count({0, 2}), Ints({0}), 0), "indices[0] = 0 is not in [0, 0)");
  ExpectInvalid(Gather(Count({}), Ints({0}), 0), "params must be at least 1 dimensional");
}

TEST(PackTest, StacksAlongANewDimension) {
  const Tensor a = Count({2}), b = Tensor::FromValues<float>({2}, {8, 9}).value();
  EXPECT_THAT(Call("Pack", {a, b}, {{"axis", 0}})->at(0).flat<float>(), ElementsAre(0, 1, 8, 9));
  EXPECT_THAT(Call("Pack", {a, b}, {{"axis", -1}})->at(0).flat<float>(), ElementsAre(0, 8, 1, 9));
  EXPECT_EQ(Call("Pack", {Count({}), Count({})}, {{"axis", 0}})->at(0).shape(), Shape({2}));
  ExpectInvalid(Call("Pack", {a, Count({3})}, {{"axis", 0}}),
                "Shapes of all inputs must match: values[0].shape = [2] != values[1].shape = [3]");
  ExpectInvalid(Call("Pack", {a, b}, {{"axis", 2}}), "axis = 2 not in [-2, 2)");
}

TEST(TransposeTest, PermutesDimensions) {
  EXPECT_THAT(Call("Transpose", {Count({2, 3}), Ints({1, 0})})->at(0).flat<float>(),
              ElementsAre(0, 3, 1, 4, 2, 5));
  const Tensor y = Call("Transpose", {Count({2, 3, 4}), Ints({2, 0, 1})})->at(0);
  ASSERT_EQ(y.shape(), Shape({4, 2, 3}));
  for (int64_t i = 0; i < 24; ++i) {
    const int64_t a = i / 6, b = i / 3 % 2, c = i % 3;
    EXPECT_EQ(y.flat<float>()[static_cast<size_t>(i)], static_cast<float>(b * 12 + c * 4 + a));
  }
  EXPECT_EQ(Call("Transpose", {Count({0, 3}), Ints({1, 0})})->at(0).shape(), Shape({3, 0}));
  EXPECT_EQ(Call("Transpose", {Count({}), Ints({})})->at(0).shape(), Shape());
  ExpectInvalid(Call("Transpose", {Count({2, 3}), Ints({0, 0})}), "1 is missing from perm.");
  ExpectInvalid(Call("Transpose", {Count({2, 3}), Ints({0})}), "expects a vector of size 2");
  ExpectInvalid(Call("Transpose", {Count({2, 3}), Ints({0, 2})}), "2 is out of range [0 .. 2)");
}

TEST(InvertPermutationTest, FindsEachNumber) {
  const auto invert = [](std::vector<int32_t> x) {
    return Call("InvertPermutation", {Ints(std::move(x))}, {{"T", int32}}, {int32});
  };
  EXPECT_THAT(invert({2, 0, 1})->at(0).flat<int32_t>(), ElementsAre(1, 2, 0));
  ExpectInvalid(invert({0, 0}), "0 is duplicated in the input.");
  ExpectInvalid(invert({0, 2}), "2 is not between 0 and 2");
}

TEST(DynamicStitchTest, PutsSlicesWhereIndicesSay) {
  const auto stitch = [](std::vector<Tensor> inputs) {
    return Call("DynamicStitch", std::move(inputs), {{"N", 2}});
  };
  EXPECT_THAT(stitch({Ints({2, 0}), Ints({0, 1}), Count({2, 1}),
                      Tensor::FromValues<float>({2, 1}, {8, 9}).value()})
                  ->at(0)
                  .flat<float>(),
              ElementsAre(8, 9, 0));
  ExpectInvalid(stitch({Ints({-1}), Ints({0}), Count({1}), Count({1})}), "must be >= 0");
  ExpectInvalid(stitch({Ints({0, 1}), Ints({0}), Count({1}), Count({1})}), "does not start with");
  ExpectInvalid(stitch({Ints({0}), Ints({1}), Count({1}), Count({1, 2})}),
                "Need data[0].shape[1:]");
}

Tensor Bools(const Shape& shape, std::initializer_list<bool> values) {
  return Tensor::FromValues<bool>(shape, values).value();
}

TEST(SelectTest, TakesElementsRowsOrAll) {
  const Tensor t = Count({2, 2}), e = Tensor::FromValues<float>({2, 2}, {9, 8, 7, 6}).value();
  EXPECT_THAT(
      Call("Select", {Bools({2, 2}, {true, false, false, true}), t, e})->at(0).flat<float>(),
      ElementsAre(0, 8, 7, 3));
  EXPECT_THAT(Call("Select", {Bools({2}, {true, false}), t, e})->at(0).flat<float>(),
              ElementsAre(0, 1, 7, 6));
  EXPECT_THAT(Call("Select", {Bools({}, {false}), t, e})->at(0).flat<float>(),
              ElementsAre(9, 8, 7, 6));
  ExpectInvalid(Call("Select", {Bools({3}, {true, true, true}), t, e}), "must have the same size");
  ExpectInvalid(Call("Select", {Bools({2}, {true, true}), t, Count({2})}),
                "must have the same size");
}

TEST(SelectTest, LongVectorsAndRepeatedOperands) {
  const int64_t n = 531;
  Tensor condition = Tensor::Allocate(bool_, {n}).value();
  for (int64_t i = 0; i < n; ++i) condition.mutable_data<bool>()[i] = i % 3 == 0 || i % 7 == 2;
  const Tensor t = Count({n}), e = Count({2 * n}), one = Tensor::Scalar(-1.0f);
  const Tensor long_e = Tensor::FromValues<float>({n}, e.flat<float>().subspan(n)).value();
  const Tensor both = Call("SelectV2", {condition, t, long_e})->at(0);
  const Tensor one_t = Call("SelectV2", {condition, one, long_e})->at(0);
  const Tensor one_e = Call("SelectV2", {condition, t, one})->at(0);
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    const bool chosen = condition.flat<bool>()[i];
    const float x = t.flat<float>()[i], y = long_e.flat<float>()[i];
    ASSERT_EQ(both.flat<float>()[i], chosen ? x : y) << i;
    ASSERT_EQ(one_t.flat<float>()[i], chosen ? -1 : y) << i;
    ASSERT_EQ(one_e.flat<float>()[i], chosen ? x : -1) << i;
  }
}

TEST(ScatterNdTest, AddsUpLongRows) {
  const int64_t columns = 291;
  const Tensor y = Call("ScatterNd",
                        {Tensor::FromValues<int32_t>({3, 1}, {1, 0, 1}).value(),
                         Count({3, columns}), Ints({2, static_cast<int32_t>(columns)})},
                        {{"T", float32}})
                       ->at(0);
  for (int64_t c = 0; c < columns; ++c) {
    const auto at = static_cast<size_t>(c);
    ASSERT_EQ(y.flat<float>()[at], static_cast<float>(columns + c));
    ASSERT_EQ(y.flat<float>()[at + static_cast<size_t>(columns)],
              static_cast<float>(2 * columns + 2 * c));
  }
}

TEST(ConstTest, GivesItsValueAndWidensItInTheYardstick) {
  const Tensor value = Count({1000, 40});
  KernelCall call{
      .op = "Const", .attrs = {{"value", value}, {"dtype", float32}}, .output_types = {float32}};
  EXPECT_TRUE(SameTensor(RunKernelOrFail(call), value));
  ExpectSameBitsInAnyOrder(call);
  call.output_types = {float64};
  EXPECT_EQ(RunKernelOrFail(call).flat<double>()[39999], 39999.0);
}

TEST(MovingKernelsTest, GiveTheSameBitsInAnyOrder) {
  ExpectSameBitsInAnyOrder(
      {.op = "Tile", .inputs = {Count({100, 30}), Ints({7, 9})}, .output_types = {float32}});
  ExpectSameBitsInAnyOrder({.op = "GatherV2",
                            .attrs = {{"batch_dims", 0}},
                            .inputs = {Count({500, 300}), Ints({4, 3, 499}), Tensor::Scalar(0)},
                            .output_types = {float32}});
}

// Sizes that are no multiples of what is moved together.
TEST(TransposeTest, MovesWhateverTheSizes) {
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{5, 37, 50}, {1, 16, 32}, {33, 1, 17}, {3, 70, 2}}) {
    const Shape shape({sizes[0], sizes[1], sizes[2]});
    std::vector<int32_t> perm = {0, 1, 2};
    do {
      const Tensor y = Call("Transpose", {Count(shape), Ints(perm)})->at(0);
      std::vector<float> expected;
      std::array<int64_t, 3> at = {};
      const std::array<int64_t, 3> strides = {sizes[1] * sizes[2], sizes[2], 1};
      const auto size = [&](size_t i) { return sizes[static_cast<size_t>(perm[i])]; };
      const auto stride = [&](size_t i) { return strides[static_cast<size_t>(perm[i])]; };
      for (at[0] = 0; at[0] < size(0); ++at[0]) {
        for (at[1] = 0; at[1] < size(1); ++at[1]) {
          for (at[2] = 0; at[2] < size(2); ++at[2]) {
            expected.push_back(
                static_cast<float>(at[0] * stride(0) + at[1] * stride(1) + at[2] * stride(2)));
          }
        }
      }
      EXPECT_EQ(y.shape(), Shape({size(0), size(1), size(2)}));
      EXPECT_THAT(y.flat<float>(), testing::ElementsAreArray(expected));
    } while (std::next_permutation(perm.begin(), perm.end()));
  }
}

TEST(PadTest, FillsAroundEachRunInAnyOrderOfBlocks) {
  const Tensor x = Count({40, 30, 37});
  const Tensor paddings = Tensor::FromValues<int32_t>({3, 2}, {2, 0, 0, 3, 1, 4}).value();
  const Tensor filler = Tensor::FromValues<float>({}, {-1}).value();
  const KernelCall call = {
      .op = "PadV2", .inputs = {x, paddings, filler}, .output_types = {float32}};
  const Tensor y = RunKernelOrFail(call);
  ASSERT_EQ(y.shape(), Shape({42, 33, 42}));
  std::vector<float> expected;
  for (int64_t i = -2; i < 40; ++i) {
    for (int64_t j = 0; j < 33; ++j) {
      for (int64_t k = -1; k < 41; ++k) {
        const bool inside = i >= 0 && j < 30 && k >= 0 && k < 37;
        expected.push_back(inside ? static_cast<float>((i * 30 + j) * 37 + k) : -1.0f);
      }
    }
  }
  EXPECT_THAT(y.flat<float>(), testing::ElementsAreArray(expected));
  ExpectSameBitsInAnyOrder(call);
}

TEST(ArgMaxTest, FindsTheFirstOfTheBestInRowsOfAnyLength) {
  const float kNan = std::numeric_limits<float>::quiet_NaN();
  const float kInfinity = std::numeric_limits<float>::infinity();
  for (int64_t length = 1; length <= 70; ++length) {
    Tensor rows = Tensor::Allocate(float32, {30, length}).value();
    const std::array<float, 7> values = {-kInfinity, -1, -0.0f, 0, 2, 2, kNan};
    std::mt19937 random(static_cast<unsigned>(length));
    for (float& value : rows.mutable_flat<float>()) value = values[random() % values.size()];
    for (const bool max : {true, false}) {
      const Tensor places = Call(max ? "ArgMax" : "ArgMin", {rows, Ints({1}).Reshaped({}).value()},
                                 {{"T", float32}, {"output_type", int64}}, {int64})
                                ->at(0);
      for (int64_t row = 0; row < 30; ++row) {
        const float* const x = rows.data<float>() + row * length;
        int64_t place = 0;
        float best = max ? std::numeric_limits<float>::lowest() : std::numeric_limits<float>::max();
        for (int64_t i = 0; i < length; ++i) {
          if (!(max ? x[i] > best : x[i] < best)) continue;
          best = x[i];
          place = i;
        }
        ASSERT_EQ(places.data<int64_t>()[row], place) << "length " << length << ", row " << row;
      }
    }
  }
}

}  // namespace
}  // namespace sessile
