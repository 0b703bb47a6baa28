// TensorLists element by element: EmptyTensorList, TensorListPushBack, TensorListGetItem and their
// kin. Those that make one tensor of many, or many of one, are in tensor_list_arrays.cc.

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/tensor_list.h"

namespace sessile {
namespace {

// What all kernels here have: one block, and a list as output 0 if `changes_list`, in place of the
// one that came in where nobody else has it.
class ListKernel : public Prepared {
 protected:
  explicit ListKernel(bool changes_list) {
    AddPhase(1);
    if (!changes_list) return;
    AddOutput(DataType::kVariant, Shape());
    MayForward(0, 0);
  }
};

absl::StatusOr<int32_t> ScalarOf(const TensorView& view, const char* name) {
  if (view.num_elements() == 1) return *view.data<int32_t>();
  return InvalidArgument(name, " must be a scalar, but got shape: ", view.shape().ToString());
}

// EmptyTensorList(element_shape, max_num_elements).
class MakeEmptyList final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("element_dtype"));
    if (ctx.input_shape(1).rank() != 0) {
      return InvalidArgument("max_num_elements expected to be a scalar but got shape: ",
                             ctx.input_shape(1).ToString());
    }
    return std::make_unique<MakeEmptyList>(ctx.Carried(dtype));
  }
  explicit MakeEmptyList(DataType dtype) : dtype_(dtype) {
    AddOutput(DataType::kVariant, Shape());
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeOfView(in[0]));
    *out[0].data<Variant>() = std::make_shared<TensorList>(dtype_, shape, *in[1].data<int32_t>());
    return absl::OkStatus();
  }

 private:
  const DataType dtype_;
};

// TensorListReserve(element_shape, num_elements).
class ReserveList final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("element_dtype"));
    return std::make_unique<ReserveList>(ctx.Carried(dtype));
  }
  explicit ReserveList(DataType dtype) : dtype_(dtype) {
    AddOutput(DataType::kVariant, Shape());
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeOfView(in[0]));
    SESSILE_ASSIGN_OR_RETURN(const int32_t size, ScalarOf(in[1], "The num_elements to reserve"));
    if (size < 0) {
      return InvalidArgument("The num_elements to reserve must be a non negative number, but got ",
                             size);
    }
    auto list = std::make_shared<TensorList>(dtype_, shape);
    SESSILE_RETURN_IF_ERROR(list->Resize(size));
    *out[0].data<Variant>() = std::move(list);
    return absl::OkStatus();
  }

 private:
  const DataType dtype_;
};

// TensorListPushBack(list, tensor).
class PushBackToList final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<PushBackToList>(); }
  PushBackToList() : ListKernel(/*changes_list=*/true) {}

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    if (!Shape::Compatible(list->element_shape(), in[1].shape())) {
      return InvalidArgument(
          "Tried to append a tensor with incompatible shape to a list. Op element shape: ",
          in[1].shape().ToString(), " list shape: ", list->element_shape().ToString());
    }
    SESSILE_RETURN_IF_ERROR(list->CheckType(in[1].dtype()));
    if (list->max_size() >= 0 && list->size() >= list->max_size()) {
      return InvalidArgument("Tried to push item into a full list list size: ", list->size(),
                             " max_num_elements: ", list->max_size());
    }
    SESSILE_ASSIGN_OR_RETURN(Tensor value, CopyOf(in[1], 0, in[1].shape()));
    SESSILE_ASSIGN_OR_RETURN(TensorList* const changed, ListToChange(in[0], out[0]));
    changed->PushBack(std::move(value));
    return absl::OkStatus();
  }
};

// Writes an element to output i; zeros, whose shape is what is known of it, if it was not written.
absl::Status PutElement(RunContext& ctx, int i, const Tensor& element, const Shape& shape,
                        DataType dtype) {
  if (element.has_value()) {
    SESSILE_ASSIGN_OR_RETURN(const TensorView to, ctx.AllocateOutput(i, element.shape()));
    CopyTo(element, 0, to);
    return absl::OkStatus();
  }
  SESSILE_ASSIGN_OR_RETURN(const TensorView to, ctx.AllocateOutput(i, shape));
  SESSILE_ASSIGN_OR_RETURN(const Tensor zeros, Tensor::Zeros(dtype, shape));
  CopyTo(zeros, 0, to);
  return absl::OkStatus();
}

// TensorListPopBack(list, element_shape) -> list, tensor.
class PopBackFromList final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<PopBackFromList>(ctx.output_dtype(1));
  }
  explicit PopBackFromList(DataType dtype) : ListKernel(/*changes_list=*/true), dtype_(dtype) {
    AddOutput(dtype, Shape::Unknown());
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(dtype_));
    if (list->size() == 0) return InvalidArgument("Trying to pop from an empty list.");
    const Tensor element = list->element(list->size() - 1);
    Shape shape;
    if (!element.has_value()) {
      SESSILE_ASSIGN_OR_RETURN(const Shape given, ShapeOfView(in[1]));
      SESSILE_ASSIGN_OR_RETURN(shape, list->MergedShapeOfAll(given));
      if (!shape.IsFullyDefined()) {
        return InvalidArgument(
            "Trying to read an uninitialized tensor but element_shape is not fully defined.",
            shape.ToString());
      }
    }
    SESSILE_RETURN_IF_ERROR(PutElement(ctx, 1, element, shape, dtype_));
    SESSILE_ASSIGN_OR_RETURN(TensorList* const changed, ListToChange(in[0], out[0]));
    changed->PopBack();
    return absl::OkStatus();
  }

 private:
  const DataType dtype_;
};

