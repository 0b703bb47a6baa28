#include "gtest/gtest.h"
#include "sessile/ops/image.h"
#include "sessile/ops/math.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class ImagePatchesTest : public FrontTest {};

TEST_F(ImagePatchesTest, InfersShapes) {
  const std::vector<int64_t> ones = {1, 1, 1, 1};
  ExpectShape("ExtractImagePatches", "[?,6,?,2]", "[?,2,?,12]",
              {.attrs = {{"ksizes", std::vector<int64_t>{1, 3, 2, 1}},
                         {"strides", std::vector<int64_t>{1, 2, 1, 1}},
                         {"rates", ones},
                         {"padding", "VALID"}}});
  ExpectShapeError("ExtractImagePatches", "[1,2,6,2]", "Negative dimension size",
                   {.attrs = {{"ksizes", std::vector<int64_t>{1, 3, 3, 1}},
                              {"strides", ones},
                              {"rates", ones},
                              {"padding", "VALID"}}});
}

TEST_F(ImagePatchesTest, ValuesAreTensorFlows) {
  const Tensor images = Wave({2, 6, 5, 3}, 7);
  ExpectKernelValues(
      "patches_valid",
      Eval(image::extract_image_patches(
          images, {.sizes = {1, 3, 2, 1}, .strides = {1, 2, 1, 1}, .rates = {1, 1, 2, 1}})));
  ExpectKernelValues("patches_same",
                     Eval(image::extract_image_patches(images, {.sizes = {1, 3, 3, 1},
                                                                .strides = {1, 1, 2, 1},
                                                                .rates = {1, 2, 1, 1},
                                                                .padding = "SAME"})));
}

TEST_F(ImagePatchesTest, TakesImagesOfAnyType) {
  const Output flags = reshape(greater(constant({1, 2, 3, 4}), 2), {1, 2, 2, 1});
  const Output patches =
      image::extract_image_patches(flags, {.sizes = {1, 2, 1, 1}, .strides = {1, 1, 1, 1}});
  EXPECT_THAT(Eval(cast(patches, int32)), IsTensor({{{{0, 1}, {0, 1}}}}));
}

TEST_F(ImagePatchesTest, TakesNoImages) {
  const Output patches = image::extract_image_patches(
      zeros({0, 4, 4, 2}), {.sizes = {1, 2, 2, 1}, .strides = {1, 2, 2, 1}});
  EXPECT_THAT(Eval(patches), HasShape({0, 2, 2, 8}));
}

}  // namespace
}  // namespace sessile
