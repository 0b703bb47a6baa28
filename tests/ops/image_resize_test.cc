#include <string>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/image.h"
#include "sessile/ops/math.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

TEST(ImageResizeTest, InfersShapes) {
  ExpectShape("ResizeBilinear", "[?,5,?,3];[2]", "[?,7,9,3]", {.values = {{1, {7, 9}}}});
  ExpectShape("ResizeNearestNeighbor", "[2,5,5,3];[2]", "[2,?,?,3]");
  ExpectShapeError("ResizeBilinear", "[5,5,3];[2]", "Shape must be rank 4 but is rank 3");
}

TEST(ImageResizeTest, ValuesAreTensorFlows) {
  const auto golden = ReadGoldenValues("image_resize_values.txt");
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output pixels = cast(range(0, 24), float32);
  const Output images = reshape(pixels * pixels, {1, 4, 3, 2});
  Session session;
  const auto expect = [&](const std::string& name, const Output& resized) {
    const Tensor value = session.run(resized);
    const auto& expected = golden.at(name);
    ASSERT_EQ(value.num_elements(), static_cast<int64_t>(expected.size()));
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(value.flat<float>()[i]), expected[i], 1e-3)
          << name << " element " << i;
    }
  };
  for (const auto& [suffix, options] : {std::pair<std::string, image::ResizeOptions>("", {}),
                                        {"_align", {.align_corners = true}},
                                        {"_half", {.half_pixel_centers = true}}}) {
    for (const auto& [shape_name, size] : {std::pair<std::string, std::vector<int>>("_up", {7, 5}),
                                           {"_down", {2, 2}},
                                           {"_one", {1, 1}}}) {
      expect("bilinear" + suffix + shape_name, image::resize_bilinear(images, size, options));
      expect("nearest" + suffix + shape_name,
             image::resize_nearest_neighbor(images, size, options));
    }
  }
}

TEST(ImageResizeTest, BicubicValuesAreTensorFlows) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output images = constant(Wave({2, 6, 5, 3}, 7));
  for (const auto& [suffix, options] : {std::pair<std::string, image::ResizeOptions>("", {}),
                                        {"_align", {.align_corners = true}},
                                        {"_half", {.half_pixel_centers = true}}}) {
    for (const auto& [name, size] : {std::pair<std::string, std::vector<int>>("_up", {9, 11}),
                                     {"_down", {2, 2}},
                                     {"_one", {1, 1}}}) {
      const Output resized = image::resize_bicubic(images, size, options);
      ExpectKernelValues("bicubic" + suffix + name, Eval(resized));
      const Tensor grad = Wave(resized.get_shape(), 19);
      const Output by_images = gradients(resized, images, {.grad_ys = {grad}})[0];
      ExpectKernelValues("bicubic_grad" + suffix + name, Eval(by_images));
    }
  }
}

TEST(ImageResizeTest, GradientsMatchDifferences) {
  for (const image::ResizeOptions& options :
       {image::ResizeOptions{}, image::ResizeOptions{.align_corners = true},
        image::ResizeOptions{.half_pixel_centers = true}}) {
    // The yardstick: the resized images are float32.
    ExpectGradient(
        [=](Output x) {
          return cast(image::resize_bilinear(x, {5, 2}, options), float64);
        },
        {{2, 3, 4, 2}}, {.yardstick = true});
    ExpectGradient(
        [=](Output x) {
          return cast(image::resize_bicubic(x, {5, 2}, options), float64);
        },
        {{2, 3, 4, 2}}, {.yardstick = true});
    ExpectGradient(
        [=](Output x) {
          return image::resize_nearest_neighbor(x, {5, 2}, options);
        },
        {{2, 3, 4, 2}});
  }
}

TEST(ImageResizeTest, RefusesEmptyImages) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Output resized = image::resize_bilinear(zeros({1, 0, 3, 1}), {2, 2});
  EXPECT_NE(ErrorOf([&] { Eval(resized); }).find("must be of non-zero size"), std::string::npos);
}

}  // namespace
}  // namespace sessile
