// TensorArrayV3 and what reads and writes it. The flow, a float, orders them and has no meaning of
// its own.

#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/tensor_array.h"

namespace sessile {
namespace {

absl::StatusOr<std::shared_ptr<TensorArrayResource>> ArrayOf(const TensorView& handle) {
  std::shared_ptr<TensorArrayResource> array;
  if (handle.num_elements() == 1) {
    array = std::dynamic_pointer_cast<TensorArrayResource>(*handle.data<ResourceHandle>());
  }
  if (array == nullptr) return InvalidArgument("handle is not that of a TensorArray");
  return array;
}

absl::Status CheckType(const TensorArrayResource& array, DataType dtype, const char* what) {
  if (array.dtype() == dtype) return absl::OkStatus();
  return InvalidArgument("TensorArray dtype is ", DataTypeName(array.dtype()), " but ", what,
                         " dtype is ", DataTypeName(dtype), ".");
}

// What all kernels here have: one block, handles.
class ArrayKernel : public Prepared {
 protected:
  ArrayKernel() { AddPhase(1); }
  void AddHandle() { AddOutput(DataType::kResource, Shape()); }
  void AddFlow(DataType dtype) { AddOutput(dtype, Shape()); }
  // In the float64 mode a flow is a double.
  static void Pass(const TensorView& flow, const TensorView& out) {
    std::memcpy(out.raw(), flow.raw(), DataTypeSize(flow.dtype()));
  }
};

absl::Status CheckScalar(const PrepareContext& ctx, int input, const char* name) {
  if (ctx.input_shape(input).rank() == 0) return absl::OkStatus();
  return InvalidArgument(name,
                         " must be scalar, but had shape: ", ctx.input_shape(input).ToString());
}

absl::Status CheckFlow(const PrepareContext& ctx) {
  return CheckScalar(ctx, ctx.num_inputs() - 1, "flow_in");
}

class MakeArray final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 0, "TensorArray size"));
    TensorArrayResource::Options options;
    SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dtype"));
    options.dtype = ctx.Carried(dtype);
    if (dtype != DataType::kString && DataTypeSize(dtype) == 0) {
      return Unimplemented("A TensorArray of elements of type ", DataTypeName(dtype));
    }
    SESSILE_ASSIGN_OR_RETURN(options.element_shape, ctx.Attr<Shape>("element_shape"));
    SESSILE_ASSIGN_OR_RETURN(options.dynamic_size, ctx.Attr<bool>("dynamic_size"));
    SESSILE_ASSIGN_OR_RETURN(options.clear_after_read, ctx.Attr<bool>("clear_after_read"));
    SESSILE_ASSIGN_OR_RETURN(options.identical_element_shapes,
                             ctx.Attr<bool>("identical_element_shapes"));
    SESSILE_ASSIGN_OR_RETURN(options.name, ctx.Attr<std::string>("tensor_array_name"));
    if (options.name.empty()) options.name = ctx.node().name();
    return std::make_unique<MakeArray>(std::move(options), ctx.output_dtype(1));
  }

  MakeArray(TensorArrayResource::Options options, DataType flow) : options_(std::move(options)) {
    AddHandle();
    AddFlow(flow);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    const int64_t size = *in[0].data<int32_t>();
    if (size < 0) return InvalidArgument("Size should be >= 0, got ", size);
    if (size > kMaxTensorArraySize) {
      return absl::ResourceExhaustedError(absl::StrCat("A TensorArray of ", size, " elements"));
    }
    *out[0].data<ResourceHandle>() = std::make_shared<TensorArrayResource>(options_, size);
    std::memset(out[1].raw(), 0, DataTypeSize(out[1].dtype()));
    return absl::OkStatus();
  }

 private:
  const TensorArrayResource::Options options_;
};

class MakeGradient final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckFlow(ctx));
    SESSILE_ASSIGN_OR_RETURN(std::string source, ctx.Attr<std::string>("source"));
    return std::make_unique<MakeGradient>(std::move(source), ctx.output_dtype(1));
  }

  MakeGradient(std::string source, DataType flow) : source_(std::move(source)) {
    AddHandle();
    AddFlow(flow);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_ASSIGN_OR_RETURN(*out[0].data<ResourceHandle>(), array->Gradient(source_));
    Pass(in[1], out[1]);
    return absl::OkStatus();
  }

 private:
  const std::string source_;
};

class WriteElement final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 1, "TensorArray index"));
    SESSILE_RETURN_IF_ERROR(CheckFlow(ctx));
    return std::make_unique<WriteElement>(ctx.output_dtype(0));
  }
  explicit WriteElement(DataType flow) { AddFlow(flow); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckType(*array, in[2].dtype(), "Op"));
    Pass(in[3], out[0]);
    return array->Write(*in[1].data<int32_t>(), in[2].shape(), in[2].raw());
  }
};

