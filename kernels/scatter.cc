// ScatterUpdate, ScatterAdd and their kin: rows of a variable, changed in the order of the indices.
// Blocks share out the columns, so that rows that occur several times need no locks.

#include <algorithm>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/row_indices.h"
#include "sessile/kernels/row_updates.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct ScatterSizes {
  int64_t rows = 0;     // of the variable
  int64_t columns = 0;  // elements of a row
  int64_t indices = 0;
  bool one_update = false;  // a scalar
};

absl::StatusOr<ScatterSizes> ScatterSizesOf(const PrepareContext& ctx) {
  const Shape& variable = ctx.input_shape(0);
  const Shape& indices = ctx.input_shape(1);
  const Shape& updates = ctx.input_shape(2);
  if (!variable.has_rank() || variable.rank() < 1) {
    return InvalidArgument("params must be at least 1-D, got shape ", variable.ToString());
  }
  const Shape wanted = Shape::Concat(indices, variable.Slice(1));
  if (updates.rank() != 0 && updates != wanted) {
    return InvalidArgument(
        "Must have updates.shape = indices.shape + params.shape[1:] or "
        "updates.shape = [], got updates.shape ",
        updates.ToString(), ", indices.shape ", indices.ToString(), ", params.shape ",
        variable.ToString());
  }
  return ScatterSizes{variable.dim(0), variable.Slice(1).num_elements(), indices.num_elements(),
                      updates.rank() == 0 && wanted.rank() != 0};
}

// True if any element is zero, that is, if all of its bytes are.
bool HasZero(const TensorView& integers) {
  const auto size = static_cast<size_t>(StoredSize(integers.dtype()));
  const char* element = static_cast<const char*>(integers.raw());
  for (int64_t i = 0; i < integers.num_elements(); ++i, element += size) {
    if (std::all_of(element, element + size, [](char byte) { return byte == 0; })) return true;
  }
  return false;
}

class ScatterRows final : public Prepared {
 public:
  ScatterRows(const PrepareContext& ctx, const ScatterSizes& sizes, DataType type, SliceLoop loop,
              bool divides)
      : s_(sizes), loop_(loop), divides_integers_(divides && IsInteger(type)) {
    Updates(ctx, 0);
    // All indices are looked at before anything is written.
    AddPhase(1);
    AddPhase(BlocksOfColumns(s_.columns, s_.indices, 3 * StoredSize(type)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      if (divides_integers_ && HasZero(in[2])) return InvalidArgument("Integer division by zero");
      return CheckRowIndices(in[1], s_.rows);
    }
    loop_({.indices = in[1],
           .dims = {&s_.rows, 1},
           .count = s_.indices,
           .inner = s_.columns,
           .range = BlockRange(s_.columns, block, num_blocks(1)),
           .updates = in[2].raw(),
           .to = in[0].raw(),
           .one_update = s_.one_update});
    return absl::OkStatus();
  }

 private:
  const ScatterSizes s_;
  const SliceLoop loop_;
  const bool divides_integers_;
};

PreparedOr PrepareScatter(const PrepareContext& ctx, SliceOp op, DataType type) {
  SESSILE_ASSIGN_OR_RETURN(const ScatterSizes sizes, ScatterSizesOf(ctx));
  SESSILE_ASSIGN_OR_RETURN(const SliceLoop loop, FindSliceLoop(op, type));
  return std::make_unique<ScatterRows>(ctx, sizes, type, loop, op == SliceOp::kDiv);
}

template <SliceOp op>
struct ScatterOf {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) {
      return PrepareScatter(ctx, op, DataTypeOf<T>::value);
    }
  };
};

PreparedOr PrepareScatterUpdate(const PrepareContext& ctx) {
  return PrepareScatter(ctx, SliceOp::kSet, BaseType(ctx.input_dtype(0)));
}

template <template <typename> class K, typename Types>
void AddOnHandles(KernelRegistry& kernels, const char* op) {
  kernels.Add<OnHandles<K>::template Kernel>(op).template For<Types>("dtype").UpdatesHandles();
  kernels.Lacks(op, "dtype", QuantizedTypes(), kNoQuantizedKernels);
}

void RegisterOnHandles(KernelRegistry& kernels) {
  kernels.Add("ResourceScatterUpdate", OnHandlesOf<PrepareScatterUpdate>).UpdatesHandles();
  using Numbers = WithComplex<AllNumberTypes>;
  AddOnHandles<ScatterOf<SliceOp::kAdd>::Kernel, Numbers>(kernels, "ResourceScatterAdd");
  AddOnHandles<ScatterOf<SliceOp::kSub>::Kernel, Numbers>(kernels, "ResourceScatterSub");
  AddOnHandles<ScatterOf<SliceOp::kMul>::Kernel, Numbers>(kernels, "ResourceScatterMul");
  AddOnHandles<ScatterOf<SliceOp::kDiv>::Kernel, Numbers>(kernels, "ResourceScatterDiv");
  AddOnHandles<ScatterOf<SliceOp::kMin>::Kernel, AllNumberTypes>(kernels, "ResourceScatterMin");
  AddOnHandles<ScatterOf<SliceOp::kMax>::Kernel, AllNumberTypes>(kernels, "ResourceScatterMax");
  for (const char* op : {"ResourceScatterMin", "ResourceScatterMax"}) {
    kernels.Lacks(op, "dtype", ComplexTypes(), "complex numbers have no order");
  }
}

}  // namespace

void RegisterScatter(KernelRegistry& kernels) {
  using Numbers = WithComplex<AllNumberTypes>;
  kernels.Add("ScatterUpdate", PrepareScatterUpdate);
  kernels.Add<ScatterOf<SliceOp::kAdd>::Kernel>("ScatterAdd").For<Numbers>("T");
  kernels.Add<ScatterOf<SliceOp::kSub>::Kernel>("ScatterSub").For<Numbers>("T");
  kernels.Add<ScatterOf<SliceOp::kMul>::Kernel>("ScatterMul").For<Numbers>("T");
  kernels.Add<ScatterOf<SliceOp::kDiv>::Kernel>("ScatterDiv").For<Numbers>("T");
  kernels.Add<ScatterOf<SliceOp::kMin>::Kernel>("ScatterMin").For<AllNumberTypes>("T");
  kernels.Add<ScatterOf<SliceOp::kMax>::Kernel>("ScatterMax").For<AllNumberTypes>("T");
  for (const char* op : {"ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv"}) {
    kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  }
  RegisterOnHandles(kernels);
}

}  // namespace sessile
