// What kernels that work element by element offer besides Run, so that a chain of them can be
// computed piece by piece, while each piece is in the cache, instead of tensor by tensor
// (kernels/fused/elementwise.cc).
//
//   template <typename T>
//   class Neg final : public Prepared, public Tiled<Neg<T>, T> {
//    public:
//     int num_operands() const { return 1; }
//     bool tiles_apply() const { return ...; }                   // if not always:
//     Elementwise::applies void Tile(const T* const* in, T* out, int64_t n) const;   // Tiled calls
//     it
//   };
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"

namespace sessile {

// One float output, each of whose elements follows from the operands' elements in its place, after
// broadcasting to the output's shape. The operands are the kernel's first inputs.
class Elementwise {
 public:
  virtual ~Elementwise() = default;
  // False if, for the shapes and attributes that it was prepared for, it is none of that kind.
  virtual bool applies() const { return true; }
  virtual int operands() const = 0;
  // out[i] = f(in[0][i], in[1][i], ...) for i < n: the very bits that Run gives. `out` may be one
  // of `in`.
  virtual void RunTile(const float* const* in, float* out, int64_t n) const = 0;
  // True if out[i] = in[0][i].
  virtual bool is_identity() const { return false; }
};

// A base of Derived = Kernel<T>: Elementwise if T is float, nothing otherwise.
template <typename Derived, typename T>
class Tiled {};

template <typename Derived>
class Tiled<Derived, float> : public Elementwise {
 public:
  bool applies() const final {
    const auto* const kernel = static_cast<const Derived*>(this);
    if constexpr (requires { kernel->tiles_apply(); }) {
      return kernel->tiles_apply();
    } else {
      return true;
    }
  }
  int operands() const final { return static_cast<const Derived*>(this)->num_operands(); }
  void RunTile(const float* const* in, float* out, int64_t n) const final {
    static_cast<const Derived*>(this)->Tile(in, out, n);
  }
};

// Input 0, seen as a matrix, summed over its rows, and divided by a number.
struct ColumnSum {
  int64_t columns;
  double divisor;
};

// A kernel with float input 0 and output that may be such a sum.
class SumsColumns {
 public:
  virtual ~SumsColumns() = default;
  // Nothing if it is not, for the shapes that it was prepared for.
  virtual std::optional<ColumnSum> AsColumnSum() const = 0;
};

// A base of Derived: SumsColumns if `is_sum`, nothing otherwise.
template <typename Derived, bool is_sum>
class MaySumColumns {};

template <typename Derived>
class MaySumColumns<Derived, true> : public SumsColumns {
 public:
  std::optional<ColumnSum> AsColumnSum() const final {
    return static_cast<const Derived*>(this)->column_sum();
  }
};

// A kernel whose first output is made by elementwise functions one after another. They may round
// otherwise than the kernel does, which need not hold float between them.
class ElementwiseComposite {
 public:
  struct Part {
    std::shared_ptr<const Elementwise> function;
    std::vector<int> operands;  // i: input i of the kernel; ~k: what part k made
  };
  virtual ~ElementwiseComposite() = default;
  // The last one makes the output. Empty if, for what it was prepared for, it is none of that kind.
  virtual std::vector<Part> Parts() const = 0;
};

// A kernel with one float output, which the blocks of its last phase write in ranges of their own:
// somebody else may go on with them while they are in the cache. It asks nothing of its RunContext
// but whether the run is cancelled.
class WritesRanges {
 public:
  virtual ~WritesRanges() = default;
  // Each range begins and ends at a multiple of so many elements.
  virtual int64_t range_unit() const = 0;
  // Calls done(first, size) for each range of that block.
  virtual void RangesOf(int64_t block,
                        absl::FunctionRef<void(int64_t first, int64_t size)> done) const = 0;
};

}  // namespace sessile
