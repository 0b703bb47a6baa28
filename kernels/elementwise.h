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
#include <optional>

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

}  // namespace sessile
