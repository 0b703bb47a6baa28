// SparseTensorDenseAdd: the values are added to a copy of the dense tensor, in their order.

#include <algorithm>
#include <memory>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
class SparseDenseAdd final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& indices = ctx.input_shape(0);
    const Shape& values = ctx.input_shape(1);
    const Shape& sizes = ctx.input_shape(2);
    if (indices.rank() != 2) {
      return InvalidArgument("Input a_indices should be a matrix but received shape: ",
                             indices.ToString());
    }
    if (values.rank() != 1 || sizes.rank() != 1) {
      return InvalidArgument("Inputs a_values and a_shape should be vectors but received shapes: ",
                             values.ToString(), " and ", sizes.ToString());
    }
    if (indices.dim(0) != values.dim(0)) {
      return InvalidArgument("Dimensions ", indices.dim(0), " and ", values.dim(0),
                             " are not compatible");
    }
    if (sizes.dim(0) != indices.dim(1)) {
      return InvalidArgument("Input a_shape has ", sizes.dim(0), " elements, but a_indices have ",
                             indices.dim(1));
    }
    if (ctx.input_shape(3).rank() != sizes.dim(0)) {
      return InvalidArgument("Two operands have different ranks; received: ", sizes.dim(0), " and ",
                             ctx.input_shape(3).rank());
    }
    return std::make_unique<SparseDenseAdd>(ctx.input_shape(3));
  }
  explicit SparseDenseAdd(const Shape& dense) : size_(dense.num_elements()) {
    AddOutput(DataTypeOf<T>::value, dense);
    MayForward(3, 0);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const Shape& shape = out[0].shape();
    const int64_t rank = shape.rank();
    for (int64_t i = 0; i < rank; ++i) {
      if (IndexAt(in[2], i) == shape.dim(static_cast<int>(i))) continue;
      return InvalidArgument("Dimension ", i,
                             " does not equal (no broadcasting is supported): sparse side ",
                             IndexAt(in[2], i), " vs dense side ", shape.dim(static_cast<int>(i)));
    }
    T* const sums = out[0].data<T>();
    if (sums != in[3].data<T>()) std::copy_n(in[3].data<T>(), size_, sums);
    for (int64_t n = 0; n < in[1].num_elements(); ++n) {
      int64_t at = 0;
      for (int64_t i = 0; i < rank; ++i) {
        const int64_t index = IndexAt(in[0], n * rank + i);
        const int64_t size = shape.dim(static_cast<int>(i));
        if (index < 0 || index >= size) {
          return InvalidArgument("Sparse tensor has an invalid index: a_indices[", n, ",", i,
                                 "] = ", index, " is not in [0, ", size, ")");
        }
        at = at * size + index;
      }
      sums[at] = Narrow<T>(WrapAdd(Widen(sums[at]), Widen(in[1].data<T>()[n])));
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
};

}  // namespace

void RegisterSparse(KernelRegistry& kernels) {
  kernels.Add<SparseDenseAdd>("SparseTensorDenseAdd").For<AllNumberTypes>("T");
  kernels.Lacks("SparseTensorDenseAdd", "T", ComplexTypes(), kNoComplexKernels);
  kernels.Lacks("SparseTensorDenseAdd", "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace sessile
