// Einsum: of two operands, a batch of matrix products. Phase 0 copies the operands to matrices,
//
//   x -> [batch, rows, inner]     y -> [batch, columns, inner]
//
// adding up what only one of them has, and taking diagonals; phase 1 multiplies; phase 2 puts the
// products in the order of the output. A single operand is x, without inner ones. Floats are added
// up in double, or by oneDNN in float.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/einsum_equation.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/onednn.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

using Label = EinsumDims::Label;
using Labels = std::vector<Label>;

struct Axis {
  int64_t size;
  int64_t stride;
};
using Axes = std::vector<Axis>;

// Where element `index` of a tensor with these axes is.
int64_t OffsetOf(const Axes& axes, int64_t index) {
  int64_t offset = 0;
  for (size_t i = axes.size(); i-- > 0;) {
    offset += index % axes[i].size * axes[i].stride;
    index /= axes[i].size;
  }
  return offset;
}

bool Has(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// Each label that `wanted` holds for, once, in the order of `labels`.
template <typename F>
Labels Chosen(const Labels& labels, F wanted) {
  Labels chosen;
  for (const Label label : labels) {
    if (wanted(label) && !Has(chosen, label)) chosen.push_back(label);
  }
  return chosen;
}

// How a tensor is read along `labels`: repeated labels are a diagonal, and a dimension of size 1
// that broadcasts is repeated.
Axes AxesOf(const Labels& labels, const EinsumDims& dims, const Labels& tensor,
            const Shape& shape) {
  Axes axes;
  for (const Label label : labels) {
    Axis axis = {dims.sizes.at(label), 0};
    int64_t stride = 1;
    for (size_t i = tensor.size(); i-- > 0;) {
      const int64_t size = shape.dim(static_cast<int>(i));
      if (tensor[i] == label && size == axis.size) axis.stride += stride;
      stride *= size;
    }
    axes.push_back(axis);
  }
  return axes;
}

struct MatrixPlan {
  Axes kept;    // what becomes the matrices
  Axes summed;  // what is added up for each of their elements
  int64_t size = 0;
  int64_t terms = 1;
};

// Along one dimension, of the element of number `index`.
struct Coordinate {
  int64_t stride;
  int64_t size;
  int64_t Of(int64_t index) const { return index / stride % size; }
};

struct EinsumPlan {
  Shape output;
  std::array<MatrixPlan, 2> matrices;
  int64_t batch = 1, rows = 1, columns = 1, inner = 1;
  Axes products;  // the output's dimensions, in the products [batch, rows, columns]
  // Of labels that the output has twice: elements off the diagonal of the two are zero.
  std::vector<std::pair<Coordinate, Coordinate>> diagonals;
};

absl::StatusOr<int64_t> SizeOf(const Labels& labels, const EinsumDims& dims) {
  std::vector<int64_t> sizes;
  for (const Label label : labels) sizes.push_back(dims.sizes.at(label));
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, Shape::FromDims(sizes));
  return shape.num_elements();
}

