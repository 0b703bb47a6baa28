// The equation of an einsum: which dimensions of the operands are the same, and which stay.
//
//   SESSILE_ASSIGN_OR_RETURN(const EinsumEquation equation, EinsumEquation::Parse("ij,jk->ik"));
//   SESSILE_ASSIGN_OR_RETURN(const auto dims, EinsumDims::Of(equation, shapes));
//   if (dims.has_value()) ... dims->OutputShape() ...
//
// A label is a character other than "," and "."; "..." stands for any number of dimensions, which
// broadcast. A label that occurs twice in one operand is its diagonal.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

struct EinsumEquation {
  static constexpr std::string_view kEllipsis = "...";

  std::vector<std::string> inputs;  // one or two subscripts
  std::string output;

  // "Expecting exactly one '->' in einsum equation: ij,jk", ...
  static absl::StatusOr<EinsumEquation> Parse(std::string_view equation);
};

// The equation with each "..." written out for shapes of known rank.
struct EinsumDims {
  using Label = int;  // a character, or kFirstBroadcast + the place of a broadcast one from the end
  static constexpr Label kFirstBroadcast = 256;

  std::vector<std::vector<Label>> inputs;  // one for each dimension
  std::vector<Label> output;
  std::map<Label, int64_t> sizes;

  // Nothing if too little is known to tell the output's rank. "Dimensions must be equal, but are 3
  // and 4", "Shape must be rank 1 but is rank 2".
  static absl::StatusOr<std::optional<EinsumDims>> Of(const EinsumEquation& equation,
                                                      std::span<const Shape> shapes);
  absl::StatusOr<Shape> OutputShape() const;
};

}  // namespace sessile
