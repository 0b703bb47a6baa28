#include "sessile/ops/layer_arguments.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"

namespace sessile::layers {

std::vector<int64_t> HeightAndWidth(const IntList& list, const char* name) {
  const std::vector<int64_t>& values = list.values();
  const bool one = list.is_scalar();
  const auto refuse = [&](const std::string& why) {
    errors::ThrowIfError(InvalidArgument("The `", name,
                                         "` argument must be a tuple of 2 integers. ",
                                         "Received: ", list.ToString(), why));
  };
  if (!one && values.size() != 2) refuse("");
  for (const int64_t value : values) {
    if (value <= 0) {
      refuse(absl::StrCat(" including {", value, "} that does not satisfy the requirement `> 0`."));
    }
  }
  return {values.front(), values.back()};
}

std::string OpPadding(const std::string& padding) {
  const std::string upper = absl::AsciiStrToUpper(padding);
  if (upper != "VALID" && upper != "SAME") {
    errors::ThrowIfError(InvalidArgument(
        "The `padding` argument must be a list/tuple or one of \"valid\", \"same\" (or \"causal\", "
        "only for `Conv1D). Received: ",
        padding));
  }
  return upper;
}

std::string OpDataFormat(const std::string& data_format) {
  const std::string lower = absl::AsciiStrToLower(data_format);
  if (lower == "channels_last") return "NHWC";
  if (lower != "channels_first") {
    errors::ThrowIfError(
        InvalidArgument("The `data_format` argument must be one of \"channels_first\", "
                        "\"channels_last\". Received: ",
                        data_format));
  }
  return "NCHW";
}

}  // namespace sessile::layers