Labels Joined(const Labels& a, const Labels& b, const Labels& c) {
  Labels all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

absl::StatusOr<EinsumPlan> PlanOf(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const std::string text, ctx.Attr<std::string>("equation"));
  SESSILE_ASSIGN_OR_RETURN(const EinsumEquation equation, EinsumEquation::Parse(text));
  std::vector<Shape> shapes;
  for (int i = 0; i < ctx.num_inputs(); ++i) shapes.push_back(ctx.input_shape(i));
  SESSILE_ASSIGN_OR_RETURN(const std::optional<EinsumDims> known, EinsumDims::Of(equation, shapes));
  if (!known.has_value()) return Internal("Einsum of unknown shapes");
  const EinsumDims& dims = *known;
  const Labels x = dims.inputs[0];
  const Labels y = dims.inputs.size() > 1 ? dims.inputs[1] : Labels();
  const auto in_output = [&](Label label) { return Has(dims.output, label); };
  const Labels batch = Chosen(x, [&](Label l) { return Has(y, l) && in_output(l); });
  const Labels rows = Chosen(x, [&](Label l) { return !Has(y, l) && in_output(l); });
  const Labels columns = Chosen(y, [&](Label l) { return !Has(x, l) && in_output(l); });
  const Labels inner = Chosen(x, [&](Label l) { return Has(y, l) && !in_output(l); });
  EinsumPlan plan;
  SESSILE_ASSIGN_OR_RETURN(plan.output, dims.OutputShape());
  SESSILE_ASSIGN_OR_RETURN(plan.batch, SizeOf(batch, dims));
  SESSILE_ASSIGN_OR_RETURN(plan.rows, SizeOf(rows, dims));
  SESSILE_ASSIGN_OR_RETURN(plan.columns, SizeOf(columns, dims));
  SESSILE_ASSIGN_OR_RETURN(plan.inner, SizeOf(inner, dims));
  const Labels products = Joined(batch, rows, columns);
  SESSILE_RETURN_IF_ERROR(SizeOf(products, dims).status());
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Labels kept = Joined(batch, i == 0 ? rows : columns, inner);
    const Labels summed = Chosen(dims.inputs[i], [&](Label l) { return !Has(kept, l); });
    MatrixPlan& matrix = plan.matrices[i];
    matrix.kept = AxesOf(kept, dims, dims.inputs[i], shapes[i]);
    matrix.summed = AxesOf(summed, dims, dims.inputs[i], shapes[i]);
    SESSILE_ASSIGN_OR_RETURN(matrix.size, SizeOf(kept, dims));
    SESSILE_ASSIGN_OR_RETURN(matrix.terms, SizeOf(summed, dims));
  }
  std::vector<int64_t> sizes;
  for (const Label label : products) sizes.push_back(dims.sizes.at(label));
  plan.products = AxesOf(dims.output, dims, products, Shape(sizes));
  for (size_t i = 0; i < dims.output.size(); ++i) {
    const auto first = static_cast<size_t>(
        std::find(dims.output.begin(), dims.output.end(), dims.output[i]) - dims.output.begin());
    if (first == i) continue;
    const auto coordinate = [&](size_t dim) {
      const auto at = static_cast<int>(dim);
      return Coordinate{plan.output.Slice(at + 1).num_elements(), plan.output.dim(at)};
    };
    plan.diagonals.emplace_back(coordinate(first), coordinate(i));
    plan.products[i].stride = 0;
  }
  return plan;
}