class ReadElement final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalar(ctx, 1, "TensorArray index"));
    return std::make_unique<ReadElement>(ctx.output_dtype(0));
  }
  explicit ReadElement(DataType dtype) : dtype_(dtype) { AddOutput(dtype, Shape::Unknown()); }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckType(*array, dtype_, "Op"));
    SESSILE_ASSIGN_OR_RETURN(const Tensor value, array->Read(*in[1].data<int32_t>()));
    SESSILE_ASSIGN_OR_RETURN(const TensorView out, ctx.AllocateOutput(0, value.shape()));
    CopyTo(value, 0, out);
    return absl::OkStatus();
  }

 private:
  const DataType dtype_;
};

class GatherElements final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(1).rank() != 1) {
      return InvalidArgument("Expected indices to be a vector, but received shape: ",
                             ctx.input_shape(1).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.Attr<Shape>("element_shape"));
    return std::make_unique<GatherElements>(ctx.output_dtype(0), std::move(shape));
  }
  GatherElements(DataType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
    AddOutput(dtype, Shape::Unknown());
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckType(*array, dtype_, "Op"));
    const int64_t count = in[1].num_elements();
    if (count == 0) return MakeEmpty(ctx, *array);
    TensorView out;
    Shape first;
    for (int64_t i = 0; i < count; ++i) {
      SESSILE_ASSIGN_OR_RETURN(const Tensor value, array->Read(in[1].data<int32_t>()[i]));
      if (i == 0) {
        first = value.shape();
        SESSILE_ASSIGN_OR_RETURN(const Shape whole, StackedShape(count, first));
        SESSILE_ASSIGN_OR_RETURN(out, ctx.AllocateOutput(0, whole));
      } else if (!(value.shape() == first)) {
        return InvalidArgument(
            "TensorArray has inconsistent shapes.  Index 0 has shape: ", first.ToString(),
            " but index ", i, " has shape: ", value.shape().ToString());
      }
      CopyTo(value, i * value.num_elements(), out);
    }
    return absl::OkStatus();
  }

 private:
  static absl::StatusOr<Shape> StackedShape(int64_t count, const Shape& element) {
    std::vector<int64_t> dims = {count};
    dims.insert(dims.end(), element.dims().begin(), element.dims().end());
    return Shape::FromDims(dims);
  }

  absl::Status MakeEmpty(RunContext& ctx, const TensorArrayResource& array) const {
    const Shape element = shape_.IsFullyDefined() ? shape_ : array.element_shape();
    if (!element.IsFullyDefined()) {
      return Unimplemented("TensorArray has size zero, but element shape ", element.ToString(),
                           " is not fully defined. Currently only static shapes are supported when "
                           "packing zero-size TensorArrays.");
    }
    SESSILE_ASSIGN_OR_RETURN(const Shape whole, StackedShape(0, element));
    return ctx.AllocateOutput(0, whole).status();
  }

  const DataType dtype_;
  const Shape shape_;
};

class ScatterElements final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& indices = ctx.input_shape(1);
    const Shape& value = ctx.input_shape(2);
    if (indices.rank() != 1) {
      return InvalidArgument("Expected indices to be a vector, but received shape: ",
                             indices.ToString());
    }
    if (value.rank() < 1) {
      return InvalidArgument("Expected value to be at least a vector, but received shape: ",
                             value.ToString());
    }
    if (value.dim(0) != indices.dim(0)) {
      return InvalidArgument("Expected len(indices) == values.shape[0], but saw: ", indices.dim(0),
                             " vs. ", value.dim(0));
    }
    SESSILE_RETURN_IF_ERROR(CheckFlow(ctx));
    return std::make_unique<ScatterElements>(ctx.output_dtype(0));
  }
  explicit ScatterElements(DataType flow) { AddFlow(flow); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckType(*array, in[2].dtype(), "Op"));
    const int32_t* const indices = in[1].data<int32_t>();
    int64_t largest = -1;
    for (int64_t i = 0; i < in[1].num_elements(); ++i) {
      largest = std::max<int64_t>(largest, indices[i]);
    }
    SESSILE_RETURN_IF_ERROR(array->GrowFor(largest + 1));
    const Shape element = in[2].shape().Slice(1);
    for (int64_t i = 0; i < in[1].num_elements(); ++i) {
      SESSILE_RETURN_IF_ERROR(
          array->Write(indices[i], element, ElementAt(in[2], i * element.num_elements())));
    }
    Pass(in[3], out[0]);
    return absl::OkStatus();
  }
};

