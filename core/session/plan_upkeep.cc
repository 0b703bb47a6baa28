#include "sessile/core/session/plan_upkeep.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace sessile {

bool HasEffects(const DraftStep& step) {
  if (!step.new_contents.empty() || step.step->node->op()->is_stateful) return true;
  if (step.step->state != nullptr) return true;
  return std::any_of(step.inputs.begin(), step.inputs.end(),
                     [](const DraftInput& input) { return input.binding >= 0; });
}

void DropUnusedSteps(PlanDraft* draft) {
  std::vector<bool> needed(draft->storages.size(), false);
  const auto need = [&](int value) {
    if (value < 0) return;
    const int storage = draft->values[static_cast<size_t>(value)].storage;
    if (storage >= 0) needed[static_cast<size_t>(storage)] = true;
  };
  for (const int fetch : draft->fetches) need(fetch);
  for (size_t i = 0; i < draft->values.size(); ++i) {
    if (draft->is_kept[i]) need(static_cast<int>(i));
  }
  std::vector<DraftStep> kept;
  for (auto step = draft->steps.rbegin(); step != draft->steps.rend(); ++step) {
    const bool is_needed =
        HasEffects(*step) ||
        std::any_of(step->outputs.begin(), step->outputs.end(), [&](int output) {
          return output >= 0 &&
                 needed[static_cast<size_t>(draft->values[static_cast<size_t>(output)].storage)];
        });
    if (!is_needed) continue;
    for (const DraftInput& input : step->inputs) need(input.value);
    kept.push_back(std::move(*step));
  }
  std::reverse(kept.begin(), kept.end());
  draft->steps = std::move(kept);
}

namespace {

// Of a storage that no step makes.
constexpr int kNever = StepOutcome::kNotRun;

// The position at which all values of the outcome are made.
int MadeAt(const PlanDraft& draft, const StepOutcome& outcome, const std::vector<int>& made_at) {
  int last = StepOutcome::kBeforeAll;
  for (const int id : outcome.values) {
    const int storage = id < 0 ? -1 : draft.values[static_cast<size_t>(id)].storage;
    if (storage >= 0) last = std::max(last, made_at[static_cast<size_t>(storage)]);
  }
  return last;
}

// The position of the last step that reads an output and runs in the plan.
int LastReader(const PlanDraft& draft, const Step& step) {
  int last = StepOutcome::kBeforeAll;
  for (const std::vector<Edge>& edges : step.edges) {
    for (const Edge& edge : edges) {
      const int position = draft.outcomes[static_cast<size_t>(edge.step)].position;
      if (position != StepOutcome::kNotRun) last = std::max(last, position);
    }
  }
  return last;
}

}  // namespace

void SettleOutcomes(PlanDraft* draft) {
  std::vector<int> made_at(draft->storages.size(), kNever);
  for (size_t i = 0; i < made_at.size(); ++i) {
    if (draft->storages[i].kind != PlanStorage::Kind::kArena) made_at[i] = StepOutcome::kBeforeAll;
  }
  std::vector<bool> runs(draft->outcomes.size(), false);
  for (const DraftStep& step : draft->steps) {
    for (const int index : step.all_indices()) runs[static_cast<size_t>(index)] = true;
    for (const int output : step.outputs) {
      const int storage = output < 0 ? -1 : draft->values[static_cast<size_t>(output)].storage;
      if (storage >= 0) made_at[static_cast<size_t>(storage)] = step.position;
    }
  }
  std::vector<size_t> order(draft->outcomes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return draft->outcomes[a].position > draft->outcomes[b].position;
  });
  for (const size_t i : order) {
    StepOutcome& outcome = draft->outcomes[i];
    if (outcome.position == StepOutcome::kNotRun || runs[i]) continue;
    const int made = MadeAt(*draft, outcome, made_at);
    outcome.position = made == kNever
                           ? LastReader(*draft, draft->program->step(static_cast<int>(i)))
                           : std::max(outcome.position, made);
  }
}

}  // namespace sessile
