// GatherNd: the slices of a tensor at places given by the last dimension of `indices`. ScatterNd:
// slices added up at such places. TensorScatterAdd and its kin: a tensor with such slices changed;
// ScatterNdAdd and its kin: the same of a variable.
//
//   params [dims[0], ..., dims[K-1], inner...]     indices [picks..., K]     slices [picks...,
//   inner...]

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/row_updates.h"
#include "sessile/kernels/rows.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct NdPlaces {
  std::vector<int64_t> dims;  // that the indices choose from: K of them
  int64_t picks = 1;
  int64_t inner = 1;
  Shape pick_shape;

  // The number of the slice that pick `i` names, or -1 if it is none.
  int64_t Slice(const TensorView& indices, int64_t i) const {
    return ElementNamed(indices, i, dims);
  }

  // "indices[1] = [5, 0] does not index into param shape [2,2]"
  absl::Status NoSlice(const TensorView& indices, int64_t i, const char* what,
                       const Shape& params) const {
    const auto count = static_cast<int64_t>(dims.size());
    std::vector<int64_t> index;
    for (int64_t k = 0; k < count; ++k) index.push_back(IndexAt(indices, i * count + k));
    return InvalidArgument("indices", PlaceText(pick_shape, i), " = [", absl::StrJoin(index, ", "),
                           "] does not index into ", what, " ", params.ToString());
  }
};

absl::StatusOr<NdPlaces> PlacesOf(const Shape& params, const Shape& indices) {
  if (indices.rank() < 1) return InvalidArgument("indices must be at least a vector");
  const int64_t depth = indices.dim(indices.rank() - 1);
  if (depth > params.rank()) {
    return InvalidArgument("index innermost dimension length must be <= params rank; saw: ", depth,
                           " vs. ", params.rank());
  }
  NdPlaces places;
  const auto count = static_cast<int>(depth);
  places.dims.assign(params.dims().begin(), params.dims().begin() + count);
  places.pick_shape = indices.Slice(0, -1);
  places.picks = places.pick_shape.num_elements();
  places.inner = params.Slice(count).num_elements();
  return places;
}

template <typename T>
class GatherNd final : public Prepared {
 public:
  GatherNd(DataType dtype, const Shape& output, NdPlaces places) : places_(std::move(places)) {
    AddOutput(dtype, output);
    AddPhase(BlocksOf(places_.picks,
                      std::max<int64_t>(places_.inner, 1) * 2 * static_cast<int64_t>(sizeof(T))));
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    for (const int64_t i : BlockRange(places_.picks, block, num_blocks(0))) {
      const int64_t slice = places_.Slice(in[1], i);
      if (slice < 0) return places_.NoSlice(in[1], i, "param shape", in[0].shape());
      std::copy_n(Elements<T>(in[0]) + slice * places_.inner, places_.inner,
                  Elements<T>(out[0]) + i * places_.inner);
    }
    return absl::OkStatus();
  }

 private:
  const NdPlaces places_;
};

PreparedOr PrepareGatherNd(const PrepareContext& ctx) {
  const Shape& params = ctx.input_shape(0);
  if (params.rank() < 1) return InvalidArgument("params must be at least a vector");
  SESSILE_ASSIGN_OR_RETURN(NdPlaces places, PlacesOf(params, ctx.input_shape(1)));
  const Shape rest = params.Slice(static_cast<int>(places.dims.size()));
  if (places.pick_shape.rank() + rest.rank() > Shape::kMaxRank) {
    return InvalidArgument("The result has more than ", Shape::kMaxRank, " dimensions");
  }
  SESSILE_ASSIGN_OR_RETURN(const Shape output,
                           Shape::FromDims(Shape::Concat(places.pick_shape, rest).dims()));
  return WithStorage(ctx.output_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<GatherNd<T>>(ctx.output_dtype(0), output, std::move(places));
  });
}

