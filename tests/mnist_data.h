// Real MNIST for the tests that need it.
#pragma once

#include <optional>
#include <string>

namespace sessile {

// The folder of the data set: $SESSILE_MNIST, or `folder` without it. Where it is not there,
// nullopt: the calling test has failed then, or is skipped if $SESSILE_OFFLINE is set (as by
// tools/test --offline), and must return.
//
//   const std::optional<std::string> dir = MnistFolder(input_data::DefaultFolder());
//   if (!dir) return;
std::optional<std::string> MnistFolder(const std::string& folder);

}  // namespace sessile
