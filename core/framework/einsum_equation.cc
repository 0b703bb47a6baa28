#include "sessile/core/framework/einsum_equation.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

using Label = EinsumDims::Label;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status CheckSubscript(const std::string& subscript) {
  const auto periods = std::count(subscript.begin(), subscript.end(), '.');
  const bool has_ellipsis = subscript.find(EinsumEquation::kEllipsis) != std::string::npos;
  if (periods == 0 || (periods == 3 && has_ellipsis)) return absl::OkStatus();
  return InvalidArgument("Expected at most one ellipsis (...), but found ", periods,
                         " periods (.) in the input subscript: ", subscript);
}

// A label for each of `rank` dimensions.
absl::StatusOr<std::vector<Label>> LabelsOf(const std::string& subscript, int rank) {
  const size_t at = subscript.find(EinsumEquation::kEllipsis);
  const bool has_ellipsis = at != std::string::npos;
  const int named = static_cast<int>(subscript.size()) - (has_ellipsis ? 3 : 0);
  if (!has_ellipsis && named != rank) {
    return InvalidArgument("Shape must be rank ", named, " but is rank ", rank);
  }
  if (named > rank) {
    return InvalidArgument("Shape must be at least rank ", named, " but is rank ", rank);
  }
  std::vector<Label> labels;
  for (size_t i = 0; i < subscript.size(); ++i) {
    if (i != at) {
      labels.push_back(static_cast<unsigned char>(subscript[i]));
      continue;
    }
    for (int k = rank - named - 1; k >= 0; --k) labels.push_back(EinsumDims::kFirstBroadcast + k);
    i += 2;
  }
  return labels;
}

absl::StatusOr<int64_t> BroadcastDim(int64_t a, int64_t b) {
  if (a == 1) return b;
  if (b == 1) return a;
  if (a == None || b == None) return std::max(a, b);  // a size above 1 is that of both
  return Shape::MergeDim(a, b);
}

bool HasEllipsis(const std::string& subscript) {
  return subscript.find(EinsumEquation::kEllipsis) != std::string::npos;
}

}  // namespace

absl::StatusOr<EinsumEquation> EinsumEquation::Parse(std::string_view equation) {
  const std::vector<std::string> sides = absl::StrSplit(View(equation), "->");
  if (sides.size() != 2) {
    return InvalidArgument("Expecting exactly one '->' in einsum equation: ", View(equation));
  }
  EinsumEquation parsed = {.inputs = absl::StrSplit(sides[0], ','), .output = sides[1]};
  if (parsed.inputs.size() > 2) {
    return InvalidArgument("Expecting 1 or 2 input subscripts in equation '", View(equation),
                           "' but got: ", parsed.inputs.size());
  }
  for (const std::string& input : parsed.inputs) SESSILE_RETURN_IF_ERROR(CheckSubscript(input));
  SESSILE_RETURN_IF_ERROR(CheckSubscript(parsed.output));
  for (const char label : parsed.output) {
    if (label == '.' || sides[0].find(label) != std::string::npos) continue;
    return InvalidArgument("Einsum output subscripts for equation '", View(equation),
                           "' has label '", std::string(1, label),
                           "' which is not present in the input subscripts");
  }
  return parsed;
}

absl::StatusOr<std::optional<EinsumDims>> EinsumDims::Of(const EinsumEquation& equation,
                                                         std::span<const Shape> shapes) {
  if (shapes.size() != equation.inputs.size()) {
    return InvalidArgument("Expected ", equation.inputs.size(),
                           " inputs for the equation but got: ", shapes.size());
  }
  EinsumDims dims;
  int broadcast_rank = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const std::string& subscript = equation.inputs[i];
    const bool has_ellipsis = HasEllipsis(subscript);
    if (!shapes[i].has_rank() && has_ellipsis) return std::optional<EinsumDims>();
    const int rank = shapes[i].has_rank() ? shapes[i].rank() : static_cast<int>(subscript.size());
    const Shape shape = shapes[i].has_rank() ? shapes[i] : Shape::UnknownOfRank(rank);
    SESSILE_ASSIGN_OR_RETURN(std::vector<Label> labels, LabelsOf(subscript, rank));
    for (int d = 0; d < rank; ++d) {
      const Label label = labels[static_cast<size_t>(d)];
      const auto [known, is_new] = dims.sizes.emplace(label, shape.dim(d));
      if (is_new) continue;
      SESSILE_ASSIGN_OR_RETURN(known->second, label < kFirstBroadcast
                                                  ? Shape::MergeDim(known->second, shape.dim(d))
                                                  : BroadcastDim(known->second, shape.dim(d)));
    }
    if (has_ellipsis) {
      broadcast_rank = std::max(broadcast_rank, rank - static_cast<int>(subscript.size()) + 3);
    }
    dims.inputs.push_back(std::move(labels));
  }
  const bool keeps_broadcast = HasEllipsis(equation.output);
  if (!keeps_broadcast && broadcast_rank > 0) {
    return InvalidArgument("Shape must be at most rank 0 but is rank ", broadcast_rank);
  }
  const int named = static_cast<int>(equation.output.size()) - (keeps_broadcast ? 3 : 0);
  if (named + broadcast_rank > Shape::kMaxRank) {
    return InvalidArgument("The result has more than ", Shape::kMaxRank, " dimensions");
  }
  SESSILE_ASSIGN_OR_RETURN(dims.output, LabelsOf(equation.output, named + broadcast_rank));
  return dims;
}

absl::StatusOr<Shape> EinsumDims::OutputShape() const {
  std::vector<int64_t> shape;
  for (const Label label : output) shape.push_back(sizes.at(label));
  return Shape::FromDims(shape);
}

}  // namespace sessile
