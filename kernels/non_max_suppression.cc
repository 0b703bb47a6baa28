// NonMaxSuppression: boxes are taken in the order of their scores, each unless it overlaps one that
// was taken before by more than the threshold. With sigma > 0 ("soft", Bodla et al., 2017) the
// score of a box that overlaps falls by e^(-overlap^2 / (2 sigma)) instead, and the box is put
// back.
//
// Every step is rounded to the type of the boxes, as TensorFlow does it.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

template <typename T>
Wide<T> Rounded(Wide<T> x) {
  return Widen(Narrow<T>(x));
}

// The common part of two boxes {y1, x1, y2, x2} (any two opposite corners), by their union.
template <typename T>
SESSILE_OPTIMIZE_SPEED Wide<T> Overlap(const T* a, const T* b) {
  using W = Wide<T>;
  const auto low = [](const T* box, int i) { return std::min(Widen(box[i]), Widen(box[i + 2])); };
  const auto high = [](const T* box, int i) { return std::max(Widen(box[i]), Widen(box[i + 2])); };
  const auto area = [&](const T* box) {
    const W height = Rounded<T>(high(box, 0) - low(box, 0));
    return Rounded<T>(height * Rounded<T>(high(box, 1) - low(box, 1)));
  };
  const auto common = [&](int i) {
    const W from = std::max(low(a, i), low(b, i));
    return std::max(Rounded<T>(std::min(high(a, i), high(b, i)) - from), W{0});
  };
  const W area_a = area(a);
  const W area_b = area(b);
  if (area_a <= 0 || area_b <= 0) return 0;
  const W both = Rounded<T>(common(0) * common(1));
  const W sum = Rounded<T>(area_a + area_b);
  return Rounded<T>(both / Rounded<T>(sum - both));
}

template <typename T>
struct Candidate {
  Wide<T> score;
  int32_t box;
  int32_t seen;  // of the boxes taken, those that its score has felt already

  bool operator<(const Candidate& other) const {
    return score == other.score ? box > other.box : score < other.score;
  }
};

// Which inputs and outputs a version has.
struct NmsVersion {
  bool overlaps = false;        // input 0 has the overlaps of all pairs
  float threshold = 0;          // without the input
  bool has_threshold = true;    // input 3
  bool has_least_score = true;  // input 4
  bool has_sigma = false;       // input 5
  bool has_scores = false;      // output 1
  bool has_count = false;       // the last output
  bool pad = false;             // to max_output_size
};

template <typename T>
class NonMaxSuppression final : public Prepared {
 public:
  NonMaxSuppression(const PrepareContext& ctx, const NmsVersion& version)
      : v_(version), boxes_(ctx.input_shape(1).dim(0)) {
    AddOutput(int32, Shape({None}));
    if (v_.has_scores) AddOutput(DataTypeOf<T>::value, Shape({None}));
    if (v_.has_count) AddOutput(int32, Shape());
    AddPhase(1);
    taken_at_ = (static_cast<size_t>(boxes_) * sizeof(Candidate<T>) + 7) / 8 * 8;
    SetScratch(1, taken_at_ + static_cast<size_t>(boxes_) * sizeof(Candidate<T>));
  }

  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const Limits limits, LimitsOf(in));
    auto* const taken = reinterpret_cast<Candidate<T>*>(scratch.slot<char>(0) + taken_at_);
    int64_t count = 0;
    SESSILE_RETURN_IF_ERROR(Take(ctx, in, limits, scratch.slot<Candidate<T>>(0), taken, &count));
    const int64_t size = v_.pad ? limits.most : count;
    SESSILE_ASSIGN_OR_RETURN(const TensorView indices, ctx.AllocateOutput(0, Shape({size})));
    for (int64_t i = 0; i < size; ++i) {
      indices.data<int32_t>()[i] = i < count ? taken[i].box : 0;
    }
    if (v_.has_scores) {
      SESSILE_ASSIGN_OR_RETURN(const TensorView scores, ctx.AllocateOutput(1, Shape({size})));
      for (int64_t i = 0; i < size; ++i) {
        scores.data<T>()[i] = Narrow<T>(i < count ? taken[i].score : Wide<T>{0});
      }
    }
    if (v_.has_count) *out.back().template data<int32_t>() = static_cast<int32_t>(count);
    return absl::OkStatus();
  }

 private:
  struct Limits {
    int64_t most = 0;
    Wide<T> overlap = 0;
    Wide<T> least_score = 0;
    Wide<T> sigma = 0;
  };

  // A scalar of half or float.
  static Wide<T> Scalar(const TensorView& view) {
    if (view.dtype() == DataType::kHalf) return Widen(*view.data<Half>());
    if (view.dtype() == DataType::kDouble) return static_cast<Wide<T>>(*view.data<double>());
    return Rounded<T>(static_cast<Wide<T>>(*view.data<float>()));
  }

  absl::StatusOr<Limits> LimitsOf(Inputs in) const {
    Limits limits{.most = *in[2].data<int32_t>(), .overlap = static_cast<Wide<T>>(v_.threshold)};
    if (limits.most < 0) return InvalidArgument("output size must be non-negative");
    if (v_.has_threshold) limits.overlap = Scalar(in[3]);
    // Of overlaps that are given anything may be asked.
    if (!v_.overlaps && !(limits.overlap >= 0 && limits.overlap <= 1)) {
      return InvalidArgument("iou_threshold must be in [0, 1]");
    }
    limits.least_score = Widen(Narrow<T>(std::numeric_limits<Wide<T>>::lowest()));
    if (v_.has_least_score) limits.least_score = Scalar(in[4]);
    if (v_.has_sigma) limits.sigma = Scalar(in[5]);
    if (!(limits.sigma >= 0)) return InvalidArgument("soft_nms_sigma must be non-negative");
    return limits;
  }

  Wide<T> OverlapOf(const T* boxes, int32_t a, int32_t b) const {
    if (v_.overlaps) return Widen(boxes[a * boxes_ + b]);
    return Overlap(boxes + int64_t{a} * 4, boxes + int64_t{b} * 4);
  }

  absl::Status Take(RunContext& ctx, Inputs in, const Limits& limits, Candidate<T>* heap,
                    Candidate<T>* taken, int64_t* count) const {
    const T* const scores = in[1].data<T>();
    int64_t left = 0;
    for (int64_t i = 0; i < boxes_; ++i) {
      const Wide<T> score = Widen(scores[i]);
      if (score > limits.least_score) heap[left++] = {score, static_cast<int32_t>(i), 0};
    }
    std::make_heap(heap, heap + left);
    while (*count < limits.most && left > 0) {
      if (ctx.cancelled()) return absl::CancelledError("Run call was cancelled");
      std::pop_heap(heap, heap + left);
      Candidate<T> next = heap[left - 1];
      const Wide<T> before = next.score;
      const bool stays = Feel(in[0].data<T>(), limits, taken, *count, &next);
      --left;
      if (!stays) continue;
      if (next.score == before) {
        taken[(*count)++] = next;
      } else if (next.score > limits.least_score) {
        heap[left++] = next;
        std::push_heap(heap, heap + left);
      }
    }
    return absl::OkStatus();
  }

  // Lowers the score of `next` for the boxes taken that it has not felt; false if one of them
  // rules it out.
  SESSILE_OPTIMIZE_SPEED bool Feel(const T* boxes, const Limits& limits, const Candidate<T>* taken,
                                   int64_t count, Candidate<T>* next) const {
    const bool soft = limits.sigma > 0;
    const Wide<T> scale = soft ? Rounded<T>(Wide<T>(-0.5) / limits.sigma) : 0;
    for (int64_t j = count - 1; j >= next->seen; --j) {
      const Wide<T> overlap = OverlapOf(boxes, next->box, taken[j].box);
      if (!soft && overlap > limits.overlap) return false;
      if (soft) {
        const Wide<T> square = Rounded<T>(Rounded<T>(scale * overlap) * overlap);
        const Wide<T> weight = Rounded<T>(std::exp(square));
        next->score = Rounded<T>(next->score * weight);
      }
      if (next->score <= limits.least_score) break;
    }
    next->seen = static_cast<int32_t>(count);
    return true;
  }

  const NmsVersion v_;
  const int64_t boxes_;
  size_t taken_at_ = 0;
};

