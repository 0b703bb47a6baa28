// A plan in the making: which kernels run in which order on which values, before memory is laid
// out. Passes rewrite it.
//
// Values are what stands at endpoints; several values may share a storage (an Identity's output is
// its input). Steps are in the order in which the reference executor runs them.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sessile/core/framework/kernel.h"
#include "sessile/core/session/program.h"
#include "sessile/core/session/variable.h"

namespace sessile {

// Memory for one or more values.
struct PlanStorage {
  enum class Kind {
    kArena,     // at `offset` in the run's arena
    kOwned,     // a tensor of its own, made for the run: what leaves it
    kConstant,  // Plan::constants[index]
    kFeed,      // feed `index`
    kVariable,  // binding `index`: a variable's content
  };
  Kind kind = Kind::kArena;
  int index = 0;
  size_t bytes = 0;
  size_t offset = 0;
};

// The content of a variable at some time of the run: before the run, or after an initialization
// that replaced its buffer.
struct PlanBinding {
  int variable = 0;  // Plan::variables[variable]
  bool initial = true;
  TensorSpec spec;  // kInvalid: uninitialized
};

struct PlanValue {
  TensorSpec spec;
  int storage = -1;                   // of a tensor
  VariableState* variable = nullptr;  // of a reference; then there is no storage
  bool is_deferred = false;           // not made by the plan
  std::optional<Tensor> known = {};   // its data, where it is the same at every run of the plan
};

struct DraftInput {
  int value = -1;  // of a reference, the content that the kernel sees
  VariableState* variable = nullptr;
  // For a reference: the binding before the step, whose lock is held exclusive.
  int binding = -1;
};

struct RowChunks;

struct DraftStep {
  const Step* step = nullptr;    // whose state and name count
  std::string label = {};        // what it computes: the op type, or a pass's word for several ops
  int index = 0;                 // of `step` in the program
  std::vector<int> others = {};  // of the other steps whose work it does
  int position = 0;              // in the order of the reference executor
  std::shared_ptr<const Prepared> kernel = {};
  std::vector<DraftInput> inputs = {};
  std::vector<int> outputs = {};  // values; -1: a reference, or not needed
  // A variable that gets another buffer: which, and the binding that it is known by from then on.
  struct NewContent {
    VariableState* variable;
    int binding;
  };
  std::vector<NewContent> new_contents = {};
  // What it does to a few rows at a time (row_chunks.h); else null. Then it has no kernel until all
  // passes have ended.
  std::shared_ptr<RowChunks> chunks = {};

  std::vector<int> all_indices() const {
    std::vector<int> all = others;
    all.push_back(index);
    return all;
  }
};

// What became of a step of the program.
struct StepOutcome {
  static constexpr int kNotRun = std::numeric_limits<int>::max();
  // Later than all steps of the plan: left to the reference executor. Before them: without effects
  // and not needed at run time.
  static constexpr int kBeforeAll = -1;
  int position = kNotRun;
  std::vector<int> values = {};  // of each output; -1: dead
};

struct PlanDraft {
  std::shared_ptr<const Program> program;
  std::vector<PlanValue> values;
  std::vector<PlanStorage> storages;
  std::vector<DraftStep> steps;
  std::vector<Tensor> constants;
  size_t known_bytes = 0;  // of those that the plan made
  std::vector<VariableState*> variables;
  std::vector<PlanBinding> bindings;
  int num_owned = 0;
  std::vector<StepOutcome> outcomes;  // of each step of the program
  std::vector<int> fetches;           // values of the program's fetch slots; -1: dead
  std::vector<bool> is_kept;          // of each value: needed until the end of the run
  bool is_complete = true;            // false: some steps are left to the reference executor
};

}  // namespace sessile
