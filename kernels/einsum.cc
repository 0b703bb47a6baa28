// Einsum: of two operands, a batch of matrix products. Phase 0 copies the operands to matrices,
//
//   x -> [batch, rows, inner]     y -> [batch, columns, inner]
//
// adding up what only one of them has, and taking diagonals; phase 1 multiplies; phase 2 puts the
// products in the order of the output. What is in that order already stays where it is: float32
// takes matrices either way round, so that "ij,jk->ik" is a matrix product and nothing else. A
// single operand is x, without inner ones. Floats are added up in double, or by oneDNN in float.

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
#include "sessile/kernels/strided_view.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

using Label = EinsumDims::Label;
using Labels = std::vector<Label>;

using Axes = std::vector<StridedView::Dim>;

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
    StridedView::Dim axis = {dims.sizes.at(label), 0};
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
  StridedView kept{{}, 0};    // what becomes the matrices
  StridedView summed{{}, 0};  // what is added up for each of their elements
  bool transposed = false;    // [batch, inner, rows] in place of [batch, rows, inner]

  bool is_operand() const { return summed.size() == 1 && kept.is_prefix(); }
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
  StridedView products{{}, 0};  // the output, in the products [batch, rows, columns]
  // Of labels that the output has twice: elements off the diagonal of the two are zero.
  std::vector<std::pair<Coordinate, Coordinate>> diagonals;

  int64_t num_products() const { return batch * rows * columns; }
  bool output_is_products() const { return diagonals.empty() && products.is_prefix(); }
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

// Where the output's elements are in products with these labels.
absl::StatusOr<EinsumPlan> WithOutput(const EinsumDims& dims, const Labels& products,
                                      EinsumPlan plan) {
  SESSILE_RETURN_IF_ERROR(SizeOf(products, dims).status());
  std::vector<int64_t> sizes;
  for (const Label label : products) sizes.push_back(dims.sizes.at(label));
  Axes axes = AxesOf(dims.output, dims, products, Shape(sizes));
  for (size_t i = 0; i < dims.output.size(); ++i) {
    const auto first = static_cast<size_t>(
        std::find(dims.output.begin(), dims.output.end(), dims.output[i]) - dims.output.begin());
    if (first == i) continue;
    const auto coordinate = [&](size_t dim) {
      const auto at = static_cast<int>(dim);
      return Coordinate{plan.output.Slice(at + 1).num_elements(), plan.output.dim(at)};
    };
    plan.diagonals.emplace_back(coordinate(first), coordinate(i));
    axes[i].stride = 0;
  }
  plan.products = StridedView(axes, 0);
  return plan;
}

absl::StatusOr<EinsumPlan> PlanOf(const PrepareContext& ctx, bool takes_transposed) {
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
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Labels outer = i == 0 ? rows : columns;
    const Labels kept = Joined(batch, outer, inner);
    const Labels summed = Chosen(dims.inputs[i], [&](Label l) { return !Has(kept, l); });
    const auto view = [&](const Labels& labels) -> absl::StatusOr<StridedView> {
      SESSILE_RETURN_IF_ERROR(SizeOf(labels, dims).status());
      return StridedView(AxesOf(labels, dims, dims.inputs[i], shapes[i]), 0);
    };
    MatrixPlan& matrix = plan.matrices[i];
    SESSILE_ASSIGN_OR_RETURN(matrix.kept, view(kept));
    SESSILE_ASSIGN_OR_RETURN(matrix.summed, view(summed));
    if (!takes_transposed || matrix.kept.has_ordered_runs()) continue;
    SESSILE_ASSIGN_OR_RETURN(StridedView transposed, view(Joined(batch, inner, outer)));
    if (!transposed.has_ordered_runs()) continue;
    matrix.kept = std::move(transposed);
    matrix.transposed = true;
  }
  return WithOutput(dims, Joined(batch, rows, columns), std::move(plan));
}

