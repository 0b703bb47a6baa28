// Relu and ReluGrad.
//
//   activation = features < 0 ? 0 : features              NaN and -0 stay what they are
//   backprop = gradient * (features > 0 ? 1 : 0)          no gradient at 0; a product, so that an
//                                                         infinite gradient of a dead unit is NaN

#include <type_traits>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/elementwise.h"
#include "sessile/kernels/half_as_float.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
class Relu final : public Prepared, public Tiled<Relu<T>, T> {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    return std::make_unique<Relu>(ctx.input_shape(0));
  }

  explicit Relu(const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(DataTypeOf<T>::value, shape);
    MayForward(0, 0);
    AddPhase(BlocksOf(size_, sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int /*phase*/,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const T* const features = in[0].data<T>() + range.first();
    Tile(&features, out[0].data<T>() + range.first(), range.size());
    return absl::OkStatus();
  }

  int num_operands() const { return 1; }
  void Tile(const T* const* in, T* activations, int64_t n) const {
    const T* const features = in[0];
    VectorizedFor<T>([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) activations[i] = features[i] < T{0} ? T{0} : features[i];
    });
  }

 private:
  const int64_t size_;
};

template <typename T>
class ReluGrad final : public Prepared, public Tiled<ReluGrad<T>, T> {
 public:
  static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
    const Shape& gradients = ctx.input_shape(0);
    const Shape& features = ctx.input_shape(1);
    if (gradients != features) {
      return InvalidArgument(
          "Inputs to operation ReluGrad of type ReluGrad must have the same size and shape.  "
          "Input 0: ",
          gradients.ToString(), " != input 1: ", features.ToString());
    }
    return std::make_unique<ReluGrad>(gradients);
  }

  explicit ReluGrad(const Shape& shape) : size_(shape.num_elements()) {
    AddOutput(DataTypeOf<T>::value, shape);
    MayForward(0, 0);
    AddPhase(BlocksOf(size_, 2 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int /*phase*/,
                   int64_t block) const override {
    const IndexRange range = BlockRange(size_, block, num_blocks(0));
    const T* const operands[] = {in[0].data<T>() + range.first(), in[1].data<T>() + range.first()};
    Tile(operands, out[0].data<T>() + range.first(), range.size());
    return absl::OkStatus();
  }

  int num_operands() const { return 2; }
  void Tile(const T* const* in, T* backprops, int64_t n) const {
    const T* const gradients = in[0];
    const T* const features = in[1];
    VectorizedFor<T>([=] {
      SESSILE_NO_CARRIED_DEPENDENCE
      for (int64_t i = 0; i < n; ++i) {
        backprops[i] = static_cast<T>(gradients[i] * OneIfPositive(features[i]));
      }
    });
  }

 private:
  const int64_t size_;
};

}  // namespace

void RegisterRelu(KernelRegistry& kernels) {
  kernels.Add<HalfAsFloat<Relu>::Kernel>("Relu").For<AllNumberTypes>("T");
  kernels.Add<HalfAsFloat<ReluGrad>::Kernel>("ReluGrad").For<AllNumberTypes>("T");
  kernels.Lacks("Relu", "T", {qint8}, kNoQuantizedKernels);
}

}  // namespace sessile
