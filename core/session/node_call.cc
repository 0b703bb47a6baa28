#include "sessile/core/session/node_call.h"

#include <algorithm>
#include <utility>

#include "sessile/core/framework/status.h"
#include "sessile/core/session/run_blocks.h"
#include "sessile/core/session/variable.h"

namespace sessile {
namespace {

const Shape& UnknownShape() {
  static const Shape shape = Shape::Unknown();
  return shape;
}

TensorView ViewOf(const Tensor& tensor) {
  return TensorView(tensor.dtype(), tensor.has_value() ? &tensor.shape() : &UnknownShape(),
                    const_cast<void*>(tensor.raw_data()));
}

}  // namespace

Tensor TensorOf(const RunValue& value) {
  return value.variable != nullptr ? value.variable->content() : value.tensor;
}

bool MayReferToVariable(DataType type) { return IsRef(type) || type == DataType::kResource; }

bool WritesVariable(const Step& step, size_t i) {
  const DataType type = step.node->input_types()[i];
  return IsRef(type) || (type == DataType::kResource && step.kernel != nullptr &&
                         step.kernel->handle_use == KernelDef::HandleUse::kUpdates);
}

bool MayBeUninitialized(const Step& step, size_t i) {
  const DataType type = step.node->input_types()[i];
  if (type == DataType::kResource) {
    return step.kernel == nullptr || step.kernel->may_be_uninitialized;
  }
  return IsRef(type) && step.node->op()->allows_uninitialized_input;
}

absl::Status CheckInitialized(const Step& step, std::span<const RunValue> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].variable == nullptr) continue;
    SESSILE_RETURN_IF_ERROR(CheckTakesVariable(step, i));
    if (!MayBeUninitialized(step, i) && !inputs[i].variable->initialized()) {
      return inputs[i].variable->Uninitialized();
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTakesVariable(const Step& step, size_t i) {
  if (step.node->input_types()[i] != DataType::kResource || step.kernel == nullptr ||
      step.kernel->handle_use != KernelDef::HandleUse::kNone) {
    return absl::OkStatus();
  }
  return InvalidArgument("Input ", i, " of ", step.node->name(),
                         " is the handle of a variable, which ", step.node->op_type(),
                         " does not take");
}

// The content locks of one call, each once, in the order of their ids.
class NodeCall::Locks {
 public:
  explicit Locks(const NodeCall& call) {
    for (size_t i = 0; i < call.tensors_.size(); ++i) {
      const Tensor& tensor = call.tensors_[i];
      if (!tensor.has_value() || tensor.buffer()->lock() == nullptr) continue;
      Held& held = held_[tensor.buffer()->lock()->id];
      held.buffer = tensor.buffer();
      held.exclusive = held.exclusive || WritesVariable(call.step_, i);
    }
    for (auto& [id, held] : held_) {
      std::shared_mutex& mutex = held.buffer->lock()->mutex;
      held.exclusive ? mutex.lock() : mutex.lock_shared();
    }
  }
  ~Locks() {
    for (auto& [id, held] : held_) {
      std::shared_mutex& mutex = held.buffer->lock()->mutex;
      held.exclusive ? mutex.unlock() : mutex.unlock_shared();
    }
  }
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

 private:
  struct Held {
    std::shared_ptr<Buffer> buffer;  // the variable may drop it meanwhile
    bool exclusive = false;
  };
  std::map<uint64_t, Held> held_;
};

NodeCall::NodeCall(const Step& step, std::span<RunValue> inputs, const Environment& environment)
    : step_(step),
      environment_(environment),
      inputs_(std::make_move_iterator(inputs.begin()), std::make_move_iterator(inputs.end())) {
  for (RunValue& input : inputs) input = RunValue();
}

absl::Status NodeCall::Run() {
  SESSILE_RETURN_IF_ERROR(CheckInitialized(step_, inputs_));
  for (;;) {
    tensors_.clear();
    for (RunValue& input : inputs_) {
      tensors_.push_back(input.variable != nullptr ? input.variable->content()
                                                   : std::move(input.tensor));
    }
    const Locks locks(*this);
    // Another run may have replaced a variable's buffer while this one waited for its lock.
    bool current = true;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].variable == nullptr) continue;
      current = current && inputs_[i].variable->content().buffer() == tensors_[i].buffer();
    }
    if (!current) {
      for (size_t i = 0; i < inputs_.size(); ++i) {
        if (inputs_[i].variable == nullptr) inputs_[i].tensor = std::move(tensors_[i]);
      }
      continue;
    }
    SESSILE_ASSIGN_OR_RETURN(prepared_, step_.prepared->Get({.node = step_.node,
                                                             .inputs = tensors_,
                                                             .yardstick = environment_.yardstick}));
    std::vector<Tensor> new_contents;
    SESSILE_RETURN_IF_ERROR(PrepareVariables(&new_contents));
    for (const Tensor& tensor : tensors_) input_views_.push_back(ViewOf(tensor));
    SESSILE_RETURN_IF_ERROR(MakeOutputs());
    SESSILE_RETURN_IF_ERROR(RunPhases());
    for (size_t i = 0; i < new_contents.size(); ++i) {
      const int input = prepared_->initializations()[i].input;
      inputs_[static_cast<size_t>(input)].variable->Commit(std::move(new_contents[i]));
    }
    return CheckOutputs();
  }
}

