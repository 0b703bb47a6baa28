#include "sessile/core/graph/device_spec.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// The parts that a name may have; empty: left out.
struct DeviceSpec {
  std::string job, replica, task, type, index;

  std::string ToString() const {
    std::string name;
    if (!job.empty()) absl::StrAppend(&name, "/job:", job);
    if (!replica.empty()) absl::StrAppend(&name, "/replica:", replica);
    if (!task.empty()) absl::StrAppend(&name, "/task:", task);
    if (!type.empty()) absl::StrAppend(&name, "/device:", type, ":", index.empty() ? "*" : index);
    return name;
  }
};

bool IsIndex(absl::string_view text) {
  int number = 0;
  return text == "*" || (absl::SimpleAtoi(text, &number) && number >= 0);
}

absl::Status ParsePart(absl::string_view part, DeviceSpec* spec) {
  const std::vector<std::string> words = absl::StrSplit(part, ':');
  const std::string key = absl::AsciiStrToLower(words[0]);
  if (words.size() == 2 && key == "job") {
    spec->job = words[1];
  } else if (words.size() == 2 && key == "replica" && IsIndex(words[1])) {
    spec->replica = words[1];
  } else if (words.size() == 2 && key == "task" && IsIndex(words[1])) {
    spec->task = words[1];
  } else if (words.size() == 2 && (key == "cpu" || key == "gpu") && IsIndex(words[1])) {
    spec->type = absl::AsciiStrToUpper(words[0]);
    spec->index = words[1];
  } else if (words.size() == 3 && key == "device" && IsIndex(words[2])) {
    spec->type = absl::AsciiStrToUpper(words[1]);
    spec->index = words[2];
  } else {
    return InvalidArgument("Unknown attribute '", words[0], "' in the part '", part, "'");
  }
  return absl::OkStatus();
}

absl::StatusOr<DeviceSpec> Parse(absl::string_view name) {
  DeviceSpec spec;
  for (absl::string_view part : absl::StrSplit(name, '/', absl::SkipEmpty())) {
    if (absl::Status status = ParsePart(part, &spec); !status.ok()) {
      return WithSuffix(status, absl::StrCat(" is encountered while parsing the device spec: '",
                                             name, "'; expected e.g. '/job:worker/task:0/cpu:0'"));
    }
  }
  return spec;
}

}  // namespace

absl::StatusOr<std::string> NormalDeviceName(std::string_view name) {
  SESSILE_ASSIGN_OR_RETURN(const DeviceSpec spec,
                           Parse(absl::string_view(name.data(), name.size())));
  return spec.ToString();
}

std::string MergeDeviceNames(std::string_view outer, std::string_view inner) {
  const absl::StatusOr<DeviceSpec> below = Parse(absl::string_view(outer.data(), outer.size()));
  const absl::StatusOr<DeviceSpec> above = Parse(absl::string_view(inner.data(), inner.size()));
  if (!below.ok() || !above.ok()) return std::string(inner);
  DeviceSpec merged = *below;
  if (!above->job.empty()) merged.job = above->job;
  if (!above->replica.empty()) merged.replica = above->replica;
  if (!above->task.empty()) merged.task = above->task;
  if (!above->type.empty()) {
    merged.type = above->type;
    merged.index = above->index;
  }
  return merged.ToString();
}

}  // namespace sessile
