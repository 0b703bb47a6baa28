// The codes for one piece of work side by side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/tools/sessile/tune_survey.h"

// The least time of a run, which other load on the machine disturbs least.
struct Timing {
  std::string name;
  double ms = 0;
};

// Measures each code `rounds` times in turn, on random inputs; those that are far behind after some
// rounds are not measured further. In the order of the alternatives.
absl::StatusOr<std::vector<Timing>> MeasureCodes(const Work& work, int threads, int64_t rounds);
