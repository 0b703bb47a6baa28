// VarHandleOp and what reads a variable through its handle or takes its value away. What writes
// through handles stands with what writes through references.

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/session/variable.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// The name of a handle that nobody else shares.
constexpr char kAnonymous[] = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

absl::StatusOr<std::string> SharedName(const Node& node) {
  return node.attrs().GetOr<std::string>("shared_name", "");
}

absl::StatusOr<std::unique_ptr<KernelState>> MakeVariable(const Node& node) {
  SESSILE_ASSIGN_OR_RETURN(std::string name, SharedName(node));
  if (name.empty() || name == kAnonymous) name = node.name();
  return std::make_unique<VariableState>(std::move(name), Shape::Unknown(),
                                         VariableState::Kind::kHandle);
}

// Handles of one container and name are handles of one variable, also if the name is empty.
absl::StatusOr<std::string> VariableName(const Node& node) {
  SESSILE_ASSIGN_OR_RETURN(const std::string container,
                           node.attrs().GetOr<std::string>("container", ""));
  SESSILE_ASSIGN_OR_RETURN(const std::string name, SharedName(node));
  if (name == kAnonymous) return node.name();
  return absl::StrCat("/variable/", container, "/", name);
}

class Handle final : public Prepared {
 public:
  Handle() { AddOutput(DataType::kResource, Shape()); }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareHandle(const PrepareContext&) { return std::make_unique<Handle>(); }

template <typename T>
class ReadVariable final : public Prepared {
 public:
  explicit ReadVariable(const PrepareContext& ctx) : size_(ctx.input_shape(0).num_elements()) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    CopiesVariable(0);
    AddPhase(BlocksOf(size_, 2 * sizeof(T)));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const T* const content = Elements<T>(in[0]);
    std::copy(content + range.first(), content + range.last(), Elements<T>(out[0]) + range.first());
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

PreparedOr PrepareRead(const PrepareContext& ctx) {
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<ReadVariable<T>>(ctx);
  });
}

class DestroyVariable final : public Prepared {
 public:
  DestroyVariable() { Initializes(0, SpecOf(Tensor())); }
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareDestroy(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const bool may_lack,
                           ctx.attrs().GetOr<bool>("ignore_lookup_error", true));
  if (!may_lack && !ctx.input_shape(0).has_rank()) {
    return NotFound("Resource of ", ctx.node().name(), " does not exist.");
  }
  return std::make_unique<DestroyVariable>();
}

// Copies are left out where nobody can tell, whether a graph asks for it or not.
class DisableCopyOnRead final : public Prepared {
 public:
  absl::Status Run(RunContext&, Inputs, Outputs, Scratch, int, int64_t) const override {
    return absl::OkStatus();
  }
};

PreparedOr PrepareDisableCopyOnRead(const PrepareContext&) {
  return std::make_unique<DisableCopyOnRead>();
}

}  // namespace

void RegisterResourceVariable(KernelRegistry& kernels) {
  kernels.Add("VarHandleOp", PrepareHandle).State(MakeVariable, VariableName);
  kernels.Add("ReadVariableOp", OnHandlesOf<PrepareRead>).ReadsHandles();
  kernels.Add("DestroyResourceOp", PrepareDestroy).UpdatesHandles().TakesUninitialized();
  kernels.Add("DisableCopyOnRead", PrepareDisableCopyOnRead).ReadsHandles();
}

}  // namespace sessile
