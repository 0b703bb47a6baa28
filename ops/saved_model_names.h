// What the parts of a SavedModel are called: the files in its folder, the collections of its
// graphs.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"

namespace sessile::saved_model {

inline constexpr char kBinaryName[] = "saved_model.pb";
inline constexpr char kTextName[] = "saved_model.pbtxt";
inline constexpr char kVariables[] = "variables/variables";
inline constexpr char kAssets[] = "assets";

// Of bytes of AssetFileDefs.
inline constexpr char kAssetCollection[] = "saved_model_assets";
// Of the operation that runs when the graph has been loaded; programs before 1.2 used the other.
inline constexpr char kMainOpCollection[] = "saved_model_main_op";
inline constexpr char kLegacyInitOpCollection[] = "legacy_init_op";
// The same as a signature, as TensorFlow 2 writes it.
inline constexpr char kInitOpSignature[] = "__saved_model_init_op";

inline std::string Join(const std::string& dir, absl::string_view name) {
  return absl::StrCat(dir, dir.empty() || dir.back() == '/' ? "" : "/", name);
}

}  // namespace sessile::saved_model
