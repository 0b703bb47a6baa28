// Which kernel computes which operation for which types.
//
//   void RegisterReduction(KernelRegistry& kernels) {
//     kernels.Add<Sum>("Sum").For<NumberTypes>("T").ValueInput(1);
//     kernels.Add("Shape", PrepareShape);                       // any type
//     kernels.Add("VariableV2", PrepareVariable).State(MakeVariable);
//     kernels.Lacks("Sum", "T", {complex64}, "complex arithmetic has no kernels yet");
//   }
//
// As in op_registry.h, registration is explicit, mistakes are kept in status(), and a frozen
// registry is read-only and thread-safe.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sessile/core/framework/kernel.h"

namespace sessile {

template <typename... Ts>
struct TypeList {};
using FloatTypes = TypeList<float, double>;
using IntTypes = TypeList<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>;
using NumberTypes = TypeList<float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t,
                             uint32_t, uint64_t>;

using PrepareFn = absl::StatusOr<std::unique_ptr<Prepared>> (*)(const PrepareContext&);
using AlternativesFn = absl::StatusOr<Alternatives> (*)(const PrepareContext&);
using StateFn = absl::StatusOr<std::unique_ptr<KernelState>> (*)(const Node&);
// The name of a state that several nodes may share. Begins with a character that no node's name
// begins with.
using StateNameFn = absl::StatusOr<std::string> (*)(const Node&);

// One registration: an op, restrictions on its attributes, and how to prepare it.
struct KernelDef {
  struct TypeConstraint {
    std::string attr;
    std::vector<DataType> types;
  };
  struct AttrConstraint {
    std::string attr;
    AttrValue value;
  };
  std::string op;
  std::vector<TypeConstraint> types;  // the attribute's type is one of these
  std::vector<AttrConstraint> attrs;  // the attribute equals this
  static constexpr int kAllInputs = -1;
  static constexpr int kLastInput = -2;
  std::vector<int> value_inputs;  // inputs whose values Prepare needs
  bool yardstick_only = false;    // only for the float64 mode
  bool from_shapes = false;       // outputs follow from the inputs' shapes alone
  // What it does with variables that come as handles; nothing: it takes none.
  enum class HandleUse { kNone, kReads, kUpdates };
  HandleUse handle_use = HandleUse::kNone;
  bool may_be_uninitialized = false;  // variables that come as handles need not have a value
  PrepareFn prepare = nullptr;
  AlternativesFn alternatives = nullptr;  // null: there is one code
  StateFn state = nullptr;                // null: the node has no state of its own
  StateNameFn state_name = nullptr;       // null: the node's name
};

// A rewrite of a plan in the making (core/session/plan_pass.h).
struct PlanDraft;
using PassFn = absl::Status (*)(PlanDraft*);
struct PlanPass {
  std::string name;
  std::string purpose;  // in a line
  PassFn run = nullptr;
};

class KernelRegistry;

// Writes one or more KernelDefs (one a type).
class KernelDefBuilder {
 public:
  // REQUIRES: made by Add(op, fn) without a type list.
  KernelDefBuilder& Types(std::string_view attr, std::vector<DataType> types);
  KernelDefBuilder& When(std::string_view attr, AttrValue value);
  // Prepare needs the value of input i (an axis, a shape), not only its shape.
  KernelDefBuilder& ValueInput(int i);
  KernelDefBuilder& AllValueInputs();
  // The same for the input after a list.
  KernelDefBuilder& LastValueInput();
  // Run reads no input: the outputs follow from shapes (Shape, Size), so that a plan knows them.
  KernelDefBuilder& FromShapes();
  // Prepare has several codes to choose from.
  KernelDefBuilder& WithAlternatives(AlternativesFn list);
  KernelDefBuilder& State(StateFn make, StateNameFn name = nullptr);
  // Handles among the inputs may be those of variables, which the kernel reads, or also writes.
  KernelDefBuilder& ReadsHandles();
  KernelDefBuilder& UpdatesHandles();
  // Such variables need not have a value.
  KernelDefBuilder& TakesUninitialized();
  KernelDefBuilder& YardstickOnly();