// TensorListGetItem(list, index, element_shape) -> tensor.
class GetListItem final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<GetListItem>(ctx.output_dtype(0));
  }
  explicit GetListItem(DataType dtype) : ListKernel(/*changes_list=*/false), dtype_(dtype) {
    AddOutput(dtype, Shape::Unknown());
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(dtype_));
    SESSILE_ASSIGN_OR_RETURN(const int32_t index, ScalarOf(in[1], "index"));
    if (index < 0 || index >= list->size()) {
      return InvalidArgument("Trying to access element ", index, " in a list with ", list->size(),
                             " elements.");
    }
    const Tensor& element = list->element(index);
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ShapeOfView(in[2]));
    SESSILE_ASSIGN_OR_RETURN(shape, list->MergedShape(shape));
    if (!element.has_value()) {
      SESSILE_ASSIGN_OR_RETURN(shape, list->MergedShapeOfAll(shape));
      if (!shape.IsFullyDefined()) {
        return InvalidArgument(
            "Trying to read an uninitialized tensor but element_shape is not fully defined: ",
            shape.ToString(), " and no list element is set.");
      }
    }
    return PutElement(ctx, 0, element, shape, dtype_);
  }

 private:
  const DataType dtype_;
};

// TensorListSetItem(list, index, item).
class SetListItem final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const bool resize,
                             ctx.attrs().GetOr<bool>("resize_if_index_out_of_bounds", false));
    return std::make_unique<SetListItem>(resize);
  }
  explicit SetListItem(bool resize) : ListKernel(/*changes_list=*/true), resize_(resize) {}

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(in[2].dtype()));
    SESSILE_ASSIGN_OR_RETURN(const int32_t index, ScalarOf(in[1], "index"));
    if (index < 0 || (index >= list->size() && !resize_)) {
      return InvalidArgument("Trying to modify element ", index, " in a list with ", list->size(),
                             " elements.");
    }
    if (!Shape::Compatible(list->element_shape(), in[2].shape())) {
      return InvalidArgument(
          "Tried to set a tensor with incompatible shape at a list index. Item element shape: ",
          in[2].shape().ToString(), " list shape: ", list->element_shape().ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(Tensor value, CopyOf(in[2], 0, in[2].shape()));
    SESSILE_ASSIGN_OR_RETURN(TensorList* const changed, ListToChange(in[0], out[0]));
    if (index >= changed->size()) SESSILE_RETURN_IF_ERROR(changed->Resize(int64_t{index} + 1));
    changed->Set(index, std::move(value));
    return absl::OkStatus();
  }

 private:
  const bool resize_;
};

class LengthOfList final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<LengthOfList>(); }
  LengthOfList() : ListKernel(/*changes_list=*/false) { AddOutput(DataType::kInt32, Shape()); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    *out[0].data<int32_t>() = static_cast<int32_t>(list->size());
    return absl::OkStatus();
  }
};

// What is known of the elements' shape, -1 for each size that is not, or for all of it.
template <typename Index>
class ElementShapeOf final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<ElementShapeOf>(); }
  ElementShapeOf() : ListKernel(/*changes_list=*/false) {
    AddOutput(DataTypeOf<Index>::value, Shape::Unknown());
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    const Shape& shape = list->element_shape();
    const bool known = shape.has_rank();
    SESSILE_ASSIGN_OR_RETURN(const TensorView to,
                             ctx.AllocateOutput(0, known ? Shape({shape.rank()}) : Shape()));
    Index* const dims = to.data<Index>();
    if (!known) *dims = -1;
    for (int i = 0; known && i < shape.rank(); ++i) {
      dims[i] = shape.dim(i) == None ? Index{-1} : static_cast<Index>(shape.dim(i));
    }
    return absl::OkStatus();
  }
};

// TensorListResize(list, size): elements that are added are not written yet.
class ResizeList final : public ListKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<ResizeList>(); }
  ResizeList() : ListKernel(/*changes_list=*/true) {}

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const int32_t size, ScalarOf(in[1], "size"));
    if (size < 0) {
      return InvalidArgument("TensorListSlice expects size to be non-negative. Got: ", size);
    }
    SESSILE_ASSIGN_OR_RETURN(TensorList* const changed, ListToChange(in[0], out[0]));
    return changed->Resize(size);
  }
};

}  // namespace

void RegisterTensorList(KernelRegistry& kernels) {
  kernels.Add("EmptyTensorList", MakeEmptyList::Prepare);
  kernels.Add("TensorListReserve", ReserveList::Prepare);
  kernels.Add("TensorListPushBack", PushBackToList::Prepare);
  kernels.Add("TensorListPopBack", PopBackFromList::Prepare);
  kernels.Add("TensorListGetItem", GetListItem::Prepare);
  kernels.Add("TensorListSetItem", SetListItem::Prepare);
  kernels.Add("TensorListLength", LengthOfList::Prepare);
  kernels.Add<ElementShapeOf>("TensorListElementShape")
      .For<TypeList<int32_t, int64_t>>("shape_type");
  kernels.Add("TensorListResize", ResizeList::Prepare);
}

}  // namespace sessile