template <typename T>
class Einsum final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(EinsumPlan plan, PlanOf(ctx));
    const bool two = ctx.num_inputs() == 2;
    int64_t largest = plan.batch * plan.rows * plan.columns;
    for (const MatrixPlan& matrix : plan.matrices) largest = std::max(largest, matrix.size);
    size_t bytes = 0;
    if (__builtin_mul_overflow(static_cast<size_t>(largest), sizeof(T), &bytes)) {
      return absl::ResourceExhaustedError("OOM when allocating the matrices of an einsum");
    }
    return std::make_unique<Einsum>(std::move(plan), two, bytes);
  }

  Einsum(EinsumPlan plan, bool two, size_t slot_bytes) : p_(std::move(plan)), two_(two) {
    AddOutput(DataTypeOf<T>::value, p_.output);
    if (p_.output.num_elements() == 0) return;
    SetScratch(two ? 3 : 1, slot_bytes);
    AddPhase(PackBlocks(0) + (two ? PackBlocks(1) : 0));
    const double row_work = static_cast<double>(p_.columns) * static_cast<double>(p_.inner);
    AddPhase(two ? BlocksOfWork(p_.batch * p_.rows, row_work) : 1);
    AddPhase(BlocksOf(p_.output.num_elements(), 2 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    switch (phase) {
      case 0: {
        const int64_t first = PackBlocks(0);
        const size_t i = block < first ? 0 : 1;
        Pack(in[i].template data<T>(), p_.matrices[i],
             BlockRange(p_.matrices[i].size, i == 0 ? block : block - first, PackBlocks(i)),
             scratch.slot<T>(static_cast<int64_t>(i)));
        return absl::OkStatus();
      }
      case 1:
        return two_ ? Multiply(scratch, BlockRange(p_.batch * p_.rows, block, num_blocks(1)))
                    : absl::OkStatus();
      default:
        Unpack(scratch.slot<T>(two_ ? 2 : 0), out[0].template data<T>(),
               BlockRange(p_.output.num_elements(), block, num_blocks(2)));
        return absl::OkStatus();
    }
  }

 private:
  using Sum = std::conditional_t<std::is_floating_point_v<Wide<T>>, double, T>;

  int64_t PackBlocks(size_t i) const {
    const MatrixPlan& matrix = p_.matrices[i];
    return BlocksOf(matrix.size,
                    static_cast<int64_t>(sizeof(T)) * (1 + std::min(matrix.terms, kBlockBytes)));
  }

  static void Pack(const T* x, const MatrixPlan& matrix, IndexRange range, T* to) {
    for (const int64_t i : range) {
      const T* const from = x + OffsetOf(matrix.kept, i);
      if (matrix.terms == 1) {
        to[i] = *from;
        continue;
      }
      Sum sum = Sum{0};
      for (int64_t t = 0; t < matrix.terms; ++t) {
        sum = WrapAdd(sum, static_cast<Sum>(Widen(from[OffsetOf(matrix.summed, t)])));
      }
      to[i] = Narrow<T>(static_cast<Wide<T>>(sum));
    }
  }

  // Rows of the products of all matrices.
  absl::Status Multiply(Scratch scratch, IndexRange range) const {
    const T* const x = scratch.slot<T>(0);
    const T* const y = scratch.slot<T>(1);
    T* const products = scratch.slot<T>(2);
    if (p_.inner == 0) {
      std::fill_n(products + range.first() * p_.columns, range.size() * p_.columns, T{});
      return absl::OkStatus();
    }
    for (int64_t row = range.first(); row < range.last();) {
      const int64_t count = std::min(p_.rows - row % p_.rows, range.last() - row);
      const T* const matrix = y + row / p_.rows * p_.columns * p_.inner;
      SESSILE_RETURN_IF_ERROR(
          MultiplyRows(x + row * p_.inner, count, matrix, products + row * p_.columns));
      row += count;
    }
    return absl::OkStatus();
  }

  absl::Status MultiplyRows(const T* x, int64_t rows, const T* y, T* products) const {
    if constexpr (std::is_same_v<T, float>) {
      return onednn::Sgemm(false, true, rows, p_.columns, p_.inner, x, p_.inner, y, p_.inner,
                           products, p_.columns);
    } else {
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < p_.columns; ++j) {
          Sum sum = Sum{0};
          for (int64_t k = 0; k < p_.inner; ++k) {
            sum = WrapAdd(sum, WrapMul(static_cast<Sum>(Widen(x[i * p_.inner + k])),
                                       static_cast<Sum>(Widen(y[j * p_.inner + k]))));
          }
          products[i * p_.columns + j] = Narrow<T>(static_cast<Wide<T>>(sum));
        }
      }
      return absl::OkStatus();
    }
  }

  bool OnDiagonals(int64_t index) const {
    return std::all_of(p_.diagonals.begin(), p_.diagonals.end(), [index](const auto& pair) {
      return pair.first.Of(index) == pair.second.Of(index);
    });
  }

  void Unpack(const T* products, T* output, IndexRange range) const {
    for (const int64_t i : range) {
      output[i] = OnDiagonals(i) ? products[OffsetOf(p_.products, i)] : T{};
    }
  }

  const EinsumPlan p_;
  const bool two_;
};

}  // namespace

void RegisterEinsum(KernelRegistry& kernels) {
  kernels.Add<InWiderType<Einsum>::Kernel>("Einsum")
      .For<WithComplex<TypeList<float, double, int32_t, int64_t, Half, BFloat16>>>("T");
  kernels.Lacks("Einsum", "T", {int8, int16, uint8, uint16, uint32, uint64, bool_, string},
                kNoKernelInTensorFlow);
  kernels.Lacks("Einsum", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("Einsum", "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace sessile
