// How an operation is computed: the interface of kernels/.
//
// A kernel is prepared once for fixed attributes, dtypes and shapes, and then run any number of
// times:
//
//   template <typename T>
//   class Relu final : public Prepared {
//    public:
//     static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
//       return std::make_unique<Relu>(ctx);
//     }
//     explicit Relu(const PrepareContext& ctx) : size_(ctx.input_shape(0).num_elements()) {
//       AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
//       MayForward(0, 0);
//       AddPhase(BlocksOf(size_));
//     }
//     absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t block) const
//     override;
//   };
//
// Work is split into phases, and each phase into blocks. The executor runs the blocks of a phase in
// any order, at the same time if it likes, and starts a phase when all blocks of the one before
// have ended. The number of blocks follows from shapes alone, never from the number of threads, so
// that results are the same bits however many threads run them. Kernels never start threads.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/attr_value.h"
#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

class Node;
class VariableState;  // core/session/variable.h

// What a session keeps for one stateful node between runs: a variable's value, a random stream.
class KernelState {
 public:
  virtual ~KernelState() = default;
};

struct TensorSpec {
  DataType dtype = DataType::kInvalid;
  Shape shape = {};

  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

// Of no value: kInvalid and an unknown shape.
TensorSpec SpecOf(const Tensor& tensor);

// A tensor during a run: it owns nothing and is valid for the run only.
class TensorView {
 public:
  TensorView() = default;
  TensorView(DataType dtype, const Shape* shape, void* data)
      : dtype_(dtype), shape_(shape), data_(data) {}

  DataType dtype() const { return dtype_; }
  const Shape& shape() const { return *shape_; }
  int64_t num_elements() const { return shape_->num_elements(); }
  void* raw() const { return data_; }
  // For an input: read only, but where the argument is a reference.
  template <typename T>
  T* data() const {
    assert(dtype_ == DataTypeOf<std::remove_const_t<T>>::value);
    return static_cast<T*>(data_);
  }

 private:
  DataType dtype_ = DataType::kInvalid;
  const Shape* shape_ = nullptr;
  void* data_ = nullptr;
};

// A reference, or a handle to a variable, shows the variable's content, or a null pointer if it is
// uninitialized.
using Inputs = std::span<const TensorView>;
using Outputs = std::span<const TensorView>;

// Memory for the time of a run, kBufferAlignment-aligned slots of equal size. All phases see the
// same slots. Content undefined at first.
class Scratch {
 public:
  Scratch() = default;
  Scratch(void* data, size_t slot_bytes) : data_(static_cast<char*>(data)), slot_(slot_bytes) {}
  template <typename T>
  T* slot(int64_t i) const {
    return reinterpret_cast<T*>(data_ + static_cast<size_t>(i) * slot_);
  }

 private:
  char* data_ = nullptr;
  size_t slot_ = 0;
};

// What Prepare may know. In the float64 mode of the reference executor ("yardstick") the dtypes
// here are double where the attributes say float: believe the dtypes.
class PrepareContext {
 public:
  virtual ~PrepareContext() = default;
  virtual const Node& node() const = 0;
  virtual int num_inputs() const = 0;
  virtual DataType input_dtype(int i) const = 0;
  // Fully defined. The shape of an uninitialized variable is unknown.
  virtual const Shape& input_shape(int i) const = 0;
  // The value of an input that the registration names with ValueInput. Never null for those.
  virtual const Tensor* input_value(int i) const = 0;
  virtual int num_outputs() const = 0;
  virtual DataType output_dtype(int i) const = 0;
  // A type attribute as it is carried in this mode (float is double in the yardstick).
  virtual DataType Carried(DataType type) const = 0;

