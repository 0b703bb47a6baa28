#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/image.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class NonMaxSuppressionTest : public FrontTest {
 protected:
  Output Boxes(DataType dtype = float32) const {
    const Output corners = constant(Wave({30, 4}, 11));
    return cast(corners + Output(constant({0.0, 0.0, 1.5, 1.5})), dtype);
  }
  Output Scores(DataType dtype = float32) const { return cast(constant(Wave({30}, 17)), dtype); }
};

Output Half(double value, DataType dtype) { return cast(constant(value), dtype); }

TEST_F(NonMaxSuppressionTest, InfersShapes) {
  ExpectShape("NonMaxSuppressionV3", "[?,4];[7];[];[];[]", "[?]");
  ExpectShape("NonMaxSuppressionV4", "[?,4];[7];[];[];[]", "[5];[]",
              {.attrs = {{"pad_to_max_output_size", true}}, .values = {{2, 5}}});
  ExpectShape("NonMaxSuppressionV5", "?;?;[];[];[];[]", "[?];[?];[]");
  ExpectShapeError("NonMaxSuppression", "[7,3];[7];[]", "must be equal, but are 3 and 4");
  ExpectShapeError("NonMaxSuppressionWithOverlaps", "[7,6];[7];[];[];[]", "must be equal");
}

TEST_F(NonMaxSuppressionTest, OldVersionsKeepTensorFlowsBoxes) {
  const Output indices = OpBuilder("NonMaxSuppression")
                             .Input(Boxes())
                             .Input(Scores())
                             .Input(12)
                             .Attr("iou_threshold", 0.3)
                             .Build();
  ExpectKernelValues("nms_v1", Eval(indices));
  const Output by_overlaps = OpBuilder("NonMaxSuppressionWithOverlaps")
                                 .Input(Wave({30, 30}, 23))
                                 .Input(Scores())
                                 .Input(12)
                                 .Input(0.6)
                                 .Input(-0.7)
                                 .Build();
  ExpectKernelValues("nms_overlaps", Eval(by_overlaps));
}

TEST_F(NonMaxSuppressionTest, NewVersionsKeepTensorFlowsBoxes) {
  for (const auto& [suffix, dtype] :
       {std::pair<std::string, DataType>("float32", float32), {"float16", float16}}) {
    const auto builder = [&, dtype = dtype](const char* op, int most) {
      OpBuilder result(op);
      result.Input(Boxes(dtype)).Input(Scores(dtype)).Input(most).Input(Half(0.3, dtype));
      return result;
    };
    ExpectKernelValues("nms_v2_" + suffix, Eval(builder("NonMaxSuppressionV2", 12).Build()));
    OpBuilder v3 = builder("NonMaxSuppressionV3", 12);
    ExpectKernelValues("nms_v3_" + suffix, Eval(v3.Input(Half(-0.5, dtype)).Build()));
    OpBuilder v4 = builder("NonMaxSuppressionV4", 25);
    const auto padded = v4.Input(Half(-0.5, dtype)).Attr("pad_to_max_output_size", true).BuildAll();
    for (size_t i = 0; i < 2; ++i) {
      ExpectKernelValues("nms_v4_" + suffix + "_" + std::to_string(i), Eval(padded[i]));
    }
    for (const auto& [soft, sigma] : {std::pair<std::string, double>("", 0), {"_soft", 0.4}}) {
      OpBuilder v5 = builder("NonMaxSuppressionV5", 25);
      const auto kept = v5.Input(Half(0.05, dtype)).Input(Half(sigma, dtype)).BuildAll();
      const double tolerance = dtype == float16 ? 1e-3 : 2e-6;
      for (size_t i = 0; i < 3; ++i) {
        ExpectKernelValues("nms_v5_" + suffix + soft + "_" + std::to_string(i), Eval(kept[i]),
                           tolerance);
      }
    }
  }
}

TEST_F(NonMaxSuppressionTest, KeepsNothingOfNothing) {
  const Output none = image::non_max_suppression(zeros({0, 4}), zeros({0}), 3);
  EXPECT_THAT(Eval(none), HasShape({0}));
}

TEST_F(NonMaxSuppressionTest, NumbersThatAreNoneAreNoBoxes) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Output boxes = constant({{0.0, 0.0, 1.0, 1.0}, {nan, nan, nan, nan}, {2.0, 2.0, 3.0, 3.0}});
  const Output kept = image::non_max_suppression(boxes, {0.5, 0.6, nan}, 3);
  EXPECT_THAT(Eval(kept).shape().num_elements(), ::testing::Le(2));
}

TEST_F(NonMaxSuppressionTest, RefusesLimitsOutOfRange) {
  const auto error = [&](Input most, const image::NonMaxSuppressionOptions& options) {
    return ErrorOf([&] { Eval(image::non_max_suppression(Boxes(), Scores(), most, options)); });
  };
  EXPECT_NE(error(3, {.iou_threshold = 1.5}).find("iou_threshold must be in [0, 1]"),
            std::string::npos);
  EXPECT_NE(error(-1, {}).find("output size must be non-negative"), std::string::npos);
}

}  // namespace
}  // namespace sessile
