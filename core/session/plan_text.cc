#include "sessile/core/session/plan_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sessile/core/session/row_chunks.h"

namespace sessile {
namespace {

using Kind = PlanStorage::Kind;

std::string Place(const PlanStorage& storage) {
  switch (storage.kind) {
    case Kind::kArena:
      return absl::StrCat("arena+", storage.offset);
    case Kind::kOwned:
      return "fetched";
    case Kind::kConstant:
      return "constant";
    case Kind::kFeed:
      return absl::StrCat("feed ", storage.index);
    case Kind::kVariable:
      return "variable";
  }
  return "";
}

// "float[64,10] arena+128"
std::string ValueText(const Plan& plan, int id) {
  const PlanValue& value = plan.values()[static_cast<size_t>(id)];
  if (value.storage < 0) return "reference";
  return absl::StrCat(DataTypeName(value.spec.dtype), value.spec.shape.ToString(), " ",
                      Place(plan.storage_of(value)));
}

std::string StepText(const Plan& plan, const PlanStep& step) {
  std::string text = absl::StrCat(step.label, " ", step.step->node->name());
  const char* separator = " -> ";
  for (const int output : step.outputs) {
    if (output < 0) continue;
    absl::StrAppend(&text, separator, ValueText(plan, output));
    separator = ", ";
  }
  return text;
}

std::string ChunksText(const RowChunks& chunks) {
  std::string text =
      absl::StrCat("     ", chunks.rows, " rows, ", chunks.rows_of_chunk, " at a time:\n");
  for (const DraftStep& step : chunks.draft.steps) {
    absl::StrAppend(&text, "       ", step.label, " ", step.step->node->name(), "\n");
  }
  return text;
}

}  // namespace

std::string PlanText(const Plan& plan) {
  std::string text;
  int before = 0;
  int left = 0;
  for (const StepOutcome& outcome : plan.outcomes()) {
    before += outcome.position == StepOutcome::kBeforeAll;
    left +=
        outcome.position == StepOutcome::kNotRun &&
        std::any_of(outcome.values.begin(), outcome.values.end(), [](int id) { return id >= 0; });
  }
  absl::StrAppend(&text, plan.program().steps().size(), " nodes: ", plan.steps().size(),
                  " kernels, ", before, " known or not needed, ", left,
                  " left to the reference executor; arena of ", plan.arena_bytes(), " bytes\n");
  int number = 0;
  for (const PlanStep& step : plan.steps()) {
    absl::StrAppend(&text, absl::StrFormat("%4d ", number++), StepText(plan, step), "\n");
    if (step.chunks != nullptr) absl::StrAppend(&text, ChunksText(*step.chunks));
  }
  return text;
}

}  // namespace sessile
