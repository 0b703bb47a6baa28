// Numbers that TensorFlow computed: lines "NAME value value ..." that a script in tests/golden
// wrote.
//
//   const auto golden = ReadGoldenValues("optimizer_values.txt");
//   EXPECT_THAT(sess.run<std::vector<float>>(w), Pointwise(FloatNear(1e-6), golden.at("w")));
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sessile/core/framework/tensor.h"

namespace sessile {

// Fails the running test, and gives nothing, if the file cannot be read.
std::map<std::string, std::vector<double>> ReadGoldenValues(const std::string& file);

// A float32 tensor of uneven numbers between -scale and scale, which the scripts of tests/golden
// that speak of `wave` make too.
Tensor Wave(const Shape& shape, int64_t seed, double scale = 1);

// Expects that the elements of `actual`, of any number type, are those of line `name` of
// kernel_values.txt, but for `tolerance`, relative to the larger of 1 and the expected value.
void ExpectKernelValues(const std::string& name, const Tensor& actual, double tolerance = 2e-6);

}  // namespace sessile
