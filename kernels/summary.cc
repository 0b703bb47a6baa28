// ScalarSummary, HistogramSummary, MergeSummary and TensorSummaryV2: Summary messages as strings.

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/graph/proto_convert.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/proto/summary.pb.h"
#include "sessile/proto/tensor.pb.h"
#include "sessile/proto/tensor_shape.pb.h"

namespace sessile {
namespace {

const std::string& TextAt(const TensorView& view, int64_t i = 0) {
  return view.data<std::string>()[i];
}

absl::Status Emit(const pb::Summary& summary, Outputs out) {
  SESSILE_ASSIGN_OR_RETURN(*out[0].data<std::string>(), SerializeDeterministic(summary));
  return absl::OkStatus();
}

// What all have: one string, made in one block.
class SummaryKernel : public Prepared {
 public:
  SummaryKernel() {
    AddOutput(DataType::kString, Shape());
    AddPhase(1);
  }
};

absl::Status CheckTagIsScalar(const PrepareContext& ctx) {
  if (ctx.input_shape(0).rank() == 0) return absl::OkStatus();
  return InvalidArgument("tag must be scalar, got shape ", ctx.input_shape(0).ToString());
}

template <typename T>
class ScalarSummary final : public SummaryKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (!(ctx.input_shape(0) == ctx.input_shape(1))) {
      return InvalidArgument("tags and values are not the same shape: ",
                             ctx.input_shape(0).ToString(), " != ", ctx.input_shape(1).ToString());
    }
    return std::make_unique<ScalarSummary>();
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    pb::Summary summary;
    const T* const values = in[1].data<T>();
    for (int64_t i = 0; i < in[0].num_elements(); ++i) {
      pb::Summary::Value* const value = summary.add_value();
      value->set_tag(TextAt(in[0], i));
      value->set_simple_value(static_cast<float>(Widen(values[i])));
    }
    return Emit(summary, out);
  }
};

// Buckets that grow by a tenth from 1e-12 to 1e20, the same below zero, and one up to the end.
std::vector<double> MakeBucketLimits() {
  std::vector<double> positive;
  for (double limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push_back(limit);
  positive.push_back(std::numeric_limits<double>::max());
  std::vector<double> limits;
  for (auto limit = positive.rbegin(); limit != positive.rend(); ++limit) {
    limits.push_back(-*limit);
  }
  limits.push_back(0.0);
  limits.insert(limits.end(), positive.begin(), positive.end());
  return limits;
}

const std::vector<double>& BucketLimits() {
  static const auto& limits = *new std::vector<double>(MakeBucketLimits());
  return limits;
}

class Histogram {
 public:
  void Add(double value) {
    const auto& limits = BucketLimits();
    const auto at = std::upper_bound(limits.begin(), limits.end() - 1, value);
    counts_[static_cast<size_t>(at - limits.begin())] += 1;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    num_ += 1;
    sum_ += value;
    sum_of_squares_ += value * value;
  }

  // Runs of empty buckets are written as one.
  void Write(pb::HistogramProto* proto) const {
    proto->set_min(min_);
    proto->set_max(max_);
    proto->set_num(num_);
    proto->set_sum(sum_);
    proto->set_sum_squares(sum_of_squares_);
    for (size_t i = 0; i < counts_.size(); ++i) {
      while (counts_[i] == 0 && i + 1 < counts_.size() && counts_[i + 1] == 0) ++i;
      proto->add_bucket_limit(BucketLimits()[i]);
      proto->add_bucket(counts_[i]);
    }
  }

 private:
  std::vector<double> counts_ = std::vector<double>(BucketLimits().size());
  double min_ = std::numeric_limits<double>::max();
  double max_ = std::numeric_limits<double>::lowest();
  double num_ = 0;
  double sum_ = 0;
  double sum_of_squares_ = 0;
};

template <typename T>
class HistogramSummary final : public SummaryKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckTagIsScalar(ctx));
    return std::make_unique<HistogramSummary>(ctx.node().name());
  }

  explicit HistogramSummary(std::string name) : name_(std::move(name)) {}

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    Histogram histogram;
    const T* const values = in[1].data<T>();
    for (int64_t i = 0; i < in[1].num_elements(); ++i) {
      const auto value = static_cast<double>(Widen(values[i]));
      if (std::isnan(value)) return InvalidArgument("Nan in summary histogram for: ", name_);
      if (std::isinf(value)) return InvalidArgument("Infinity in summary histogram for: ", name_);
      histogram.Add(value);
    }
    pb::Summary summary;
    pb::Summary::Value* const value = summary.add_value();
    value->set_tag(TextAt(in[0]));
    histogram.Write(value->mutable_histo());
    return Emit(summary, out);
  }

 private:
  const std::string name_;
};

class MergeSummary final : public SummaryKernel {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<MergeSummary>(); }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    pb::Summary summary;
    std::set<std::string> tags;
    for (const TensorView& input : in) {
      for (int64_t i = 0; i < input.num_elements(); ++i) {
        pb::Summary one;
        SESSILE_RETURN_IF_ERROR(ParseProto(TextAt(input, i), &one, "one of the summary inputs"));
        for (pb::Summary::Value& value : *one.mutable_value()) {
          if (!tags.insert(value.tag()).second) {
            return InvalidArgument("Duplicate tag ", value.tag(), " found in summary inputs");
          }
          summary.add_value()->Swap(&value);
        }
      }
    }
    return Emit(summary, out);
  }
};

class TensorSummary final : public SummaryKernel {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_RETURN_IF_ERROR(CheckTagIsScalar(ctx));
    if (ctx.input_shape(2).rank() != 0) {
      return InvalidArgument("serialized_summary_metadata must be scalar, got shape ",
                             ctx.input_shape(2).ToString());
    }
    return std::make_unique<TensorSummary>();
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    pb::Summary summary;
    pb::Summary::Value* const value = summary.add_value();
    value->set_tag(TextAt(in[0]));
    WriteTensor(in[1], value->mutable_tensor());
    SESSILE_RETURN_IF_ERROR(
        ParseProto(TextAt(in[2]), value->mutable_metadata(), "serialized_summary_metadata"));
    return Emit(summary, out);
  }

 private:
  static void WriteTensor(const TensorView& view, pb::TensorProto* proto) {
    proto->set_dtype(static_cast<pb::DataType>(view.dtype()));
    ShapeToProto(view.shape(), proto->mutable_tensor_shape());
    if (view.dtype() == DataType::kString) {
      for (int64_t i = 0; i < view.num_elements(); ++i) proto->add_string_val(TextAt(view, i));
      return;
    }
    const size_t bytes = static_cast<size_t>(view.num_elements()) * DataTypeSize(view.dtype());
    proto->set_tensor_content(view.raw(), bytes);
  }
};

}  // namespace

void RegisterSummary(KernelRegistry& kernels) {
  kernels.Add<ScalarSummary>("ScalarSummary").For<AllNumberTypes>("T");
  kernels.Add<HistogramSummary>("HistogramSummary").For<AllNumberTypes>("T");
  kernels.Add("MergeSummary", MergeSummary::Prepare);
  kernels.Add("TensorSummaryV2", TensorSummary::Prepare);
}

}  // namespace sessile
