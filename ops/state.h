// Operations on the value that a variable holds. ops/variable.h has the variable itself.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sessile/core/framework/source_location.h"
#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile {

// What an operation writes to: a Variable, or a tensor of reference type.
class Ref {
 public:
  // NOLINTBEGIN(google-explicit-constructor): meant to convert
  Ref(const Output& output, SourceLocation at = SourceLocation::Current()) : input_(output, at) {}
  template <typename V>
  requires requires(const V& v) {
    { v.ref() } -> std::same_as<Output>;
  }
  Ref(const V& variable, SourceLocation at = SourceLocation::Current())
      : input_(variable.ref(), at) {}
  // NOLINTEND(google-explicit-constructor)
  const Input& input() const { return input_; }
  const Output& output() const { return input_.output(); }
  // A handle of a variable, and not a reference to it.
  bool is_handle() const;
  // What the variable holds.
  DataType dtype() const;

 private:
  Input input_;
};

// What a write to a variable gives. Of a variable by reference: its own output after the write.
// Through a handle: a read after the write, and another one wherever it is used as a tensor.
class Updated : public Output {
 public:
  explicit Updated(const Output& reference) : Output(reference), write_(reference.op()) {}
  Updated(Operation write, const Output& handle);
  // The write itself.
  const Operation& op() const { return write_; }
  std::shared_ptr<const LazyOutput> lazy() const;

 private:
  Operation write_;
  Output handle_;
};

struct AssignOptions {
  bool validate_shape = true;  // the value must have the variable's shape
  bool use_locking = true;
  std::string name = {};
};

struct UpdateOptions {
  bool use_locking = false;
  std::string name = {};
};

// Sets the variable to `value`.
Updated assign(Ref ref, Input value, const AssignOptions& options = {});
// Adds to or subtracts from the variable.
Updated assign_add(Ref ref, Input value, const UpdateOptions& options = {});
Updated assign_sub(Ref ref, Input value, const UpdateOptions& options = {});
// Changes the rows (slices of dimension 0) of the variable that `indices` names, in their order.
// `updates` has a row for each index, or is one number for all. An index that is no row is an error
// of the run, before anything is written.
struct ScatterUpdateOptions {
  bool use_locking = true;
  std::string name = {};
};
Updated scatter_update(Ref ref, Input indices, Input updates,
                       const ScatterUpdateOptions& options = {});
Updated scatter_add(Ref ref, Input indices, Input updates, const UpdateOptions& options = {});
Updated scatter_sub(Ref ref, Input indices, Input updates, const UpdateOptions& options = {});
Updated scatter_mul(Ref ref, Input indices, Input updates, const UpdateOptions& options = {});
Updated scatter_div(Ref ref, Input indices, Input updates, const UpdateOptions& options = {});
// The same for slices at places that have several indices each: the rows of `indices`.
Output scatter_nd_update(Ref ref, Input indices, Input updates,
                         const ScatterUpdateOptions& options = {});
Output scatter_nd_add(Ref ref, Input indices, Input updates, const UpdateOptions& options = {});
Output scatter_nd_sub(Ref ref, Input indices, Input updates, const UpdateOptions& options = {});
// The value of an integer variable, which is one more after that. Once it is `limit`: an error of
// the run, OUT_OF_RANGE.
Output count_up_to(Ref ref, int64_t limit, std::string_view name = {});
// A bool: the variable has a value.
Output is_variable_initialized(Ref ref, std::string_view name = {});

}  // namespace sessile
