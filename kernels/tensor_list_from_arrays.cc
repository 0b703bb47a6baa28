// TensorLists of the rows of a tensor: TensorListFromTensor, TensorListScatter, TensorListSplit;
// and of the elements of two lists.

#include <algorithm>
#include <limits>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/tensor_list.h"

namespace sessile {
namespace {

// What makes a list of the rows of a tensor. The kernels say which row goes where.
class ListOfArray : public Prepared {
 protected:
  ListOfArray() { AddPhase(1); }

  static absl::Status CheckRows(const TensorView& tensor) {
    if (tensor.shape().rank() > 0) return absl::OkStatus();
    return InvalidArgument("Tensor must be at least a vector, but saw shape: ",
                           tensor.shape().ToString());
  }
  static absl::Status CheckElements(const Shape& given, const Shape& row) {
    if (Shape::Compatible(given, row)) return absl::OkStatus();
    return InvalidArgument("Specified a list with shape ", given.ToString(),
                           " from a tensor with shape ", row.ToString());
  }
  // The largest of `indices` and one more; 0 if there are none. Each must be a place in a list.
  static absl::StatusOr<int64_t> SizeFor(const TensorView& indices) {
    int64_t size = 0;
    for (int64_t i = 0; i < indices.num_elements(); ++i) {
      const int32_t index = indices.data<int32_t>()[i];
      if (index < 0) {
        return InvalidArgument("Indices in TensorListScatter must all be non-negative.");
      }
      size = std::max(size, int64_t{index} + 1);
    }
    return size;
  }
  // Row i becomes element indices[i].
  static absl::Status SetRows(const TensorView& tensor, const TensorView& indices,
                              TensorList* list) {
    const Shape row = tensor.shape().Slice(1);
    for (int64_t i = 0; i < indices.num_elements(); ++i) {
      SESSILE_ASSIGN_OR_RETURN(Tensor value, CopyOf(tensor, i * row.num_elements(), row));
      list->Set(indices.data<int32_t>()[i], std::move(value));
    }
    return absl::OkStatus();
  }
};

// TensorListFromTensor(tensor, element_shape) -> list.
class ListFromTensor final : public ListOfArray {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<ListFromTensor>(); }
  ListFromTensor() { AddOutput(DataType::kVariant, Shape()); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_RETURN_IF_ERROR(CheckRows(in[0]));
    SESSILE_ASSIGN_OR_RETURN(const Shape given, ShapeOfView(in[1]));
    const Shape row = in[0].shape().Slice(1);
    SESSILE_RETURN_IF_ERROR(CheckElements(given, row));
    auto list = std::make_shared<TensorList>(in[0].dtype(), given);
    SESSILE_RETURN_IF_ERROR(list->Resize(in[0].shape().dim(0)));
    for (int64_t i = 0; i < list->size(); ++i) {
      SESSILE_ASSIGN_OR_RETURN(Tensor value, CopyOf(in[0], i * row.num_elements(), row));
      list->Set(i, std::move(value));
    }
    *out[0].data<Variant>() = std::move(list);
    return absl::OkStatus();
  }
};

// TensorListScatter(tensor, indices, element_shape) -> list; the second version also takes the
// number of elements, -1 for as many as the indices need.
class ScatterToList final : public ListOfArray {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<ScatterToList>(); }
  ScatterToList() { AddOutput(DataType::kVariant, Shape()); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_RETURN_IF_ERROR(CheckRows(in[0]));
    SESSILE_ASSIGN_OR_RETURN(const Shape given, ShapeOfView(in[2]));
    SESSILE_RETURN_IF_ERROR(CheckElements(given, in[0].shape().Slice(1)));
    if (in[0].shape().dim(0) != in[1].num_elements()) {
      return InvalidArgument("Invalid number of rows in input tensor. Expected: ",
                             in[1].num_elements(), " Actual: ", in[0].shape().dim(0));
    }
    SESSILE_ASSIGN_OR_RETURN(int64_t size, SizeFor(in[1]));
    if (in.size() > 3) {
      SESSILE_ASSIGN_OR_RETURN(size, GivenSize(in[3], size));
    }
    auto list = std::make_shared<TensorList>(in[0].dtype(), given);
    SESSILE_RETURN_IF_ERROR(list->Resize(size));
    SESSILE_RETURN_IF_ERROR(SetRows(in[0], in[1], list.get()));
    *out[0].data<Variant>() = std::move(list);
    return absl::OkStatus();
  }

 private:
  static absl::StatusOr<int64_t> GivenSize(const TensorView& given, int64_t needed) {
    const int64_t size = given.num_elements() == 1 ? *given.data<int32_t>() : -2;
    if (size < -1) {
      return InvalidArgument("TensorListScatter expects num_elements >= -1, found: ", size);
    }
    if (size != -1 && needed > size) {
      return InvalidArgument("TensorListScatter: Trying to scatter at index ", needed - 1,
                             " in list with size ", size);
    }
    return size == -1 ? needed : size;
  }
};