// A variable that gets a value of another shape keeps its old one until the kernel has succeeded.
absl::Status NodeCall::PrepareVariables(std::vector<Tensor>* targets) {
  for (const Prepared::Initialization& init : prepared_->initializations()) {
    VariableState* const variable = inputs_[static_cast<size_t>(init.input)].variable;
    if (variable == nullptr) {
      return Internal("Input ", init.input, " of ", step_.node->name(), " is not a variable");
    }
    Tensor& content = tensors_[static_cast<size_t>(init.input)];
    SESSILE_ASSIGN_OR_RETURN(content, variable->EnsureBuffer(init.spec));
    targets->push_back(content);
  }
  return absl::OkStatus();
}

absl::Status NodeCall::MakeOutputs() {
  const int count = step_.node->num_outputs();
  outputs_.resize(static_cast<size_t>(count));
  output_views_.resize(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) SESSILE_RETURN_IF_ERROR(MakeOutput(i));
  return absl::OkStatus();
}

absl::Status NodeCall::MakeOutput(int i) {
  const size_t at = static_cast<size_t>(i);
  const TensorSpec& spec = prepared_->outputs()[at];
  const Prepared::Forward* const alias = prepared_->alias_of(i);
  if (RefersToVariable(i, alias)) return MakeReference(i, alias);
  Tensor& output = outputs_[at].tensor;
  if (alias != nullptr) {
    const Tensor& input = tensors_[static_cast<size_t>(alias->input)];
    if (!input.has_value() || input.num_elements() != spec.shape.num_elements()) {
      return Internal("The kernel of ", step_.node->op_type(), " cannot give input ", alias->input,
                      " the shape ", spec.shape.ToString());
    }
    output = input.Alias(BaseType(spec.dtype), spec.shape);
  } else if (!spec.shape.IsFullyDefined()) {
    return absl::OkStatus();  // the kernel will ask for it
  } else {
    for (const Prepared::Forward& forward : prepared_->forwards()) {
      Tensor& input = tensors_[static_cast<size_t>(forward.input)];
      if (forward.output != i || !MayTakeOver(input, spec)) continue;
      output = input.Alias(BaseType(spec.dtype), spec.shape);
      break;
    }
    if (!output.has_value()) {
      SESSILE_ASSIGN_OR_RETURN(output, Tensor::Allocate(spec.dtype, spec.shape));
    }
  }
  output_views_[at] = ViewOf(output);
  return absl::OkStatus();
}

// A handle to something else than a variable is a tensor.
bool NodeCall::RefersToVariable(int i, const Prepared::Forward* alias) const {
  const DataType type = step_.node->output_types()[static_cast<size_t>(i)];
  if (type != DataType::kResource) return IsRef(type);
  return alias != nullptr ? inputs_[static_cast<size_t>(alias->input)].variable != nullptr
                          : dynamic_cast<VariableState*>(step_.state) != nullptr;
}

absl::Status NodeCall::MakeReference(int i, const Prepared::Forward* alias) {
  VariableState* const variable = alias != nullptr
                                      ? inputs_[static_cast<size_t>(alias->input)].variable
                                      : dynamic_cast<VariableState*>(step_.state);
  if (variable == nullptr) {
    return Internal("Output ", i, " of ", step_.node->op_type(), " refers to no variable");
  }
  outputs_[static_cast<size_t>(i)].variable = variable;
  return absl::OkStatus();
}

// The input's memory can be written if this call holds the only handle on it. A buffer that is fed,
// held by a loop or a variable, or waits for another consumer has others.
bool NodeCall::MayTakeOver(const Tensor& input, const TensorSpec& spec) const {
  if (!input.has_value() || input.dtype() == DataType::kString ||
      input.dtype() == DataType::kResource || input.buffer().use_count() != 1) {
    return false;
  }
  const Buffer& buffer = *input.buffer();
  return buffer.owns_memory() && buffer.lock() == nullptr && input.raw_data() == buffer.data() &&
         DataTypeSize(input.dtype()) == DataTypeSize(spec.dtype) &&
         input.num_elements() == spec.shape.num_elements();
}

absl::StatusOr<TensorView> NodeCall::AllocateOutput(int i, const Shape& shape) {
  const size_t at = static_cast<size_t>(i);
  SESSILE_ASSIGN_OR_RETURN(outputs_[at].tensor,
                           Tensor::Allocate(prepared_->outputs()[at].dtype, shape));
  output_views_[at] = ViewOf(outputs_[at].tensor);
  return output_views_[at];
}

absl::Status NodeCall::RunPhases() {
  if (prepared_->phases().empty()) return absl::OkStatus();
  const size_t slot_bytes = prepared_->scratch_slot_bytes();
  const size_t slots = static_cast<size_t>(std::max<int64_t>(prepared_->scratch_slots(), 0));
  size_t bytes = 0;
  if (__builtin_mul_overflow(slot_bytes, slots, &bytes)) {
    return absl::ResourceExhaustedError("OOM when allocating scratch memory");
  }
  std::shared_ptr<Buffer> memory;
  if (bytes > 0) {
    SESSILE_ASSIGN_OR_RETURN(memory, AllocateBuffer(bytes));
  }
  const Scratch scratch(memory != nullptr ? memory->data() : nullptr, slot_bytes);
  for (int phase = 0; phase < static_cast<int>(prepared_->phases().size()); ++phase) {
    SESSILE_RETURN_IF_ERROR(RunBlocks({*prepared_, *this, input_views_, output_views_, scratch},
                                      phase, environment_.pool));
  }
  return absl::OkStatus();
}

absl::Status NodeCall::CheckOutputs() const {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (!outputs_[i].live()) {
      return Internal("The kernel of ", step_.node->op_type(), " made no output ", i);
    }
  }
  return absl::OkStatus();
}

}  // namespace sessile
