// An operation that a program brings along: the same calls as for the built-in ones, before the
// first Graph or Session.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sessile/sessile.h"
#include "sessile/tests/op_testing.h"

namespace tf = sessile;

namespace {

// cube(x) = x^3, d cube / dx = 3 x^2.
absl::StatusOr<std::vector<tf::Output>> CubeGradient(tf::GradContext& ctx, const tf::Node& node,
                                                     std::span<const tf::Output> grads) {
  const tf::Output x = ctx.input(node, 0);
  const tf::Output square = x * x;
  const tf::Output slope = square * 3.0;
  return std::vector<tf::Output>{grads[0] * slope};
}

template <typename T>
class Cube final : public tf::Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<tf::Prepared>> Prepare(const tf::PrepareContext& ctx) {
    return std::make_unique<Cube>(ctx.input_shape(0));
  }

  explicit Cube(const tf::Shape& shape) : size_(shape.num_elements()) {
    AddOutput(tf::DataTypeOf<T>::value, shape);
    MayForward(0, 0);
    AddPhase(1);
  }

  absl::Status Run(tf::RunContext&, tf::Inputs in, tf::Outputs out, tf::Scratch, int,
                   int64_t) const override {
    const T* x = in[0].data<T>();
    T* y = out[0].data<T>();
    for (int64_t i = 0; i < size_; ++i) y[i] = x[i] * x[i] * x[i];
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

// Tests of this binary make graphs in any order, so this one's operation must be there before all.
const bool kRegistered = [] {
  tf::builtin_ops()
      .Add("TestCube")
      .Input("x: T")
      .Output("y: T")
      .Attr("T: {float, double}")
      .Shape(tf::UnchangedShape)
      .Gradient(CubeGradient)
      .Doc("x to the third.");
  tf::builtin_kernels().Add<Cube>("TestCube").For<tf::FloatTypes>("T");
  return true;
}();

tf::Output cube(tf::Input x) {
  tf::SourceScope here(x);
  return tf::OpBuilder("TestCube", "cube").Input(x).Build();
}

TEST(UserOpTest, GradientMatchesDifferences) {
  sessile::ExpectGradient([](tf::Output x) { return cube(x); }, {{2, 3}});
}

TEST(UserOpTest, IsBuiltRunAndDifferentiatedAsABuiltInOne) {
  ASSERT_TRUE(kRegistered);
  tf::Graph graph;
  const auto with = graph.as_default();
  auto x = tf::placeholder(tf::float32, {2});
  auto y = cube(x);
  EXPECT_EQ(y.name(), "cube:0");
  EXPECT_EQ(y.get_shape(), tf::Shape({2}));
  const auto grads = tf::gradients(y, {x});
  tf::Session sess;
  EXPECT_THAT(sess.run<std::vector<float>>(y, {{x, {2.0, 3.0}}}), testing::ElementsAre(8, 27));
  EXPECT_THAT(sess.run<std::vector<float>>(grads[0], {{x, {2.0, 3.0}}}),
              testing::ElementsAre(12, 27));
}

TEST(UserOpTest, IsRefusedOnceAGraphWasMade) {
  tf::OpRegistry ops;
  ops.Freeze();
  ops.Add("TooLate").Shape(tf::NoOutputs).Doc("Never used.");
  EXPECT_FALSE(ops.status().ok());
  EXPECT_EQ(ops.Find("TooLate"), nullptr);
  EXPECT_THROW(tf::Graph{ops}, tf::errors::OpError);
}

}  // namespace
