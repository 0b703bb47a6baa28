// Numbers that TensorFlow computed: lines "NAME value value ..." that a script in tests/golden
// wrote.
//
//   const auto golden = ReadGoldenValues("optimizer_values.txt");
//   EXPECT_THAT(sess.run<std::vector<float>>(w), Pointwise(FloatNear(1e-6), golden.at("w")));
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sessile {

// Fails the running test, and gives nothing, if the file cannot be read.
std::map<std::string, std::vector<double>> ReadGoldenValues(const std::string& file);

}  // namespace sessile
