#include "sessile/core/session/prepare.h"

#include <algorithm>

#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

// Combinations kept for a node, and the bytes of values that one may hold.
constexpr size_t kMaxEntries = 32;
constexpr size_t kMaxValueBytes = size_t{1} << 20;

class Context final : public PrepareContext {
 public:
  Context(const PrepareRequest& request, const KernelDef& kernel)
      : request_(request), kernel_(kernel), unknown_(Shape::Unknown()) {}

  const Node& node() const override { return *request_.node; }
  int num_inputs() const override { return static_cast<int>(request_.inputs.size()); }
  DataType input_dtype(int i) const override {
    const auto at = static_cast<size_t>(i);
    return request_.initialized(at) ? request_.dtype(at) : BaseType(Declared(i));
  }
  const Shape& input_shape(int i) const override {
    const auto at = static_cast<size_t>(i);
    return request_.initialized(at) ? request_.shape(at) : unknown_;
  }
  const Tensor* input_value(int i) const override {
    return IsValueInput(kernel_, node(), i) ? &input(i) : nullptr;
  }
  int num_outputs() const override { return request_.node->num_outputs(); }
  DataType output_dtype(int i) const override {
    return Carried(request_.node->output_types()[static_cast<size_t>(i)]);
  }
  DataType Carried(DataType type) const override { return CarriedType(type, request_.yardstick); }

 private:
  const Tensor& input(int i) const { return request_.inputs[static_cast<size_t>(i)]; }
  DataType Declared(int i) const {
    return Carried(request_.node->input_types()[static_cast<size_t>(i)]);
  }

  const PrepareRequest& request_;
  const KernelDef& kernel_;
  const Shape unknown_;
};

// A kernel whose outputs are not those of its node is a mistake of the kernel's, caught before
// anybody writes through a wrong pointer.
absl::Status CheckPrepared(const Prepared& prepared, const Context& ctx) {
  const int outputs = static_cast<int>(prepared.outputs().size());
  if (outputs != ctx.num_outputs()) {
    return Internal("The kernel of ", ctx.node().op_type(), " makes ", outputs,
                    " outputs instead of ", ctx.num_outputs());
  }
  for (int i = 0; i < outputs; ++i) {
    const DataType made = prepared.outputs()[static_cast<size_t>(i)].dtype;
    if (BaseType(made) != BaseType(ctx.output_dtype(i))) {
      return Internal("The kernel of ", ctx.node().op_type(), " makes output ", i, " as ",
                      DataTypeName(made), " instead of ", DataTypeName(ctx.output_dtype(i)));
    }
  }
  for (const Prepared::Forward& forward : prepared.forwards()) {
    if (forward.input < 0 || forward.input >= ctx.num_inputs() || forward.output < 0 ||
        forward.output >= outputs) {
      return Internal("The kernel of ", ctx.node().op_type(), " forwards input ", forward.input,
                      " to output ", forward.output, ", which do not exist");
    }
  }
  return absl::OkStatus();
}

}  // namespace

DataType CarriedType(DataType type, bool yardstick) {
  if (!yardstick || BaseType(type) != DataType::kFloat) return type;
  return IsRef(type) ? MakeRef(DataType::kDouble) : DataType::kDouble;
}

AttrMap CarriedAttrs(const AttrMap& attrs, bool yardstick) {
  AttrMap carried = attrs;
  if (!yardstick) return carried;
  for (const auto& [name, value] : attrs) {
    if (const DataType* const type = value.get_if<DataType>()) {
      carried.Set(name, CarriedType(*type, true));
    } else if (const AttrList* const list = value.get_if<AttrList>();
               list != nullptr && !list->types.empty()) {
      AttrList types = *list;
      for (DataType& t : types.types) t = CarriedType(t, true);
      carried.Set(name, std::move(types));
    }
  }
  return carried;
}

bool IsValueInput(const KernelDef& kernel, const Node& node, int i) {
  const auto names_it = [&](int named) {
    return named == i || named == KernelDef::kAllInputs ||
           (named == KernelDef::kLastInput && i == node.num_inputs() - 1);
  };
  return std::any_of(kernel.value_inputs.begin(), kernel.value_inputs.end(), names_it);
}

absl::StatusOr<Alternatives> AlternativesOf(const KernelDef& kernel,
                                            const PrepareRequest& request) {
  if (kernel.alternatives == nullptr) return Alternatives{};
  return kernel.alternatives(Context(request, kernel));
}

absl::StatusOr<std::shared_ptr<const Prepared>> PreparedCache::Get(const PrepareRequest& request) {
  std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (Matches(entry, request)) return entry.prepared;
  }
  SESSILE_ASSIGN_OR_RETURN(Entry entry, Make(request));
  std::shared_ptr<const Prepared> prepared = entry.prepared;
  size_t value_bytes = 0;
  for (const Tensor& value : entry.values) value_bytes += value.num_bytes();
  if (value_bytes <= kMaxValueBytes) {
    entries_.push_back(std::move(entry));
    if (entries_.size() > kMaxEntries) entries_.pop_front();
  }
  return prepared;
}

bool PreparedCache::Matches(const Entry& entry, const PrepareRequest& request) const {
  if (entry.specs.size() != request.inputs.size()) return false;
  size_t value = 0;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const Tensor& input = request.inputs[i];
    if (entry.specs[i].dtype != request.dtype(i)) return false;
    if (request.initialized(i) ? entry.specs[i].shape != request.shape(i)
                               : entry.specs[i].shape.has_rank()) {
      return false;
    }
    if (IsValueInput(*kernel_, *request.node, static_cast<int>(i)) &&
        !SameTensor(entry.values[value++], input)) {
      return false;
    }
  }
  return true;
}

absl::StatusOr<PreparedCache::Entry> PreparedCache::Make(const PrepareRequest& request) const {
  const Context ctx(request, *kernel_);
  SESSILE_ASSIGN_OR_RETURN(std::unique_ptr<Prepared> prepared, kernel_->prepare(ctx));
  SESSILE_RETURN_IF_ERROR(CheckPrepared(*prepared, ctx));
  Entry entry;
  entry.prepared = std::move(prepared);
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    entry.specs.push_back(request.spec(i));
    if (!IsValueInput(*kernel_, *request.node, static_cast<int>(i))) continue;
    // A copy: the input's memory may be written later.
    SESSILE_ASSIGN_OR_RETURN(Tensor value, request.inputs[i].Clone());
    entry.values.push_back(std::move(value));
  }
  return entry;
}

}  // namespace sessile
