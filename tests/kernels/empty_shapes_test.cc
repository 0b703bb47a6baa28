// Tensors without elements may have any number of rows, which no kernel may walk over.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/tests/kernel_testing.h"

namespace sessile {
namespace {

constexpr int64_t kMany = int64_t{1} << 40;

Tensor EmptyTensor(const Shape& shape) { return *Tensor::Zeros(float32, shape); }

struct EmptyCase {
  KernelCall call;
  std::vector<Shape> outputs;
};

TEST(EmptyShapesTest, NoKernelWalksOverRowsThatHoldNothing) {
  const Tensor size = *Tensor::FromValues<int32_t>({2}, {3, 3});
  const Tensor factor = Tensor::Scalar(2.0f);
  const Tensor zero = Tensor::Scalar<int32_t>(0);
  const Tensor one = Tensor::Scalar<int32_t>(1);
  const std::vector<int64_t> ones = {1, 1, 1, 1};
  const std::vector<EmptyCase> cases = {
      {{.op = "MatrixInverse",
        .attrs = {{"T", float32}, {"adjoint", false}},
        .inputs = {EmptyTensor({kMany, 0, 0})}},
       {{kMany, 0, 0}}},
      {{.op = "Cholesky", .attrs = {{"T", float32}}, .inputs = {EmptyTensor({kMany, 0, 0})}},
       {{kMany, 0, 0}}},
      {{.op = "AdjustContrastv2",
        .attrs = {{"T", float32}},
        .inputs = {EmptyTensor({kMany, 0, 5, 3}), factor}},
       {{kMany, 0, 5, 3}}},
      {{.op = "ResizeBilinear",
        .attrs = {{"T", float32}, {"align_corners", false}, {"half_pixel_centers", false}},
        .inputs = {EmptyTensor({kMany, 2, 2, 0}), size},
        .output_types = {float32}},
       {{kMany, 3, 3, 0}}},
      {{.op = "ExtractImagePatches",
        .attrs = {{"T", float32},
                  {"ksizes", ones},
                  {"strides", ones},
                  {"rates", ones},
                  {"padding", "VALID"}},
        .inputs = {EmptyTensor({kMany, 2, 2, 0})}},
       {{kMany, 2, 2, 0}}},
      {{.op = "SpaceToDepth",
        .attrs = {{"T", float32}, {"block_size", 2}, {"data_format", "NHWC"}},
        .inputs = {EmptyTensor({kMany, 2, 2, 0})}},
       {{kMany, 1, 1, 0}}},
      {{.op = "GatherV2",
        .attrs = {{"Tparams", float32}, {"Tindices", int32}, {"Taxis", int32}, {"batch_dims", 0}},
        .inputs = {EmptyTensor({kMany, 3, 0}), zero, one},
        .output_types = {float32}},
       {{kMany, 0}}},
  };
  for (const EmptyCase& each : cases) {
    const auto outputs = RunKernel(each.call);
    ASSERT_TRUE(outputs.ok()) << each.call.op << ": " << outputs.status();
    for (size_t i = 0; i < each.outputs.size(); ++i) {
      EXPECT_EQ((*outputs)[i].shape(), each.outputs[i]) << each.call.op;
    }
  }
}

}  // namespace
}  // namespace sessile
