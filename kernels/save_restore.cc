// SaveV2, RestoreV2, MergeV2Checkpoints, Restore, RestoreSlice and the names of shards. The formats
// are core/checkpoint's.

#include <filesystem>

#include "sessile/core/checkpoint/bundle_files.h"
#include "sessile/core/checkpoint/bundle_writer.h"
#include "sessile/core/checkpoint/checkpoint_reader.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

// Names and parts: vectors of one length.
absl::Status CheckNames(const PrepareContext& ctx, int64_t tensors) {
  if (ctx.input_shape(0).num_elements() != 1) {
    return InvalidArgument("Input prefix should have a single element, got ",
                           ctx.input_shape(0).num_elements(), " instead.");
  }
  for (int i = 1; i < 3; ++i) {
    if (ctx.input_shape(i).rank() != 1 || ctx.input_shape(i).dim(0) != tensors) {
      return InvalidArgument("Input tensor_names and shape_and_slices should have ", tensors,
                             " elements, got ", ctx.input_shape(i).ToString());
    }
  }
  return absl::OkStatus();
}

absl::Status CheckScalars(const PrepareContext& ctx, int first, int last) {
  for (int i = first; i <= last; ++i) {
    if (ctx.input_shape(i).num_elements() != 1) {
      return InvalidArgument(
          "Input ", i, " must be a string scalar; got shape: ", ctx.input_shape(i).ToString());
    }
  }
  return absl::OkStatus();
}

const std::string& StringOf(const TensorView& view, int64_t i = 0) {
  return view.data<const std::string>()[i];
}

// In the yardstick's mode floats are carried as doubles, and files hold them as floats.
absl::StatusOr<Tensor> Narrowed(const TensorView& view) {
  SESSILE_ASSIGN_OR_RETURN(Tensor narrow, Tensor::Allocate(float32, view.shape()));
  const double* const from = view.data<double>();
  for (int64_t i = 0; i < view.num_elements(); ++i) {
    narrow.mutable_data<float>()[i] = static_cast<float>(from[i]);
  }
  return narrow;
}

class SaveV2 final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckNames(ctx, ctx.num_inputs() - 3));
    SESSILE_ASSIGN_OR_RETURN(const AttrList dtypes, ctx.Attr<AttrList>("dtypes"));
    return std::make_unique<SaveV2>(dtypes.types);
  }
  explicit SaveV2(std::vector<DataType> dtypes) : dtypes_(std::move(dtypes)) { AddPhase(1); }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto writer, BundleWriter::Create(StringOf(in[0])));
    for (size_t i = 0; i < dtypes_.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      SESSILE_RETURN_IF_ERROR(
          Save(StringOf(in[1], at), StringOf(in[2], at), dtypes_[i], in[i + 3], writer.get()));
    }
    return writer->Finish();
  }

 private:
  static absl::Status Save(const std::string& name, const std::string& shape_and_slice,
                           DataType dtype, const TensorView& tensor, BundleWriter* writer) {
    if (dtype == float32 && tensor.dtype() == float64) {
      SESSILE_ASSIGN_OR_RETURN(const Tensor narrow, Narrowed(tensor));
      return Save(name, shape_and_slice, dtype, ViewOf(narrow), writer);
    }
    if (shape_and_slice.empty()) return writer->Add(name, tensor);
    SESSILE_ASSIGN_OR_RETURN(const ShapeAndSlice part, ParseShapeAndSlice(shape_and_slice));
    if (part.slice_shape != tensor.shape()) {
      return InvalidArgument("Slice in shape_and_slice specification does not match the shape of ",
                             "the tensor to  save: ", shape_and_slice,
                             ", tensor: ", tensor.shape().ToString());
    }
    return writer->AddPart(name, part, tensor);
  }

  const std::vector<DataType> dtypes_;
};

// Reads tensors of one checkpoint into outputs.
class Restoring {
 public:
  static absl::StatusOr<Restoring> From(const std::string& prefix) {
    SESSILE_ASSIGN_OR_RETURN(auto reader, CheckpointReader::Open(prefix));
    return Restoring(std::move(reader));
  }

  absl::Status Restore(const std::string& name, const std::string& shape_and_slice, DataType dtype,
                       RunContext& ctx, int output) const {
    ShapeAndSlice parsed;
    const ShapeAndSlice* part = nullptr;
    if (!shape_and_slice.empty()) {
      SESSILE_ASSIGN_OR_RETURN(parsed, ParseShapeAndSlice(shape_and_slice));
      part = &parsed;
    }
    SESSILE_ASSIGN_OR_RETURN(const StoredTensor spec, reader_->SpecOf(name, part));
    if (spec.dtype != dtype) {
      return InvalidArgument("tensor_name = ", name, "; expected dtype ", DataTypeName(dtype),
                             " does not equal original dtype ", DataTypeName(spec.dtype));
    }
    SESSILE_ASSIGN_OR_RETURN(const TensorView out, ctx.AllocateOutput(output, spec.shape));
    if (out.dtype() == dtype) {
      SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Wrap(dtype, spec.shape, out.raw()));
      return reader_->ReadInto(name, part, &tensor);
    }
    SESSILE_ASSIGN_OR_RETURN(const Tensor narrow, reader_->Read(name, part));
    std::copy_n(narrow.data<float>(), narrow.num_elements(), out.data<double>());
    return absl::OkStatus();
  }

 private:
  explicit Restoring(std::unique_ptr<CheckpointReader> reader) : reader_(std::move(reader)) {}
  std::unique_ptr<CheckpointReader> reader_;
};

