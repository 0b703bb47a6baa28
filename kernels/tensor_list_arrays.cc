// One tensor of the elements of a TensorList: TensorListStack, TensorListGather, TensorListConcat.

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

using ElementsOfList = std::vector<const Tensor*>;

absl::StatusOr<Shape> RowsOf(int64_t rows, const Shape& rest) {
  std::vector<int64_t> dims = {rows};
  dims.insert(dims.end(), rest.dims().begin(), rest.dims().end());
  return Shape::FromDims(dims);
}

// Writes elements of one shape one after the other, those that were not written as zeros.
absl::Status PutElements(RunContext& ctx, const ElementsOfList& elements, const Shape& element,
                         DataType dtype) {
  SESSILE_ASSIGN_OR_RETURN(const Shape whole,
                           RowsOf(static_cast<int64_t>(elements.size()), element));
  SESSILE_ASSIGN_OR_RETURN(const TensorView to, ctx.AllocateOutput(0, whole));
  SESSILE_ASSIGN_OR_RETURN(const Tensor zeros, Tensor::Zeros(dtype, element));
  int64_t at = 0;
  for (const Tensor* const value : elements) {
    CopyTo(value->has_value() ? *value : zeros, at, to);
    at += element.num_elements();
  }
  return absl::OkStatus();
}

// `shape` with what the elements have. INVALID_ARGUMENT if they differ.
absl::StatusOr<Shape> ShapeOfAll(const TensorList& list, const ElementsOfList& elements,
                                 Shape shape) {
  for (const Tensor* const value : elements) {
    if (!value->has_value()) continue;
    const TensorList as_element(list.dtype(), value->shape());
    SESSILE_ASSIGN_OR_RETURN(shape, as_element.MergedShape(shape));
  }
  return shape;
}

// What reads a list to make one tensor, output 0.
class ArrayOfList : public Prepared {
 protected:
  explicit ArrayOfList(DataType dtype) : dtype_(dtype) {
    AddOutput(dtype, Shape::Unknown());
    AddPhase(1);
  }
  const DataType dtype_;
};

// TensorListStack(list, element_shape) -> tensor.
class StackOfList final : public ArrayOfList {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const int64_t size, ctx.attrs().GetOr<int64_t>("num_elements", -1));
    return std::make_unique<StackOfList>(ctx.output_dtype(0), size);
  }
  StackOfList(DataType dtype, int64_t size) : ArrayOfList(dtype), size_(size) {}

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(dtype_));
    if (size_ != -1 && list->size() != size_) {
      return InvalidArgument("Operation expected a list with ", size_,
                             " elements but got a list with ", list->size(), " elements.");
    }
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ShapeOfView(in[1]));
    SESSILE_ASSIGN_OR_RETURN(shape, list->MergedShape(shape));
    if (list->size() == 0 && !shape.IsFullyDefined()) {
      return InvalidArgument(
          "Tried to stack elements of an empty list with non-fully-defined element_shape: ",
          shape.ToString());
    }
    ElementsOfList elements;
    for (int64_t i = 0; i < list->size(); ++i) elements.push_back(&list->element(i));
    SESSILE_ASSIGN_OR_RETURN(shape, ShapeOfAll(*list, elements, shape));
    if (!shape.IsFullyDefined()) {
      return InvalidArgument(
          "Tried to stack list which only contains uninitialized tensors and has a "
          "non-fully-defined element_shape: ",
          shape.ToString());
    }
    return PutElements(ctx, elements, shape, dtype_);
  }

 private:
  const int64_t size_;
};

// TensorListGather(list, indices, element_shape) -> tensor.
class GatherFromList final : public ArrayOfList {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<GatherFromList>(ctx.output_dtype(0));
  }
  explicit GatherFromList(DataType dtype) : ArrayOfList(dtype) {}

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(dtype_));
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ShapeOfView(in[2]));
    SESSILE_ASSIGN_OR_RETURN(shape, list->MergedShape(shape));
    if (in[1].num_elements() == 0 && !shape.IsFullyDefined()) {
      return InvalidArgument(
          "Tried to gather 0-elements from a list with non-fully-defined shape: ",
          shape.ToString());
    }
    ElementsOfList elements;
    for (int64_t i = 0; i < in[1].num_elements(); ++i) {
      const int32_t index = in[1].data<int32_t>()[i];
      if (index < 0 || index >= list->size()) {
        return InvalidArgument("Index ", index, " out o range; list only has ", list->size(),
                               " elements.");
      }
      elements.push_back(&list->element(index));
    }
    SESSILE_ASSIGN_OR_RETURN(shape, ShapeOfAll(*list, elements, shape));
    if (!shape.IsFullyDefined()) {
      return InvalidArgument(
          "Tried to gather uninitialized tensors from a list with non-fully-defined "
          "element_shape: ",
          shape.ToString());
    }
    return PutElements(ctx, elements, shape, dtype_);
  }
};