// Blocks are ranges of the elements of a slice, so that places that occur twice are added up in the
// order of the picks.
template <typename T>
class ScatterNd final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Shape output, ShapeOfSizes(*ctx.input_value(2)));
    const Shape& indices = ctx.input_shape(0);
    const Shape& updates = ctx.input_shape(1);
    if (ctx.input_shape(2).rank() != 1) {
      return InvalidArgument("Shape must be a vector, got ", ctx.input_shape(2).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(NdPlaces places, PlacesOf(output, indices));
    const Shape expected =
        Shape::Concat(places.pick_shape, output.Slice(static_cast<int>(places.dims.size())));
    if (updates != expected) {
      return InvalidArgument("Updates must have shape ", expected.ToString(),
                             " for indices of shape ", indices.ToString(), " and shape ",
                             output.ToString(), ", got ", updates.ToString());
    }
    return std::make_unique<ScatterNd>(output, std::move(places));
  }

  ScatterNd(const Shape& output, NdPlaces places)
      : places_(std::move(places)), size_(output.num_elements()) {
    AddOutput(DataTypeOf<T>::value, output);
    AddPhase(BlocksOf(size_, sizeof(T)));
    AddPhase(BlocksOfColumns(places_.inner, places_.picks, 3 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int phase,
                   int64_t block) const override {
    T* sums = out[0].data<T>();
    if (phase == 0) {
      const IndexRange range = BlockRange(size_, block, num_blocks(0));
      FillRow(sums + range.first(), range.size(), T{});
      return absl::OkStatus();
    }
    const IndexRange range = BlockRange(places_.inner, block, num_blocks(1));
    for (int64_t i = 0; i < places_.picks; ++i) {
      const int64_t slice = places_.Slice(in[0], i);
      if (slice < 0) return places_.NoSlice(in[0], i, "shape", out[0].shape());
      const T* update = in[1].data<T>() + i * places_.inner;
      T* sum = sums + slice * places_.inner;
      JoinRow<Sum>(sum + range.first(), update + range.first(), range.size());
    }
    return absl::OkStatus();
  }

 private:
  struct AnyElement {
    static T Of(T old, T x) { return old || x; }
  };
  using Sum = std::conditional_t<std::is_same_v<T, bool>, AnyElement, AddElement>;

  const NdPlaces places_;
  const int64_t size_;
};

// Slices of a tensor, or of a variable in its own memory, changed in the order of the picks. All
// places are looked at before anything is written.
template <typename F, typename T>
class UpdateNd final : public Prepared {
 public:
  UpdateNd(const PrepareContext& ctx, NdPlaces places)
      : places_(std::move(places)),
        size_(ctx.input_shape(0).num_elements()),
        of_variable_(IsRef(ctx.node().input_types()[0])) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    AddPhase(1);
    if (of_variable_) {
      Alias(0, 0);
    } else {
      MayForward(0, 0);
      AddPhase(BlocksOf(size_, 2 * sizeof(T)));
    }
    AddPhase(BlocksOfColumns(places_.inner, places_.picks, 3 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) return CheckPlaces(in[1], in[0].shape());
    T* const to = Elements<T>(of_variable_ ? in[0] : out[0]);
    if (!of_variable_ && phase == 1) {
      const IndexRange range = BlockRange(size_, block, num_blocks(1));
      const T* const from = Elements<T>(in[0]);
      if (from != to) std::copy_n(from + range.first(), range.size(), to + range.first());
      return absl::OkStatus();
    }
    Update(in[1], Elements<T>(in[2]), BlockRange(places_.inner, block, num_blocks(phase)), to);
    return absl::OkStatus();
  }

 private:
  absl::Status CheckPlaces(const TensorView& indices, const Shape& params) const {
    if (places_.dims.empty()) return absl::OkStatus();  // every pick is the whole tensor
    for (int64_t i = 0; i < places_.picks; ++i) {
      if (places_.Slice(indices, i) < 0) return places_.NoSlice(indices, i, "shape", params);
    }
    return absl::OkStatus();
  }

  void Update(const TensorView& indices, const T* updates, IndexRange range, T* to) const {
    if (range.size() == 0) return;
    for (int64_t i = 0; i < places_.picks; ++i) {
      T* const slice = to + places_.Slice(indices, i) * places_.inner + range.first();
      const T* const update = updates + i * places_.inner + range.first();
      if constexpr (std::is_same_v<F, SetElement>) {
        std::copy_n(update, range.size(), slice);
      } else {
        JoinRow<F>(slice, update, range.size());
      }
    }
  }

  const NdPlaces places_;
  const int64_t size_;
  const bool of_variable_;
};

absl::StatusOr<NdPlaces> UpdatePlaces(const PrepareContext& ctx) {
  const Shape& params = ctx.input_shape(0);
  const Shape& indices = ctx.input_shape(1);
  const Shape& updates = ctx.input_shape(2);
  if (indices.rank() < 1) {
    return InvalidArgument("Indices shape must have rank at least one. Found:", indices.ToString());
  }
  SESSILE_ASSIGN_OR_RETURN(NdPlaces places, PlacesOf(params, indices));
  const int picked = places.pick_shape.rank();
  if (updates.rank() < picked || updates.Slice(0, picked) != places.pick_shape) {
    return InvalidArgument("Outer dimensions of indices and update must match. Indices shape: ",
                           indices.ToString(), ", updates shape:", updates.ToString());
  }
  if (updates.Slice(picked) != params.Slice(static_cast<int>(places.dims.size()))) {
    return InvalidArgument(
        "Inner dimensions of output shape must match inner dimensions of updates shape. Output: ",
        params.ToString(), " updates: ", updates.ToString());
  }
  return places;
}

template <typename F>
struct UpdateNdOf {
  template <typename T>
  class Kernel {
   public:
    static PreparedOr Prepare(const PrepareContext& ctx) {
      SESSILE_ASSIGN_OR_RETURN(NdPlaces places, UpdatePlaces(ctx));
      return std::make_unique<UpdateNd<F, T>>(ctx, std::move(places));
    }
  };
};

PreparedOr PrepareSetNd(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(NdPlaces places, UpdatePlaces(ctx));
  return WithStorage(ctx.input_dtype(0), [&]<typename T>(Stored<T>) -> PreparedOr {
    return std::make_unique<UpdateNd<SetElement, T>>(ctx, std::move(places));
  });
}

template <typename F, typename Types>
void AddUpdateNd(KernelRegistry& kernels, const char* op) {
  kernels.Add<UpdateNdOf<F>::template Kernel>(op).template For<Types>("T");
  kernels.Lacks(op, "T", QuantizedTypes(), kNoQuantizedKernels);
}

void RegisterUpdatesNd(KernelRegistry& kernels) {
  AddUpdateNd<AddElement, WithComplex<AllNumberTypes>>(kernels, "TensorScatterAdd");
  AddUpdateNd<SubElement, WithComplex<AllNumberTypes>>(kernels, "TensorScatterSub");
  AddUpdateNd<MinElement, AllNumberTypes>(kernels, "TensorScatterMin");
  AddUpdateNd<MaxElement, AllNumberTypes>(kernels, "TensorScatterMax");
  AddUpdateNd<AddElement, WithComplex<AllNumberTypes>>(kernels, "ScatterNdAdd");
  AddUpdateNd<SubElement, WithComplex<AllNumberTypes>>(kernels, "ScatterNdSub");
  AddUpdateNd<MinElement, AllNumberTypes>(kernels, "ScatterNdMin");
  AddUpdateNd<MaxElement, AllNumberTypes>(kernels, "ScatterNdMax");
  AddUpdateNd<AddElement, WithComplex<AllNumberTypes>>(kernels, "ScatterNdNonAliasingAdd");
  for (const char* op : {"TensorScatterMin", "TensorScatterMax", "ScatterNdMin", "ScatterNdMax"}) {
    kernels.Lacks(op, "T", ComplexTypes(), "complex numbers have no order");
  }
  kernels.Lacks("ScatterNdNonAliasingAdd", "T", {bool_}, "there is nothing to add up");
  for (const char* op :
       {"TensorScatterAdd", "TensorScatterSub", "TensorScatterMin", "TensorScatterMax"}) {
    kernels.Lacks(op, "T", {bool_, string}, kNoKernelInTensorFlow);
    kernels.Lacks(op, "T", ObjectTypes(), kNoObjectKernels);
  }
  kernels.Add("TensorScatterUpdate", PrepareSetNd).Types("Tindices", {int32, int64});
  kernels.Lacks("TensorScatterUpdate", "Tindices", {int16, uint16}, kNoKernelInTensorFlow);
  kernels.Add("ScatterNdUpdate", PrepareSetNd);
}

}  // namespace

void RegisterGatherNd(KernelRegistry& kernels) {
  kernels.Add("GatherNd", PrepareGatherNd);
  RegisterUpdatesNd(kernels);
  kernels.Add("ResourceGatherNd", OnHandlesOf<PrepareGatherNd>).ReadsHandles();
  kernels.Add<ScatterNd>("ScatterNd").For<WithComplex<AllNumberTypes>>("T").ValueInput(2);
  kernels.Add<ScatterNd>("ScatterNd").For<TypeList<bool>>("T").ValueInput(2);
  kernels.Lacks("ScatterNd", "T", {string}, "there is nothing to add up");
  kernels.Lacks("ScatterNd", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("ScatterNd", "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace sessile
