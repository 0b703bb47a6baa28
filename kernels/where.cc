// Where: the places of the elements that are not zero, a row each, in row-major order.

#include <complex>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class Where final : public Prepared {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    return std::make_unique<Where>(ctx.input_shape(0));
  }
  explicit Where(const Shape& shape) : shape_(shape) {
    AddOutput(int64, Shape({None, shape.rank()}));
    AddPhase(1);
  }
  SESSILE_OPTIMIZE_SPEED absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int,
                                          int64_t) const override {
    const T* x = in[0].data<T>();
    const int64_t size = shape_.num_elements();
    int64_t count = 0;
    for (int64_t i = 0; i < size; ++i) count += Holds(x[i]) ? 1 : 0;
    SESSILE_ASSIGN_OR_RETURN(const TensorView out,
                             ctx.AllocateOutput(0, Shape({count, shape_.rank()})));
    int64_t* row = out.data<int64_t>();
    for (int64_t i = 0; i < size; ++i) {
      if (!Holds(x[i])) continue;
      int64_t rest = i;
      for (int dim = shape_.rank() - 1; dim >= 0; --dim) {
        row[dim] = rest % shape_.dim(dim);
        rest /= shape_.dim(dim);
      }
      row += shape_.rank();
    }
    return absl::OkStatus();
  }

 private:
  static bool Holds(T x) { return Widen(x) != Wide<T>{}; }

  const Shape shape_;
};

}  // namespace

void RegisterWhere(KernelRegistry& kernels) {
  kernels.Add<Where>("Where").For<AllNumberTypes>("T");
  kernels.Add<Where>("Where").For<TypeList<bool, std::complex<float>, std::complex<double>>>("T");
  kernels.Lacks("Where", "T", QuantizedTypes(), kNoQuantizedKernels);
}

}  // namespace sessile