// TensorListConcatV2(list, element_shape, leading_dims) -> tensor, lengths, and the first version,
// whose element_shape is an attribute and which takes no leading_dims.
class JoinOfList final : public ArrayOfList {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Shape shape,
                             ctx.attrs().GetOr<Shape>("element_shape", Shape::Unknown()));
    return std::make_unique<JoinOfList>(ctx.output_dtype(0), shape);
  }
  JoinOfList(DataType dtype, Shape shape) : ArrayOfList(dtype), shape_(std::move(shape)) {
    AddOutput(DataType::kInt64, Shape({None}));
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(in[0]));
    SESSILE_RETURN_IF_ERROR(list->CheckType(dtype_));
    Shape given = shape_;
    if (in.size() > 1) {
      SESSILE_ASSIGN_OR_RETURN(given, ShapeOfView(in[1]));
    }
    SESSILE_ASSIGN_OR_RETURN(const Shape rest, RestOf(*list, given));
    SESSILE_ASSIGN_OR_RETURN(const std::vector<int64_t> lengths, LengthsOf(*list, in));
    return Join(ctx, *list, rest, lengths);
  }

 private:
  // What all elements have but for the first dimension.
  static absl::StatusOr<Shape> RestOf(const TensorList& list, const Shape& given) {
    SESSILE_ASSIGN_OR_RETURN(const Shape element, list.MergedShape(given));
    if (element.has_rank() && element.rank() == 0) {
      return InvalidArgument(
          "Concat requires elements to be at least vectors, found scalars instead.");
    }
    Shape rest = element.has_rank() ? element.Slice(1) : element;
    if (list.size() == 0 && !rest.IsFullyDefined()) {
      return InvalidArgument(
          "All except the first dimension must be fully defined when concating an empty tensor "
          "list. element_shape: ",
          element.ToString());
    }
    for (int64_t i = 0; i < list.size(); ++i) {
      const Tensor& value = list.element(i);
      if (!value.has_value()) continue;
      if (value.rank() == 0) {
        return InvalidArgument("Concat saw a scalar shape at index ", i,
                               " but requires at least vectors.");
      }
      const TensorList as_element(list.dtype(), value.shape().Slice(1));
      SESSILE_ASSIGN_OR_RETURN(rest, as_element.MergedShape(rest));
    }
    if (rest.IsFullyDefined()) return rest;
    return InvalidArgument(
        "Trying to concat list with only uninitialized tensors but element_shape_except_first_dim "
        "is not fully defined: ",
        rest.ToString());
  }

  // How many rows each element has: where it was not written, what is known of all of them, or what
  // leading_dims says.
  static absl::StatusOr<std::vector<int64_t>> LengthsOf(const TensorList& list, Inputs in) {
    std::vector<int64_t> lengths;
    int64_t total = 0;
    const Shape& known = list.element_shape();
    for (int64_t i = 0; i < list.size(); ++i) {
      const Tensor& value = list.element(i);
      int64_t length = known.has_rank() && known.rank() > 0 ? known.dim(0) : None;
      if (value.has_value()) {
        length = value.dim(0);
      } else if (in.size() < 3) {
        return InvalidArgument(
            "Concating lists with uninitialized tensors is not supported in this version of "
            "TensorListConcat. Consider updating your GraphDef to run the newer version.");
      } else if (length == None) {
        if (i >= in[2].num_elements()) {
          return InvalidArgument("List contains uninitialized tensor at index ", i,
                                 " but leading_dims has only ", in[2].num_elements(), " elements.");
        }
        length = in[2].data<int64_t>()[i];
      }
      if (length < 0 || length > std::numeric_limits<int64_t>::max() - total) {
        return InvalidArgument("Element ", i, " of the list cannot have ", length, " rows");
      }
      total += length;
      lengths.push_back(length);
    }
    return lengths;
  }

  absl::Status Join(RunContext& ctx, const TensorList& list, const Shape& rest,
                    const std::vector<int64_t>& lengths) const {
    int64_t rows = 0;
    for (const int64_t length : lengths) rows += length;
    SESSILE_ASSIGN_OR_RETURN(const Shape whole, RowsOf(rows, rest));
    SESSILE_ASSIGN_OR_RETURN(const TensorView to, ctx.AllocateOutput(0, whole));
    SESSILE_ASSIGN_OR_RETURN(const TensorView sizes, ctx.AllocateOutput(1, Shape({list.size()})));
    std::copy(lengths.begin(), lengths.end(), sizes.data<int64_t>());
    int64_t at = 0;
    for (int64_t i = 0; i < list.size(); ++i) {
      SESSILE_ASSIGN_OR_RETURN(const Shape element, RowsOf(lengths[static_cast<size_t>(i)], rest));
      if (list.element(i).has_value()) {
        CopyTo(list.element(i), at, to);
      } else {
        SESSILE_ASSIGN_OR_RETURN(const Tensor zeros, Tensor::Zeros(dtype_, element));
        CopyTo(zeros, at, to);
      }
      at += element.num_elements();
    }
    return absl::OkStatus();
  }

  const Shape shape_;
};

}  // namespace

void RegisterTensorListArrays(KernelRegistry& kernels) {
  kernels.Add("TensorListStack", StackOfList::Prepare);
  kernels.Add("TensorListGather", GatherFromList::Prepare);
  kernels.Add("TensorListConcat", JoinOfList::Prepare);
  kernels.Add("TensorListConcatV2", JoinOfList::Prepare);
}

}  // namespace sessile
