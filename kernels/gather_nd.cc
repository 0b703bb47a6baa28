// GatherNd: the slices of a tensor at places given by the last dimension of `indices`. ScatterNd:
// slices added up at such places. TensorScatterAdd and its kin: a tensor with such slices changed;
// ScatterNdAdd and its kin: the same of a variable.
//
//   params [dims[0], ..., dims[K-1], inner...]     indices [picks..., K]     slices [picks...,
//   inner...]

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/handles.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/indices.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/row_updates.h"
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

  absl::Status Check(const TensorView& indices, const Shape& params) const {
    if (dims.empty()) return absl::OkStatus();  // every pick is the whole tensor
    for (int64_t i = 0; i < picks; ++i) {
      if (Slice(indices, i) < 0) return NoSlice(indices, i, "shape", params);
    }
    return absl::OkStatus();
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
SliceUpdates UpdatesOf(const NdPlaces& places, const TensorView& indices, const TensorView& updates,
                       IndexRange range, const TensorView& to) {
  return {.indices = indices,
          .dims = places.dims,
          .count = places.picks,
          .inner = places.inner,
          .range = range,
          .updates = updates.raw(),
          .to = to.raw()};
}

class ScatterNd final : public Prepared {
 public:
  ScatterNd(DataType type, const Shape& output, NdPlaces places, SliceLoop add)
      : places_(std::move(places)), bytes_(output.num_elements() * StoredSize(type)), add_(add) {
    AddOutput(type, output);
    AddPhase(BlocksOf(bytes_, 1));
    AddPhase(1);
    AddPhase(BlocksOfColumns(places_.inner, places_.picks, 3 * StoredSize(type)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) {
      const IndexRange range = BlockRange(bytes_, block, num_blocks(0));
      std::fill_n(static_cast<char*>(out[0].raw()) + range.first(), range.size(), '\0');
      return absl::OkStatus();
    }
    if (phase == 1) return places_.Check(in[0], out[0].shape());
    add_(UpdatesOf(places_, in[0], in[1], BlockRange(places_.inner, block, num_blocks(2)), out[0]));
    return absl::OkStatus();
  }

 private:
  const NdPlaces places_;
  const int64_t bytes_;
  const SliceLoop add_;
};

PreparedOr PrepareScatterNd(const PrepareContext& ctx) {
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
  const DataType type = ctx.output_dtype(0);
  SESSILE_ASSIGN_OR_RETURN(const SliceLoop add, FindSliceLoop(SliceOp::kAdd, type));
  return std::make_unique<ScatterNd>(type, output, std::move(places), add);
}

// Slices of a tensor, or of a variable in its own memory, changed in the order of the picks. All
// places are looked at before anything is written.
class UpdateNd final : public Prepared {
 public:
  UpdateNd(const PrepareContext& ctx, NdPlaces places, SliceLoop update)
      : places_(std::move(places)),
        type_(BaseType(ctx.input_dtype(0))),
        size_(ctx.input_shape(0).num_elements()),
        update_(update),
        of_variable_(IsRef(ctx.node().input_types()[0])) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    AddPhase(1);
    if (of_variable_) {
      Alias(0, 0);
    } else {
      MayForward(0, 0);
      AddPhase(BlocksOf(size_, 2 * StoredSize(type_)));
    }
    AddPhase(BlocksOfColumns(places_.inner, places_.picks, 3 * StoredSize(type_)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int phase,
                   int64_t block) const override {
    if (phase == 0) return places_.Check(in[1], in[0].shape());
    const TensorView& to = of_variable_ ? in[0] : out[0];
    if (!of_variable_ && phase == 1) {
      Copy(in[0], BlockRange(size_, block, num_blocks(1)), to);
    } else {
      const IndexRange range = BlockRange(places_.inner, block, num_blocks(phase));
      update_(UpdatesOf(places_, in[1], in[2], range, to));
    }
    return absl::OkStatus();
  }

 private:
  void Copy(const TensorView& from, IndexRange range, const TensorView& to) const {
    if (from.raw() == to.raw()) return;
    if (type_ == DataType::kString) {
      std::copy_n(Elements<std::string>(from) + range.first(), range.size(),
                  Elements<std::string>(to) + range.first());
      return;
    }
    const int64_t size = StoredSize(type_);
    std::copy_n(static_cast<const char*>(from.raw()) + range.first() * size, range.size() * size,
                static_cast<char*>(to.raw()) + range.first() * size);
  }

  const NdPlaces places_;
  const DataType type_;
  const int64_t size_;
  const SliceLoop update_;
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

PreparedOr PrepareUpdateNd(const PrepareContext& ctx, SliceOp op) {
  SESSILE_ASSIGN_OR_RETURN(NdPlaces places, UpdatePlaces(ctx));
  SESSILE_ASSIGN_OR_RETURN(const SliceLoop update, FindSliceLoop(op, ctx.input_dtype(0)));
  return std::make_unique<UpdateNd>(ctx, std::move(places), update);
}

template <SliceOp op>
struct UpdateNdOf {
  template <typename T>
  struct Kernel {
    static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareUpdateNd(ctx, op); }
  };
};

PreparedOr PrepareSetNd(const PrepareContext& ctx) { return PrepareUpdateNd(ctx, SliceOp::kSet); }

template <typename T>
struct ScatterNdOf {
  static PreparedOr Prepare(const PrepareContext& ctx) { return PrepareScatterNd(ctx); }
};

template <SliceOp op, typename Types>
void AddUpdateNd(KernelRegistry& kernels, const char* name) {
  kernels.Add<UpdateNdOf<op>::template Kernel>(name).template For<Types>("T");
  kernels.Lacks(name, "T", QuantizedTypes(), kNoQuantizedKernels);
}

void RegisterUpdatesNd(KernelRegistry& kernels) {
  AddUpdateNd<SliceOp::kAdd, WithComplex<AllNumberTypes>>(kernels, "TensorScatterAdd");
  AddUpdateNd<SliceOp::kSub, WithComplex<AllNumberTypes>>(kernels, "TensorScatterSub");
  AddUpdateNd<SliceOp::kMin, AllNumberTypes>(kernels, "TensorScatterMin");
  AddUpdateNd<SliceOp::kMax, AllNumberTypes>(kernels, "TensorScatterMax");
  AddUpdateNd<SliceOp::kAdd, WithComplex<AllNumberTypes>>(kernels, "ScatterNdAdd");
  AddUpdateNd<SliceOp::kSub, WithComplex<AllNumberTypes>>(kernels, "ScatterNdSub");
  AddUpdateNd<SliceOp::kMin, AllNumberTypes>(kernels, "ScatterNdMin");
  AddUpdateNd<SliceOp::kMax, AllNumberTypes>(kernels, "ScatterNdMax");
  AddUpdateNd<SliceOp::kAdd, WithComplex<AllNumberTypes>>(kernels, "ScatterNdNonAliasingAdd");
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
  kernels.Add<ScatterNdOf>("ScatterNd").For<WithComplex<AllNumberTypes>>("T").ValueInput(2);
  kernels.Add<ScatterNdOf>("ScatterNd").For<TypeList<bool>>("T").ValueInput(2);
  kernels.Lacks("ScatterNd", "T", {string}, "there is nothing to add up");
  kernels.Lacks("ScatterNd", "T", QuantizedTypes(), kNoQuantizedKernels);
  kernels.Lacks("ScatterNd", "T", ObjectTypes(), kNoObjectKernels);
}

}  // namespace sessile
