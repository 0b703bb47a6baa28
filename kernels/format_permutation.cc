// DataFormatDimMap and DataFormatVecPermute. A data format has a letter for each dimension.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

struct Formats {
  std::string from;
  std::string to;

  // Which dimension of `to` dimension i of `from` is.
  int64_t Place(int64_t i) const {
    return static_cast<int64_t>(to.find(from[static_cast<size_t>(i)]));
  }
};

absl::StatusOr<Formats> FormatsOf(const PrepareContext& ctx) {
  Formats formats;
  SESSILE_ASSIGN_OR_RETURN(formats.from, ctx.Attr<std::string>("src_format"));
  SESSILE_ASSIGN_OR_RETURN(formats.to, ctx.Attr<std::string>("dst_format"));
  if (formats.from.size() != 4 && formats.from.size() != 5) {
    return InvalidArgument("Source format must be of length 4 or 5, received src_format = ",
                           formats.from);
  }
  if (formats.to.size() != 4 && formats.to.size() != 5) {
    return InvalidArgument("Destination format must be of length 4 or 5, received dst_format = ",
                           formats.to);
  }
  std::string from = formats.from;
  std::string to = formats.to;
  std::sort(from.begin(), from.end());
  std::sort(to.begin(), to.end());
  if (from != to || std::adjacent_find(from.begin(), from.end()) != from.end()) {
    return InvalidArgument("Destination and source format must determine a permutation, got ",
                           formats.from, " and ", formats.to);
  }
  return formats;
}

template <typename T>
class DimMap final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const Formats formats, FormatsOf(ctx));
    return std::make_unique<DimMap>(ctx.input_shape(0), formats);
  }
  DimMap(const Shape& shape, const Formats& formats) : size_(shape.num_elements()) {
    for (size_t i = 0; i < formats.from.size(); ++i) {
      places_.push_back(static_cast<T>(formats.Place(static_cast<int64_t>(i))));
    }
    AddOutput(DataTypeOf<T>::value, shape);
    MayForward(0, 0);
    AddPhase(BlocksOf(size_, 2 * sizeof(T)));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const auto rank = static_cast<int64_t>(places_.size());
    for (const int64_t i : BlockRange(size_, block, num_blocks(0))) {
      const int64_t dim = in[0].data<T>()[i];
      if (dim < -rank || dim >= rank) {
        return InvalidArgument("Dimension ", dim, " is not in [", -rank, ", ", rank, ")");
      }
      out[0].data<T>()[i] = places_[static_cast<size_t>(dim < 0 ? dim + rank : dim)];
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  std::vector<T> places_;
};

// `x` has a row for each dimension, or, without those of the batch and the channels, for each
// spatial one.
absl::StatusOr<Formats> FormatsOfRows(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(Formats formats, FormatsOf(ctx));
  const Shape& x = ctx.input_shape(0);
  if (x.rank() != 1 && x.rank() != 2) {
    return InvalidArgument("input must be a vector or 2D tensor, but got shape ", x.ToString());
  }
  const auto all = static_cast<int64_t>(formats.from.size());
  if (x.dim(0) != all && x.dim(0) != all - 2) {
    return InvalidArgument(x.rank() == 1 ? "1D input must be of size "
                                         : "First dimension of 2D input must be of size ",
                           all - 2, " or ", all, ", but got shape ", x.ToString());
  }
  if (x.rank() == 2 && x.dim(1) != 2) {
    return InvalidArgument("Second dimension of 2D input must be of size 2, but got shape ",
                           x.ToString());
  }
  if (x.dim(0) == all) return formats;
  const auto is_not_spatial = [](char c) { return c == 'N' || c == 'C'; };
  std::erase_if(formats.from, is_not_spatial);
  std::erase_if(formats.to, is_not_spatial);
  if (static_cast<int64_t>(formats.from.size()) != x.dim(0)) {
    return InvalidArgument("Format ", formats.from, " has not ", x.dim(0), " spatial dimensions");
  }
  return formats;
}

template <typename T>
class VecPermute final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(Formats formats, FormatsOfRows(ctx));
    return std::make_unique<VecPermute>(ctx.input_shape(0), std::move(formats));
  }
  VecPermute(const Shape& shape, Formats formats)
      : formats_(std::move(formats)), columns_(shape.rank() == 1 ? 1 : 2) {
    AddOutput(DataTypeOf<T>::value, shape);
    AddPhase(1);
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    for (int64_t row = 0; row < in[0].shape().dim(0); ++row) {
      std::copy_n(in[0].data<T>() + row * columns_, columns_,
                  out[0].data<T>() + formats_.Place(row) * columns_);
    }
    return absl::OkStatus();
  }

 private:
  const Formats formats_;
  const int64_t columns_;
};

}  // namespace

void RegisterFormatPermutation(KernelRegistry& kernels) {
  using Types = TypeList<int32_t, int64_t>;
  kernels.Add<DimMap>("DataFormatDimMap").For<Types>("T");
  kernels.Add<VecPermute>("DataFormatVecPermute").For<Types>("T");
}

}  // namespace sessile