  // Those of the node.
  virtual const AttrMap& attrs() const;
  template <typename T>
  absl::StatusOr<T> Attr(std::string_view name) const {
    return attrs().Get<T>(name);
  }
};

// Several codes that compute the same, one of which Prepare takes.
struct Alternatives {
  // The row of the table of choices that is about this (kernels/tuned.h): the machine's vectors,
  // and what is computed, in the same words for all that one code should be the fastest for.
  std::string instruction_set;
  std::string work;
  // Those that may be the fastest. The one that Prepare takes where neither the node nor the table
  // asks for another comes first.
  std::vector<std::string> names;
  std::string row;  // the table's; empty: it has none
};
// The attribute by which a node asks for a code, also for one that is never the fastest.
inline constexpr char kImplementationAttr[] = "_implementation";

class RunContext {
 public:
  virtual ~RunContext() = default;
  // The state of this node in this session; its type is what the registration's State made.
  virtual KernelState* state() = 0;
  // The variable behind input i, a reference or a handle.
  virtual VariableState* variable(int i) = 0;
  // For an output whose shape was left unknown by Prepare: gives it memory. Call once, in one
  // block.
  virtual absl::StatusOr<TensorView> AllocateOutput(int i, const Shape& shape) = 0;
  // True once the run was cancelled or timed out; long kernels look at it now and then.
  virtual bool cancelled() const = 0;
};

// A kernel made ready. Immutable and thread-safe; Run allocates nothing but AllocateOutput.
class Prepared {
 public:
  // `output` may take the memory of `input` if nobody else needs it (in-place), or, if `always`, is
  // that very tensor under another shape (Identity, Reshape): then Run need not touch it.
  struct Forward {
    int input;
    int output;
    bool always;
  };
  // Before Run, the variable behind `input` gets memory for `spec` (what it has is kept if it
  // fits), and it counts as initialized when Run has ended well. A spec without dtype takes the
  // value away.
  struct Initialization {
    int input;
    TensorSpec spec;
  };

  Prepared();
  virtual ~Prepared();
  virtual absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                           int64_t block) const = 0;

  // One for each output; a shape that is not fully defined depends on data (AllocateOutput).
  const std::vector<TensorSpec>& outputs() const { return outputs_; }
  // The value of output i if it is the same at every run (a constant), or null.
  const Tensor* known_output(int i) const {
    for (const auto& [output, value] : known_outputs_) {
      if (output == i) return &value;
    }
    return nullptr;
  }
  const std::vector<Forward>& forwards() const { return forwards_; }
  // Which input output i is under another shape, or null.
  const Forward* alias_of(int i) const;
  const std::vector<Initialization>& initializations() const { return initializations_; }
  // The variable of which output 0 is a copy: whoever sees that nobody writes it as long as the
  // output is of use may leave the copy out. -1: none.
  int copied_variable() const { return copied_variable_; }
  // Inputs and output 0 are rows along their first dimension, as many in each: row r of the output
  // follows from row r of these inputs and from all other inputs, and the kernel, made ready for
  // fewer rows, makes those. Run cannot fail then, but for being cancelled. Empty: it is not so, or
  // not known.
  const std::vector<int>& row_inputs() const { return row_inputs_; }
  // All that Run does is to change the variables behind its references, in one phase, without
  // scratch and context; it cannot fail.
  bool only_updates() const { return only_updates_; }
  // Blocks of each phase. No phases: Run is not called.
  const std::vector<int64_t>& phases() const { return phases_; }
  int64_t num_blocks(int phase) const { return phases_[static_cast<size_t>(phase)]; }
  int64_t scratch_slots() const { return scratch_slots_; }
  size_t scratch_slot_bytes() const { return scratch_slot_bytes_; }

 protected:
  // Cold: a kernel is prepared once and there is one for each type, so what calls these is compiled
  // for size.
  [[gnu::cold]] void AddOutput(DataType dtype, Shape shape);
  // Run writes these values, which nobody changes, into output i.
  [[gnu::cold]] void KnowsOutput(int i, Tensor value);
  [[gnu::cold]] void MayForward(int input, int output);
  // Also for references: the output refers to the variable that the input refers to. A reference
  // output without an Alias refers to the node's own state, which then is a VariableState.
  [[gnu::cold]] void Alias(int input, int output);
  // Run updates the variable behind `input`. An op on references has that reference as output 0,
  // one on handles has no output.
  [[gnu::cold]] void Updates(const PrepareContext& ctx, int input);
  [[gnu::cold]] void CopiesVariable(int input) { copied_variable_ = input; }
  [[gnu::cold]] void Initializes(int input, TensorSpec spec);
  [[gnu::cold]] void TakesRows(int input);
  [[gnu::cold]] void OnlyUpdates();
  [[gnu::cold]] void AddPhase(int64_t blocks);
  // Rounded up to whole cache lines.
  [[gnu::cold]] void SetScratch(int64_t slots, size_t slot_bytes);

 private:
  std::vector<TensorSpec> outputs_;
  std::vector<std::pair<int, Tensor>> known_outputs_;
  std::vector<Forward> forwards_;
  std::vector<Initialization> initializations_;
  std::vector<int> row_inputs_;
  bool only_updates_ = false;
  int copied_variable_ = -1;
  std::vector<int64_t> phases_;
  int64_t scratch_slots_ = 0;
  size_t scratch_slot_bytes_ = 0;
};

}  // namespace sessile
