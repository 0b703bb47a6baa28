// TensorFlow's notation for the arguments and attributes of an operation, as OpDefBuilder takes it.
//
//   ParseArgSpec("inputs: N * T")               {.name = "inputs", .type_attr = "T", .number_attr =
//   "N"} ParseAttrSpec("T: {float, double} = float") a type attribute of two types, with a default
//
// INVALID_ARGUMENT says what was expected where the notation is broken.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/op_def.h"

namespace sessile {

// An argument that names an attribute gets it as `type_attr`; whether it is a list of types
// (`type_list_attr`) is seen only in the attribute's own specification.
absl::StatusOr<ArgDef> ParseArgSpec(std::string_view spec);
absl::StatusOr<AttrDef> ParseAttrSpec(std::string_view spec);

// The types behind "numbertype", "realnumbertype" and "quantizedtype", in TensorFlow's order. Empty
// for another name.
std::vector<DataType> TypesOfClass(std::string_view name);

}  // namespace sessile
