// The kernel of operations on one element whose result has a type of its own. A row is a type with
//
//   struct IsNan {
//     template <typename T>
//     static bool Apply(T x) { return std::isnan(x); }
//   };
//   kernels.Add<Statement<IsNan>::Kernel>("IsNan").For<AllFloatTypes>("T");
#pragma once

#include <cstdint>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"

namespace sessile {

template <typename Op>
struct Statement {
  template <typename T>
  class Kernel final : public Prepared {
   public:
    using Out = decltype(Op::Apply(Wide<T>()));

    static absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const PrepareContext& ctx) {
      return std::make_unique<Kernel>(ctx.input_shape(0));
    }
    explicit Kernel(const Shape& shape) : size_(shape.num_elements()) {
      AddOutput(DataTypeOf<Out>::value, shape);
      AddPhase(BlocksOf(size_, sizeof(T) + sizeof(Out)));
    }
    absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                     int64_t block) const override {
      const T* const x = in[0].data<T>();
      Out* const y = out[0].data<Out>();
      for (const int64_t i : BlockRange(size_, block, num_blocks(0))) y[i] = Op::Apply(Widen(x[i]));
      return absl::OkStatus();
    }

   private:
    const int64_t size_;
  };
};

}  // namespace sessile
