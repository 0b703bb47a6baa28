// Device names: "/job:worker/replica:0/task:1/device:GPU:0", any part of it left out.
//
// Devices are kept in the graph and in the GraphDef, where TensorFlow will read them. Here all
// nodes run on the CPU.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sessile {

// `name` in TensorFlow's normal form: "/cpu:0" is "/device:CPU:0". INVALID_ARGUMENT ("Unknown
// attribute 'x' is encountered while parsing the device spec: ...") for anything else.
absl::StatusOr<std::string> NormalDeviceName(std::string_view name);

// The parts of `inner` over those of `outer`; both in normal form.
std::string MergeDeviceNames(std::string_view outer, std::string_view inner);

}  // namespace sessile