template <typename T>
class Einsum final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(EinsumPlan plan, PlanOf(ctx, std::is_same_v<T, float>));
    const bool two = ctx.num_inputs() == 2;
    int64_t largest = !two || plan.output_is_products() ? 0 : plan.num_products();
    for (const MatrixPlan& matrix : plan.matrices) {
      if (!matrix.is_operand()) largest = std::max(largest, matrix.kept.size());
    }
    size_t bytes = 0;
    if (__builtin_mul_overflow(static_cast<size_t>(largest), sizeof(T), &bytes)) {
      return absl::ResourceExhaustedError("OOM when allocating the matrices of an einsum");
    }
    return std::make_unique<Einsum>(std::move(plan), two, bytes);
  }

  Einsum(EinsumPlan plan, bool two, size_t slot_bytes) : p_(std::move(plan)), two_(two) {
    AddOutput(DataTypeOf<T>::value, p_.output);
    if (p_.output.num_elements() == 0) return;
    for (size_t i = 0; i < (two ? 2 : 1); ++i) {
      if (!p_.matrices[i].is_operand()) slots_[i] = num_slots_++;
    }
    if (two && !p_.output_is_products()) slots_[2] = num_slots_++;
    if (num_slots_ > 0) SetScratch(num_slots_, slot_bytes);
    AddPhase(PackBlocks(0) + (two ? PackBlocks(1) : 0));
    const double row_work = static_cast<double>(p_.columns) * static_cast<double>(p_.inner);
    AddPhase(two ? BlocksOfWork(p_.batch * p_.rows, row_work) : 1);
    AddPhase(unpacks() ? BlocksOf(p_.output.num_elements(), 2 * sizeof(T)) : 1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    T* const output = out[0].template data<T>();
    T* const products = slots_[2] < 0 ? output : scratch.slot<T>(slots_[2]);
    switch (phase) {
      case 0: {
        const int64_t first = PackBlocks(0);
        const size_t i = block < first ? 0 : 1;
        Pack(in[i].template data<T>(), p_.matrices[i],
             BlockRange(p_.matrices[i].kept.size(), i == 0 ? block : block - first, PackBlocks(i)),
             slots_[i] < 0 ? nullptr : scratch.slot<T>(slots_[i]));
        return absl::OkStatus();
      }
      case 1:
        if (!two_) return absl::OkStatus();
        return Multiply(MatrixOf(0, in, scratch), MatrixOf(1, in, scratch),
                        BlockRange(p_.batch * p_.rows, block, num_blocks(1)), products);
      default:
        if (unpacks()) {
          Unpack(two_ ? products : MatrixOf(0, in, scratch), output,
                 BlockRange(p_.output.num_elements(), block, num_blocks(2)));
        }
        return absl::OkStatus();
    }
  }

 private:
  using Sum = std::conditional_t<std::is_floating_point_v<Wide<T>>, double, T>;

  bool unpacks() const { return !two_ || !p_.output_is_products(); }

  const T* MatrixOf(size_t i, Inputs in, Scratch scratch) const {
    return slots_[i] < 0 ? in[i].template data<T>() : scratch.slot<T>(slots_[i]);
  }

  int64_t PackBlocks(size_t i) const {
    const MatrixPlan& matrix = p_.matrices[i];
    if (matrix.is_operand()) return 1;
    return BlocksOf(matrix.kept.size(), static_cast<int64_t>(sizeof(T)) *
                                            (1 + std::min(matrix.summed.size(), kBlockBytes)));
  }

  static void Pack(const T* x, const MatrixPlan& matrix, IndexRange range, T* to) {
    if (matrix.is_operand()) return;
    if (matrix.summed.size() == 1) return matrix.kept.Gather(x, range.first(), range.last(), to);
    matrix.kept.ForEachRun(range.first(), range.last(),
                           [&](int64_t i, int64_t count, int64_t place, int64_t stride) {
                             for (int64_t j = 0; j < count; ++j) {
                               to[i + j] = SumOf(x + place + j * stride, matrix.summed);
                             }
                           });
  }

  static T SumOf(const T* x, const StridedView& terms) {
    Sum sum = Sum{0};
    terms.ForEachRun(0, terms.size(), [&](int64_t, int64_t count, int64_t place, int64_t stride) {
      for (int64_t j = 0; j < count; ++j) {
        sum = WrapAdd(sum, static_cast<Sum>(Widen(x[place + j * stride])));
      }
    });
    return Narrow<T>(static_cast<Wide<T>>(sum));
  }

  // Rows of the products of all matrices.
  absl::Status Multiply(const T* x, const T* y, IndexRange range, T* products) const {
    if (p_.inner == 0) {
      std::fill_n(products + range.first() * p_.columns, range.size() * p_.columns, T{});
      return absl::OkStatus();
    }
    for (int64_t row = range.first(); row < range.last();) {
      const int64_t batch = row / p_.rows, first = row % p_.rows;
      const int64_t count = std::min(p_.rows - first, range.last() - row);
      SESSILE_RETURN_IF_ERROR(MultiplyRows(x + batch * p_.rows * p_.inner, first, count,
                                           y + batch * p_.columns * p_.inner,
                                           products + row * p_.columns));
      row += count;
    }
    return absl::OkStatus();
  }

  // Rows [first, first + rows) of one product.
  absl::Status MultiplyRows(const T* x, int64_t first, int64_t rows, const T* y,
                            T* products) const {
    if constexpr (std::is_same_v<T, float>) {
      const bool x_transposed = p_.matrices[0].transposed;
      const bool y_transposed = !p_.matrices[1].transposed;
      return onednn::Sgemm(x_transposed, y_transposed, rows, p_.columns, p_.inner,
                           x + (x_transposed ? first : first * p_.inner),
                           x_transposed ? p_.rows : p_.inner, y,
                           y_transposed ? p_.inner : p_.columns, products, p_.columns);
    } else {
      for (int64_t i = 0; i < rows; ++i) {
        const T* const row = x + (first + i) * p_.inner;
        for (int64_t j = 0; j < p_.columns; ++j) {
          products[i * p_.columns + j] = Dot(row, y + j * p_.inner, p_.inner);
        }
      }
      return absl::OkStatus();
    }
  }

  SESSILE_OPTIMIZE_SPEED static T Dot(const T* x, const T* y, int64_t count) {
    Sum sum = Sum{0};
    for (int64_t i = 0; i < count; ++i) {
      sum = WrapAdd(sum, WrapMul(static_cast<Sum>(Widen(x[i])), static_cast<Sum>(Widen(y[i]))));
    }
    return Narrow<T>(static_cast<Wide<T>>(sum));
  }

  bool OnDiagonals(int64_t index) const {
    return std::all_of(p_.diagonals.begin(), p_.diagonals.end(), [index](const auto& pair) {
      return pair.first.Of(index) == pair.second.Of(index);
    });
  }

  void Unpack(const T* products, T* output, IndexRange range) const {
    p_.products.Gather(products, range.first(), range.last(), output);
    if (p_.diagonals.empty()) return;
    for (const int64_t i : range) {
      if (!OnDiagonals(i)) output[i] = T{};
    }
  }

  const EinsumPlan p_;
  const bool two_;
  // Of x, y and the products; -1: they are an operand, the output.
  std::array<int64_t, 3> slots_ = {-1, -1, -1};
  int64_t num_slots_ = 0;
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
