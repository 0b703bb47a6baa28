// ScatterUpdate, ScatterAdd and their kin: rows of a variable, changed in the order of the indices.
// Blocks share out the columns, so that rows that occur several times need no locks.

#include <algorithm>
#include <string>
#include <type_traits>

#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/row_indices.h"
#include "sessile/kernels/row_updates.h"
#include "sessile/kernels/rows.h"
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

template <typename F, typename T>
class ScatterRows final : public Prepared {
 public:
  ScatterRows(const PrepareContext& ctx, const ScatterSizes& sizes) : s_(sizes) {
    Updates(ctx, 0);
    // All indices are looked at before anything is written.
    AddPhase(1);
    AddPhase(BlocksOfColumns(s_.columns, s_.indices, 3 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) return CheckRowIndices(in[1], s_.rows);
    T* const variable = Elements<T>(in[0]);
    const T* const updates = Elements<T>(in[2]);
    const IndexRange columns = BlockRange(s_.columns, block, num_blocks(1));
    for (int64_t i = 0; i < s_.indices; ++i) {
      T* const row = variable + IndexAt(in[1], i) * s_.columns + columns.first();
      if (s_.one_update) {
        for (int64_t c = 0; c < columns.size(); ++c) row[c] = F::Of(row[c], updates[0]);
      } else if constexpr (std::is_same_v<F, SetElement>) {
        std::copy_n(updates + i * s_.columns + columns.first(), columns.size(), row);
      } else {
        JoinRow<F>(row, updates + i * s_.columns + columns.first(), columns.size());
      }
    }
    return absl::OkStatus();
  }

 private:
  const ScatterSizes s_;
};

template <typename F>
struct ScatterOf {
  template <typename T>
  class Kernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(const ScatterSizes sizes, ScatterSizesOf(ctx));
      return std::make_unique<ScatterRows<F, T>>(ctx, sizes);
    }
  };
};

// Of integers: by zero is an error, which is found before anything is written.
template <typename T>
class ScatterDiv final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const ScatterSizes sizes, ScatterSizesOf(ctx));
    return std::make_unique<ScatterDiv>(ctx, sizes);
  }
  ScatterDiv(const PrepareContext& ctx, const ScatterSizes& sizes)
      : rows_(std::make_unique<ScatterRows<Quotient, T>>(ctx, sizes)) {
    Updates(ctx, 0);
    for (int phase = 0; phase < 2; ++phase) AddPhase(rows_->num_blocks(phase));
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    if constexpr (std::is_integral_v<T>) {
      const T* const updates = in[2].template data<T>();
      if (phase == 0 && std::find(updates, updates + in[2].num_elements(), T{0}) !=
                            updates + in[2].num_elements()) {
        return InvalidArgument("Integer division by zero");
      }
    }
    return rows_->Run(ctx, in, out, scratch, phase, block);
  }

 private:
  struct Quotient {
    static T Of(T old, T update) {
      if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
        // The most negative number divided by -1 has no quotient of its type.
        if (update == T{-1}) return static_cast<T>(WrapSub(T{0}, old));
      }
      return Narrow<T>(static_cast<Wide<T>>(Widen(old) / Widen(update)));
    }
  };
  const std::unique_ptr<ScatterRows<Quotient, T>> rows_;
};

PreparedOr PrepareScatterUpdate(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const ScatterSizes sizes, ScatterSizesOf(ctx));
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<ScatterRows<SetElement, T>>(ctx, sizes);
  });
}

template <template <typename> class K, typename Types>
void AddOnHandles(KernelRegistry& kernels, const char* op) {
  kernels.Add<OnHandles<K>::template Kernel>(op).template For<Types>("dtype").UpdatesHandles();
  kernels.Lacks(op, "dtype", QuantizedTypes(), kNoQuantizedKernels);
}

void RegisterOnHandles(KernelRegistry& kernels) {
  kernels.Add("ResourceScatterUpdate", OnHandlesOf<PrepareScatterUpdate>).UpdatesHandles();
  using Numbers = WithComplex<AllNumberTypes>;
  AddOnHandles<ScatterOf<AddElement>::Kernel, Numbers>(kernels, "ResourceScatterAdd");
  AddOnHandles<ScatterOf<SubElement>::Kernel, Numbers>(kernels, "ResourceScatterSub");
  AddOnHandles<ScatterOf<MulElement>::Kernel, Numbers>(kernels, "ResourceScatterMul");
  AddOnHandles<ScatterDiv, Numbers>(kernels, "ResourceScatterDiv");
  AddOnHandles<ScatterOf<MinElement>::Kernel, AllNumberTypes>(kernels, "ResourceScatterMin");
  AddOnHandles<ScatterOf<MaxElement>::Kernel, AllNumberTypes>(kernels, "ResourceScatterMax");
  for (const char* op : {"ResourceScatterMin", "ResourceScatterMax"}) {
    kernels.Lacks(op, "dtype", ComplexTypes(), "complex numbers have no order");
  }
}

}  // namespace

void RegisterScatter(KernelRegistry& kernels) {
  using Numbers = WithComplex<AllNumberTypes>;
  kernels.Add("ScatterUpdate", PrepareScatterUpdate);
  kernels.Add<ScatterOf<AddElement>::Kernel>("ScatterAdd").For<Numbers>("T");
  kernels.Add<ScatterOf<SubElement>::Kernel>("ScatterSub").For<Numbers>("T");
  kernels.Add<ScatterOf<MulElement>::Kernel>("ScatterMul").For<Numbers>("T");
  kernels.Add<ScatterDiv>("ScatterDiv").For<Numbers>("T");
  kernels.Add<ScatterOf<MinElement>::Kernel>("ScatterMin").For<AllNumberTypes>("T");
  kernels.Add<ScatterOf<MaxElement>::Kernel>("ScatterMax").For<AllNumberTypes>("T");
  for (const char* op : {"ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv"}) {
    kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
  }
  RegisterOnHandles(kernels);
}

}  // namespace sessile
