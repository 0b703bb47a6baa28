#include "sessile/core/session/session_options.h"

#include <cstdlib>
#include <string_view>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"

namespace sessile {

int DefaultOptimizerLevel() {
  const char* const text = std::getenv("SESSILE_OPTIMIZER_LEVEL");
  if (text == nullptr || std::string_view(text) == "1") return 1;
  if (std::string_view(text) == "0") return 0;
  errors::ThrowIfError(
      InvalidArgument("SESSILE_OPTIMIZER_LEVEL: expected 0 or 1, got '", text, "'"));
  return 1;
}

absl::Status CheckConfig(const ConfigProto& config) {
  const auto check = [](const char* field, int value, int most) {
    if (0 <= value && value <= most) return absl::OkStatus();
    return InvalidArgument("ConfigProto: ", field, " must be from 0 to ", most, ", got ", value);
  };
  SESSILE_RETURN_IF_ERROR(check("intra_op_parallelism_threads", config.intra_op_parallelism_threads,
                                ConfigProto::kMostThreads));
  return check("optimizer_level", config.optimizer_level, 1);
}

}  // namespace sessile
