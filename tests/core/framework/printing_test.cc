// What std::ostream shows of values.
#include <gtest/gtest.h>

#include <sstream>

#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {
namespace {

template <typename T>
std::string Printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST(PrintingTest, ShapesAreInTheFormOfTheRuntime) {
  EXPECT_EQ(Printed(Shape({None, 2})), "[?,2]");
  EXPECT_EQ(Printed(Shape::Unknown()), "<unknown>");
}

TEST(PrintingTest, TensorsShowTypeShapeAndFirstValues) {
  EXPECT_EQ(Printed(*Tensor::FromValues<float>({2, 1}, {1, 2.5})), "float[2,1] = [1 2.5]");
  EXPECT_EQ(Printed(Tensor()), "<no value>");
}

TEST(PrintingTest, TypesHaveTheNamesOfPython) {
  EXPECT_EQ(Printed(float32), "float32");
  EXPECT_EQ(Printed(MakeRef(float32)), "float32_ref");
}

}  // namespace
}  // namespace sessile