absl::StatusOr<NmsVersion> NmsVersionOf(const PrepareContext& ctx, bool overlaps) {
  const int inputs = ctx.num_inputs();
  NmsVersion version{.overlaps = overlaps,
                     .has_threshold = inputs > 3,
                     .has_least_score = inputs > 4,
                     .has_sigma = inputs > 5,
                     .has_scores = ctx.num_outputs() > 2,
                     .has_count = ctx.num_outputs() > 1};
  if (!version.has_threshold) {
    SESSILE_ASSIGN_OR_RETURN(version.threshold, ctx.Attr<float>("iou_threshold"));
  }
  SESSILE_ASSIGN_OR_RETURN(version.pad, ctx.attrs().GetOr<bool>("pad_to_max_output_size", false));
  constexpr std::array<const char*, 4> kScalars = {"max_output_size", "iou_threshold",
                                                   "score_threshold", "soft_nms_sigma"};
  for (int i = 2; i < inputs; ++i) {
    if (ctx.input_shape(i).rank() == 0) continue;
    return InvalidArgument(kScalars[static_cast<size_t>(i - 2)], " must be 0-D, got shape ",
                           ctx.input_shape(i).ToString());
  }
  return version;
}

template <bool overlaps>
PreparedOr PrepareNonMaxSuppression(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const NmsVersion version, NmsVersionOf(ctx, overlaps));
  const char* const what = overlaps ? "overlaps" : "boxes";
  const Shape& boxes = ctx.input_shape(0);
  const Shape& scores = ctx.input_shape(1);
  if (boxes.rank() != 2) return InvalidArgument(what, " must be 2-D, got ", boxes.ToString());
  if (boxes.dim(1) != (overlaps ? boxes.dim(0) : 4)) {
    return InvalidArgument(what, overlaps ? " must be square, got " : " must have 4 columns, got ",
                           boxes.ToString());
  }
  if (scores.rank() != 1) return InvalidArgument("scores must be 1-D, got ", scores.ToString());
  if (scores.dim(0) != boxes.dim(0)) {
    return InvalidArgument("scores has incompatible shape: ", scores.ToString(), " for ", what, " ",
                           boxes.ToString());
  }
  if (scores.dim(0) > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument("there may be 2^31 - 1 boxes at most, got ", scores.dim(0));
  }
  switch (ctx.input_dtype(0)) {
    case DataType::kHalf:
      return std::make_unique<NonMaxSuppression<Half>>(ctx, version);
    case DataType::kDouble:
      return std::make_unique<NonMaxSuppression<double>>(ctx, version);
    default:
      return std::make_unique<NonMaxSuppression<float>>(ctx, version);
  }
}

}  // namespace

void RegisterNonMaxSuppression(KernelRegistry& kernels) {
  for (const char* op : {"NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3",
                         "NonMaxSuppressionV4", "NonMaxSuppressionV5"}) {
    kernels.Add(op, PrepareNonMaxSuppression<false>);
  }
  kernels.Add("NonMaxSuppressionWithOverlaps", PrepareNonMaxSuppression<true>);
}

}  // namespace sessile