class RestoreV2 final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckNames(ctx, ctx.num_outputs()));
    SESSILE_ASSIGN_OR_RETURN(const AttrList dtypes, ctx.Attr<AttrList>("dtypes"));
    return std::make_unique<RestoreV2>(ctx, dtypes.types);
  }
  RestoreV2(const PrepareContext& ctx, std::vector<DataType> dtypes) : dtypes_(std::move(dtypes)) {
    for (int i = 0; i < ctx.num_outputs(); ++i) AddOutput(ctx.output_dtype(i), Shape::Unknown());
    AddPhase(1);
  }
  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Restoring from, Restoring::From(StringOf(in[0])));
    for (size_t i = 0; i < dtypes_.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      SESSILE_RETURN_IF_ERROR(from.Restore(StringOf(in[1], at), StringOf(in[2], at), dtypes_[i],
                                           ctx, static_cast<int>(i)));
    }
    return absl::OkStatus();
  }

 private:
  const std::vector<DataType> dtypes_;
};

// Restore and RestoreSlice, which read checkpoints of version 2 just as well.
class Restore final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalars(ctx, 0, ctx.num_inputs() - 1));
    SESSILE_ASSIGN_OR_RETURN(const DataType dtype, ctx.Attr<DataType>("dt"));
    return std::make_unique<Restore>(ctx, dtype);
  }
  Restore(const PrepareContext& ctx, DataType dtype) : dtype_(dtype) {
    AddOutput(ctx.output_dtype(0), Shape::Unknown());
    AddPhase(1);
  }
  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Restoring from, Restoring::From(StringOf(in[0])));
    return from.Restore(StringOf(in[1]), in.size() > 2 ? StringOf(in[2]) : "", dtype_, ctx, 0);
  }

 private:
  const DataType dtype_;
};

class MergeV2Checkpoints final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalars(ctx, 1, 1));
    auto kernel = std::make_unique<MergeV2Checkpoints>();
    SESSILE_ASSIGN_OR_RETURN(kernel->delete_folders_, ctx.Attr<bool>("delete_old_dirs"));
    SESSILE_ASSIGN_OR_RETURN(kernel->allow_missing_, ctx.Attr<bool>("allow_missing_files"));
    kernel->AddPhase(1);
    return kernel;
  }
  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    using std::filesystem::path;
    const std::vector<std::string> prefixes(&StringOf(in[0]),
                                            &StringOf(in[0]) + in[0].num_elements());
    const std::string& destination = StringOf(in[1]);
    SESSILE_RETURN_IF_ERROR(MergeBundles(prefixes, destination, allow_missing_));
    if (!delete_folders_) return absl::OkStatus();
    for (const std::string& prefix : prefixes) {
      const path folder = path(prefix).parent_path();
      std::error_code not_empty;  // then it stays
      if (folder != path(destination).parent_path()) std::filesystem::remove(folder, not_empty);
    }
    return absl::OkStatus();
  }

 private:
  bool delete_folders_ = true;
  bool allow_missing_ = false;
};

class ShardedFilename final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckScalars(ctx, 0, ctx.num_inputs() - 1));
    return std::make_unique<ShardedFilename>();
  }
  ShardedFilename() {
    AddOutput(string, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    std::string& name = *out[0].data<std::string>();
    const int32_t number = *in[1].data<int32_t>();
    if (in.size() > 2) {
      name = ShardedName(StringOf(in[0]), number, *in[2].data<int32_t>());
    } else {
      name = absl::StrFormat("%s-?\?\?\?\?-of-%05d", StringOf(in[0]), number);
    }
    return absl::OkStatus();
  }
};

}  // namespace

void RegisterSaveRestore(KernelRegistry& kernels) {
  kernels.Add("SaveV2", SaveV2::Prepare);
  kernels.Add("RestoreV2", RestoreV2::Prepare);
  kernels.Add("MergeV2Checkpoints", MergeV2Checkpoints::Prepare);
  kernels.Add("Restore", Restore::Prepare);
  kernels.Add("RestoreSlice", Restore::Prepare);
  kernels.Add("ShardedFilename", ShardedFilename::Prepare);
  kernels.Add("ShardedFilespec", ShardedFilename::Prepare);
}

}  // namespace sessile