// TensorListScatterIntoExistingList(list, tensor, indices) -> list, which grows where needed.
class ScatterIntoList final : public ListOfArray {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<ScatterIntoList>(); }
  ScatterIntoList() {
    AddOutput(DataType::kVariant, Shape());
    MayForward(0, 0);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(in[1].dtype()));
    SESSILE_RETURN_IF_ERROR(CheckRows(in[1]));
    SESSILE_RETURN_IF_ERROR(CheckElements(list->element_shape(), in[1].shape().Slice(1)));
    if (in[1].shape().dim(0) != in[2].num_elements()) {
      return InvalidArgument("Expected len(indices) == tensor.shape[0], but saw: ",
                             in[2].num_elements(), " vs. ", in[1].shape().dim(0));
    }
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, SizeFor(in[2]));
    SESSILE_ASSIGN_OR_RETURN(TensorList* const changed, ListToChange(in[0], out[0]));
    if (size > changed->size()) SESSILE_RETURN_IF_ERROR(changed->Resize(size));
    return SetRows(in[1], in[2], changed);
  }
};

// TensorListSplit(tensor, element_shape, lengths) -> list.
class SplitToList final : public ListOfArray {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(2).rank() != 1) {
      return InvalidArgument("Expected lengths to be a vector, received shape: ",
                             ctx.input_shape(2).ToString());
    }
    return std::make_unique<SplitToList>();
  }
  SplitToList() { AddOutput(DataType::kVariant, Shape()); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_RETURN_IF_ERROR(CheckRows(in[0]));
    SESSILE_ASSIGN_OR_RETURN(const Shape given, ShapeOfView(in[1]));
    if (given.has_rank() && given.rank() == 0) {
      return InvalidArgument(
          "TensorListSplit requires element_shape to be at least of rank 1, but "
          "saw: ",
          given.ToString());
    }
    const Shape& whole = in[0].shape();
    SESSILE_RETURN_IF_ERROR(CheckElements(given, whole.WithDim(0, None)));
    auto list = std::make_shared<TensorList>(in[0].dtype(), given);
    SESSILE_RETURN_IF_ERROR(list->Resize(in[2].num_elements()));
    const int64_t row = whole.Slice(1).num_elements();
    int64_t at = 0;
    for (int64_t i = 0; i < list->size(); ++i) {
      const int64_t length = in[2].data<int64_t>()[i];
      if (length < 0) return InvalidArgument("Invalid value in lengths: ", length);
      if (length > whole.dim(0) - at) {
        return InvalidArgument("Attempting to slice [", at, ", ",
                               static_cast<uint64_t>(at) + static_cast<uint64_t>(length),
                               "] from tensor with length ", whole.dim(0));
      }
      SESSILE_ASSIGN_OR_RETURN(Tensor value, CopyOf(in[0], at * row, whole.WithDim(0, length)));
      list->Set(i, std::move(value));
      at += length;
    }
    if (at != whole.dim(0)) {
      return InvalidArgument("Unused values in tensor. Length of tensor: ", whole.dim(0),
                             " Values used: ", at);
    }
    *out[0].data<Variant>() = std::move(list);
    return absl::OkStatus();
  }
};

// TensorListConcatLists(a, b) -> list: the elements of a, then those of b; scalars only.
class JoinLists final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("element_dtype"));
    return std::make_unique<JoinLists>(ctx.Carried(dtype));
  }
  explicit JoinLists(DataType dtype) : dtype_(dtype) {
    AddOutput(DataType::kVariant, Shape());
    MayForward(0, 0);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const a, ListOf(in[0]));
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const b, ListOf(in[1]));
    SESSILE_RETURN_IF_ERROR(a->CheckType(dtype_));
    SESSILE_RETURN_IF_ERROR(b->CheckType(dtype_));
    if (!(a->element_shape() == b->element_shape())) {
      return InvalidArgument(
          "input_a and input_b TensorList element shapes are not identical at index 0.  Saw ",
          a->element_shape().ToString(), " vs. ", b->element_shape().ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(TensorList* const joined, ListToChange(in[0], out[0]));
    const int64_t first = joined->size();
    SESSILE_RETURN_IF_ERROR(joined->Resize(first + b->size()));
    for (int64_t i = 0; i < joined->size() - first; ++i) joined->Set(first + i, b->element(i));
    return absl::OkStatus();
  }

 private:
  const DataType dtype_;
};

}  // namespace

void RegisterTensorListFromArrays(KernelRegistry& kernels) {
  kernels.Add("TensorListFromTensor", ListFromTensor::Prepare);
  kernels.Add("TensorListScatter", ScatterToList::Prepare);
  kernels.Add("TensorListScatterV2", ScatterToList::Prepare);
  kernels.Add("TensorListScatterIntoExistingList", ScatterIntoList::Prepare);
  kernels.Add("TensorListSplit", SplitToList::Prepare);
  kernels.Add("TensorListConcatLists", JoinLists::Prepare);
}

}  // namespace sessile
