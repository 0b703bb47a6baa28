// ScalarSummary, HistogramSummary, ImageSummary, TensorSummaryV2 and MergeSummary, and their
// builders.

#include "sessile/ops/summary.h"

#include <cctype>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr const char* kNoGradient = "a summary is a string";

std::string CleanTag(std::string_view name) {
  std::string clean(name);
  for (char& c : clean) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    if (!is_word && c != '-' && c != '/' && c != '.') c = '_';
  }
  clean.erase(0, clean.find_first_not_of('/'));
  return clean;
}

using Collections = std::optional<std::vector<std::string>>;

void Collect(const Output& summary, const Collections& collections) {
  for (const std::string& key :
       collections.value_or(std::vector<std::string>{GraphKeys::SUMMARIES})) {
    add_to_collection(key, summary);
  }
}

// The scope of one summary, in the graph of its input.
class SummaryScope {
 public:
  SummaryScope(std::string_view name, const std::string& family, const Input& input)
      : graph_(graph_of({&input, 1}).as_default()),
        family_(CleanTag(family)),
        scope_(family_.empty() ? CleanTag(name) : absl::StrCat(family_, "/", CleanTag(name))) {}

  const std::string& name() const { return scope_.name(); }
  // The scope without its slash, the family once more before it.
  std::string tag() const {
    std::string tag = scope_.name();
    while (tag.ends_with('/')) tag.pop_back();
    return family_.empty() ? tag : absl::StrCat(family_, "/", tag);
  }

 private:
  const DefaultGraphScope graph_;
  const std::string family_;
  const name_scope scope_;
};

}  // namespace

void RegisterSummary(OpRegistry& ops) {
  ops.Add("ScalarSummary")
      .Input("tags: string")
      .Input("values: T")
      .Output("summary: string")
      .Attr("T: realnumbertype")
      .Shape(ScalarShape)
      .NotDifferentiable(kNoGradient)
      .Doc("A Summary of numbers, each under its tag.");
  ops.Add("HistogramSummary")
      .Input("tag: string")
      .Input("values: T")
      .Output("summary: string")
      .Attr("T: realnumbertype = DT_FLOAT")
      .Shape(ScalarShape)
      .NotDifferentiable(kNoGradient)
      .Doc("A Summary of the distribution of `values`.");
  ops.Add("ImageSummary")
      .Input("tag: string")
      .Input("tensor: T")
      .Output("summary: string")
      .Attr("max_images: int >= 1 = 3")
      .Attr("T: {uint8, float, half, double} = DT_FLOAT")
      .Attr("bad_color: tensor",
            Tensor::FromValues<uint8_t>(Shape({4}), {255, 0, 0, 255}).value_or(Tensor()))
      .Shape(ScalarShape)
      .NotDifferentiable(kNoGradient)
      .Doc("A Summary of the first `max_images` images of a batch, as PNG.");
  ops.Add("TensorSummaryV2")
      .Input("tag: string")
      .Input("tensor: T")
      .Input("serialized_summary_metadata: string")
      .Output("summary: string")
      .Attr("T: type")
      .Shape(ScalarShape)
      .NotDifferentiable(kNoGradient)
      .Doc("A Summary of a whole tensor, with what TensorBoard is to know of it.");
  ops.Add("MergeSummary")
      .Input("inputs: N * string")
      .Output("summary: string")
      .Attr("N: int >= 1")
      .Shape(ScalarShape)
      .NotDifferentiable(kNoGradient)
      .Doc("Several Summaries as one.");
}

namespace summary {

Output scalar(std::string_view name, Input tensor, const SummaryOptions& options) {
  SourceScope here(tensor);
  const SummaryScope scope(name, options.family, tensor);
  const Output summary =
      OpBuilder("ScalarSummary", scope.name()).Input(scope.tag()).Input(tensor).Build();
  Collect(summary, options.collections);
  return summary;
}

Output histogram(std::string_view name, Input values, const SummaryOptions& options) {
  SourceScope here(values);
  const SummaryScope scope(name, options.family, values);
  const Output summary =
      OpBuilder("HistogramSummary", scope.name()).Input(scope.tag()).Input(values).Build();
  Collect(summary, options.collections);
  return summary;
}

Output image(std::string_view name, Input tensor, const ImageSummaryOptions& options) {
  SourceScope here(tensor);
  const SummaryScope scope(name, options.family, tensor);
  const Output summary = OpBuilder("ImageSummary", scope.name())
                             .Input(scope.tag())
                             .Input(tensor)
                             .Attr("max_images", options.max_outputs)
                             .Build();
  Collect(summary, options.collections);
  return summary;
}

Output text(std::string_view name, Input tensor, const TextSummaryOptions& options) {
  SourceScope here(tensor);
  const std::optional<DataType> dtype = tensor.dtype();
  if (dtype.has_value() && *dtype != string) {
    errors::ThrowIfError(InvalidArgument("Expected tensor ",
                                         tensor.is_output() ? tensor.output().name() : "",
                                         " to have dtype string, got ", PythonName(*dtype)));
  }
  const SummaryScope scope(name, {}, tensor);
  // SummaryMetadata{plugin_data {plugin_name: "text"}}.
  static constexpr const char* kTextMetadata = "\x0a\x06\x0a\x04text";
  const Output summary = OpBuilder("TensorSummaryV2", scope.name())
                             .Input(scope.tag())
                             .Input(tensor)
                             .Input(kTextMetadata)
                             .Build();
  Collect(summary, options.collections);
  return summary;
}

Output merge(const InputList& inputs, const MergeSummaryOptions& options) {
  if (inputs.empty()) {
    errors::ThrowIfError(InvalidArgument("tf::summary::merge needs at least one summary"));
  }
  SourceScope here(inputs.front());
  const DefaultGraphScope with = graph_of(inputs).as_default();
  const std::string name = CleanTag(options.name);
  const name_scope scope(name.empty() ? "Merge" : name);
  const Output summary = OpBuilder("MergeSummary", name).InputList(inputs).Build();
  Collect(summary, options.collections);
  return summary;
}

Output merge_all(const MergeAllOptions& options) {
  const std::vector<Output> summaries = get_collection<Output>(options.key, options.scope);
  if (summaries.empty()) return {};
  return merge(summaries, {.name = options.name});
}

}  // namespace summary
}  // namespace sessile