 private:
  friend class KernelRegistry;
  template <template <typename> class K>
  friend class TypedKernelBuilder;
  KernelDefBuilder(KernelRegistry* registry, std::vector<KernelDef*> defs)
      : registry_(registry), defs_(std::move(defs)) {}
  KernelRegistry* registry_;
  std::vector<KernelDef*> defs_;
};

// What Add<K>(op) returns: For<...>(attr) registers K<T>::Prepare for each T of the list.
template <template <typename> class K>
class TypedKernelBuilder {
 public:
  template <typename List>
  KernelDefBuilder For(std::string_view attr) {
    return ForEach(attr, List());
  }

 private:
  friend class KernelRegistry;
  TypedKernelBuilder(KernelRegistry* registry, std::string_view op)
      : registry_(registry), op_(op) {}
  template <typename... Ts>
  KernelDefBuilder ForEach(std::string_view attr, TypeList<Ts...>);
  KernelRegistry* registry_;
  std::string op_;
};

class KernelRegistry {
 public:
  KernelRegistry() = default;
  KernelRegistry(const KernelRegistry&) = delete;
  KernelRegistry& operator=(const KernelRegistry&) = delete;

  [[gnu::cold]] KernelDefBuilder Add(std::string_view op, PrepareFn prepare);
  template <template <typename> class K>
  TypedKernelBuilder<K> Add(std::string_view op) {
    return TypedKernelBuilder<K>(this, op);
  }
  // Says why there is no kernel for some types that the op definition allows.
  void Lacks(std::string_view op, std::string_view attr, std::vector<DataType> types,
             std::string_view reason);

  // Passes run in the order of their registration. A name that is taken is a mistake.
  void AddPass(std::string_view name, std::string_view purpose, PassFn run);
  const std::vector<PlanPass>& passes() const { return passes_; }

  // The kernel for a node of `op` with these attributes; types in `attrs` are those carried. With
  // `yardstick`, yardstick-only kernels count, and come first. UNIMPLEMENTED: "No OpKernel was
  // registered to support Op 'Mul' with these attrs.  Registered devices: [CPU], Registered
  // kernels:" and a line for each that there is, plus the reason of Lacks. INVALID_ARGUMENT if
  // there are two.
  absl::StatusOr<const KernelDef*> Find(std::string_view op, const AttrMap& attrs,
                                        bool yardstick) const;
  std::vector<const KernelDef*> List(std::string_view op) const;
  // The reason given to Lacks, or empty.
  std::string ReasonForLack(std::string_view op, std::string_view attr, DataType type) const;

  void Freeze() { frozen_ = true; }
  const absl::Status& status() const { return status_; }

 private:
  friend class KernelDefBuilder;
  template <template <typename> class K>
  friend class TypedKernelBuilder;
  struct Lack {
    std::string attr;
    std::vector<DataType> types;
    std::string reason;
  };
  // How to prepare a kernel of one type.
  struct Typed {
    DataType type;
    PrepareFn prepare;
  };
  KernelDef* AddDef(std::string_view op, PrepareFn prepare);
  [[gnu::cold]] KernelDefBuilder AddTyped(std::string_view op, std::string_view attr,
                                          std::span<const Typed> kernels);

  std::map<std::string, std::vector<std::unique_ptr<KernelDef>>, std::less<>> kernels_;
  std::map<std::string, std::vector<Lack>, std::less<>> lacks_;
  std::vector<PlanPass> passes_;
  std::vector<std::unique_ptr<KernelDef>> rejected_;  // what late builders write to
  absl::Status status_;
  bool frozen_ = false;
};

// The registry of a program, filled with the built-in kernels at the first call; defined by the
// layer that has them (kernels/register_all.cc).
KernelRegistry& builtin_kernels();

template <template <typename> class K>
template <typename... Ts>
KernelDefBuilder TypedKernelBuilder<K>::ForEach(std::string_view attr, TypeList<Ts...>) {
  static constexpr KernelRegistry::Typed kKernels[] = {{DataTypeOf<Ts>::value, &K<Ts>::Prepare}...};
  return registry_->AddTyped(op_, attr, kKernels);
}

}  // namespace sessile