class ConcatElements final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(Shape shape, ctx.Attr<Shape>("element_shape_except0"));
    return std::make_unique<ConcatElements>(ctx.output_dtype(0), std::move(shape));
  }
  ConcatElements(DataType dtype, Shape shape) : dtype_(dtype), shape_(std::move(shape)) {
    AddOutput(dtype, Shape::Unknown());
    AddOutput(DataType::kInt64, Shape::Unknown());
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckType(*array, dtype_, "Op"));
    const int64_t count = array->size();
    SESSILE_ASSIGN_OR_RETURN(const TensorView lengths, ctx.AllocateOutput(1, Shape({count})));
    std::vector<Tensor> values;
    int64_t rows = 0;
    for (int64_t i = 0; i < count; ++i) {
      SESSILE_ASSIGN_OR_RETURN(Tensor value, array->Read(i));
      if (value.rank() == 0) {
        return InvalidArgument("Concat saw a scalar shape at index ", i,
                               " but requires at least vectors.  Did you mean to call pack?");
      }
      if (i > 0 && !(value.shape().Slice(1) == values[0].shape().Slice(1))) {
        return InvalidArgument(
            "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: ",
            values[0].shape().Slice(1).ToString(), " but index ", i,
            " has (excepting dimension 0) shape: ", value.shape().Slice(1).ToString());
      }
      // Without elements, lengths may be anything.
      if (value.dim(0) > std::numeric_limits<int64_t>::max() - rows) {
        return InvalidArgument("The lengths of the elements of a TensorArray add up to more than ",
                               std::numeric_limits<int64_t>::max());
      }
      lengths.data<int64_t>()[i] = value.dim(0);
      rows += value.dim(0);
      values.push_back(std::move(value));
    }
    return Join(ctx, values, rows);
  }

 private:
  absl::Status Join(RunContext& ctx, const std::vector<Tensor>& values, int64_t rows) const {
    const Shape rest = values.empty() ? shape_ : values[0].shape().Slice(1);
    if (!rest.IsFullyDefined()) {
      return Unimplemented("TensorArray has size zero, but element_shape_except0 ", rest.ToString(),
                           " is not fully defined.");
    }
    std::vector<int64_t> dims = {rows};
    dims.insert(dims.end(), rest.dims().begin(), rest.dims().end());
    SESSILE_ASSIGN_OR_RETURN(const Shape whole, Shape::FromDims(dims));
    SESSILE_ASSIGN_OR_RETURN(const TensorView out, ctx.AllocateOutput(0, whole));
    int64_t at = 0;
    for (const Tensor& value : values) {
      CopyTo(value, at, out);
      at += value.num_elements();
    }
    return absl::OkStatus();
  }

  const DataType dtype_;
  const Shape shape_;
};

class SplitElements final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(2).rank() != 1) {
      return InvalidArgument("Expected lengths to be a vector, received shape: ",
                             ctx.input_shape(2).ToString());
    }
    if (ctx.input_shape(1).rank() < 1) {
      return InvalidArgument("Expected value to be at least a vector, but received shape: ",
                             ctx.input_shape(1).ToString());
    }
    SESSILE_RETURN_IF_ERROR(CheckFlow(ctx));
    return std::make_unique<SplitElements>(ctx.output_dtype(0));
  }
  explicit SplitElements(DataType flow) { AddFlow(flow); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckType(*array, in[1].dtype(), "Op"));
    const Shape& value = in[1].shape();
    const int64_t row = value.dim(0) == 0 ? 0 : value.num_elements() / value.dim(0);
    const int64_t count = in[2].num_elements();
    const int64_t* const lengths = in[2].data<int64_t>();
    SESSILE_RETURN_IF_ERROR(array->GrowFor(count));
    if (array->size() != count) {
      return InvalidArgument("TensorArray's size is not equal to the size of lengths (",
                             array->size(), " vs. ", count, ")");
    }
    int64_t at = 0;
    for (int64_t i = 0; i < count; ++i) {
      if (lengths[i] < 0 || lengths[i] > value.dim(0) - at) break;
      SESSILE_RETURN_IF_ERROR(
          array->Write(i, value.WithDim(0, lengths[i]), ElementAt(in[1], at * row)));
      at += lengths[i];
      if (i + 1 == count && at == value.dim(0)) {
        Pass(in[3], out[0]);
        return absl::OkStatus();
      }
    }
    if (count == 0 && value.dim(0) == 0) {
      Pass(in[3], out[0]);
      return absl::OkStatus();
    }
    return InvalidArgument("Expected sum of lengths to be equal to values.shape[0], which is ",
                           value.dim(0));
  }
};

class SizeOfArray final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<SizeOfArray>(); }
  SizeOfArray() { AddOutput(DataType::kInt32, Shape()); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    *out[0].data<int32_t>() = static_cast<int32_t>(array->size());
    return absl::OkStatus();
  }
};

class CloseArray final : public ArrayKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<CloseArray>(); }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto array, ArrayOf(in[0]));
    array->Close();
    return absl::OkStatus();
  }
};

}  // namespace

void RegisterTensorArray(KernelRegistry& kernels) {
  kernels.Add("TensorArrayV3", MakeArray::Prepare);
  kernels.Add("TensorArrayGradV3", MakeGradient::Prepare);
  kernels.Add("TensorArrayWriteV3", WriteElement::Prepare);
  kernels.Add("TensorArrayReadV3", ReadElement::Prepare);
  kernels.Add("TensorArrayGatherV3", GatherElements::Prepare);
  kernels.Add("TensorArrayScatterV3", ScatterElements::Prepare);
  kernels.Add("TensorArrayConcatV3", ConcatElements::Prepare);
  kernels.Add("TensorArraySplitV3", SplitElements::Prepare);
  kernels.Add("TensorArraySizeV3", SizeOfArray::Prepare);
  kernels.Add("TensorArrayCloseV3", CloseArray::Prepare);
}

}  // namespace sessile
