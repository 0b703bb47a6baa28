// Assert: an error that shows its data unless a condition holds. Print: the input itself, its data
// shown on standard error.

#include <atomic>
#include <cstdio>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

template <typename T>
std::string Text(const TensorView& view, int64_t i) {
  return absl::StrCat(Widen(view.data<T>()[i]));
}

std::string ElementText(const TensorView& view, int64_t i) {
  switch (view.dtype()) {
    case DataType::kString:
      return view.data<std::string>()[i];
    case DataType::kBool:
      return view.data<bool>()[i] ? "1" : "0";
    case DataType::kFloat:
      return Text<float>(view, i);
    case DataType::kDouble:
      return Text<double>(view, i);
    case DataType::kHalf:
      return Text<Half>(view, i);
    case DataType::kBFloat16:
      return Text<BFloat16>(view, i);
    case DataType::kInt8:
      return absl::StrCat(static_cast<int>(view.data<int8_t>()[i]));
    case DataType::kUInt8:
      return absl::StrCat(static_cast<int>(view.data<uint8_t>()[i]));
    case DataType::kInt16:
      return Text<int16_t>(view, i);
    case DataType::kUInt16:
      return Text<uint16_t>(view, i);
    case DataType::kInt32:
      return Text<int32_t>(view, i);
    case DataType::kUInt32:
      return Text<uint32_t>(view, i);
    case DataType::kInt64:
      return Text<int64_t>(view, i);
    case DataType::kUInt64:
      return Text<uint64_t>(view, i);
    default:
      return "?";
  }
}

// The first `limit` elements as TensorFlow shows them: "1 2 3...", "[1 2][3 4]".
class Summary {
 public:
  Summary(const TensorView& view, int64_t limit) : view_(view), limit_(limit) {
    if (view.shape().rank() == 0) {
      if (limit > 0) text_ = ElementText(view, 0);
    } else {
      AddDim(0);
    }
    if (view.num_elements() > limit) text_ += "...";
  }
  const std::string& text() const { return text_; }

 private:
  void AddDim(int dim) {
    const Shape& shape = view_.shape();
    const bool last = dim == shape.rank() - 1;
    for (int64_t i = 0; i < shape.dim(dim) && next_ < limit_; ++i) {
      if (last) {
        absl::StrAppend(&text_, i == 0 ? "" : " ", ElementText(view_, next_++));
        if (next_ == limit_ && dim != 0 && i + 1 < shape.dim(dim)) text_ += "...";
      } else {
        text_ += "[";
        AddDim(dim + 1);
        text_ += "]";
      }
    }
  }

  const TensorView& view_;
  const int64_t limit_;
  int64_t next_ = 0;
  std::string text_;
};

int64_t LimitOf(int64_t summarize) {
  return summarize < 0 ? std::numeric_limits<int64_t>::max() : summarize;
}

class Assert final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if (ctx.input_shape(0).rank() != 0) {
      return InvalidArgument("In[0] should be a scalar: ", ctx.input_shape(0).ToString());
    }
    SESSILE_ASSIGN_OR_RETURN(const int64_t summarize, ctx.Attr<int64_t>("summarize"));
    return std::make_unique<Assert>(summarize);
  }
  explicit Assert(int64_t summarize) : limit_(LimitOf(summarize)) { AddPhase(1); }
  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    if (*in[0].data<bool>()) return absl::OkStatus();
    std::string text = "assertion failed: ";
    for (size_t i = 1; i < in.size(); ++i) {
      absl::StrAppend(&text, i == 1 ? "" : " ", "[", Summary(in[i], limit_).text(), "]");
    }
    return InvalidArgument(text);
  }

 private:
  const int64_t limit_;
};

// How often a Print node has run.
struct PrintCount final : KernelState {
  std::atomic<int64_t> runs{0};
};

class Print final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    auto kernel = std::make_unique<Print>();
    SESSILE_ASSIGN_OR_RETURN(kernel->message_, ctx.Attr<std::string>("message"));
    SESSILE_ASSIGN_OR_RETURN(kernel->first_n_, ctx.Attr<int64_t>("first_n"));
    SESSILE_ASSIGN_OR_RETURN(const int64_t summarize, ctx.Attr<int64_t>("summarize"));
    kernel->limit_ = LimitOf(summarize);
    kernel->AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    kernel->Alias(0, 0);
    kernel->AddPhase(1);
    return kernel;
  }
  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    auto* const count = static_cast<PrintCount*>(ctx.state());
    if (first_n_ >= 0 && count->runs.fetch_add(1) >= first_n_) return absl::OkStatus();
    std::string text = message_;
    for (size_t i = 1; i < in.size(); ++i) {
      absl::StrAppend(&text, "[", Summary(in[i], limit_).text(), "]");
    }
    std::fprintf(stderr, "%s\n", text.c_str());
    return absl::OkStatus();
  }

 private:
  std::string message_;
  int64_t first_n_ = -1;
  int64_t limit_ = 0;
};

absl::StatusOr<std::unique_ptr<KernelState>> MakePrintCount(const Node&) {
  return std::make_unique<PrintCount>();
}

}  // namespace

void RegisterAssert(KernelRegistry& kernels) {
  kernels.Add("Assert", Assert::Prepare);
  kernels.Add("Print", Print::Prepare).State(MakePrintCount);
}

}  // namespace sessile
