// Which dimensions a reduction removes, and the shape that is left.
//
//   SESSILE_ASSIGN_OR_RETURN(const ReductionAxes axes,
//                            ReductionAxes::Of({64, 28, 28, 4}, {0, 1, 2}, /*keep_dims=*/false));
//   axes.output() == [4];  axes.runs() == {{50176, reduced}, {4, kept}}
//
// A value type.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/shape.h"

namespace sessile {

class ReductionAxes {
 public:
  // Neighbouring dimensions that are all reduced, or all kept, as one.
  struct Run {
    int64_t size = 1;
    bool reduced = false;
    friend bool operator==(const Run&, const Run&) = default;
  };

  // REQUIRES: input has a rank. Negative axes count from the end, and a repeated one counts once.
  // "Invalid reduction dimension 5 for input with 2 dimensions."
  static absl::StatusOr<ReductionAxes> Of(const Shape& input, std::span<const int64_t> axes,
                                          bool keep_dims);
  // As Of, with the stricter rule and the messages of a running op: "Invalid reduction dimension (5
  // for input with 2 dimension(s)", "Invalid reduction arguments: Axes contains duplicate
  // dimension: 0".
  static absl::StatusOr<ReductionAxes> OfRun(const Shape& input, std::span<const int64_t> axes,
                                             bool keep_dims);

  bool reduced(int dim) const { return reduced_[static_cast<size_t>(dim)]; }
  const Shape& output() const { return output_; }

  // For fully defined inputs: the input as runs that are reduced and kept in turn, dimensions of
  // size 1 left out. A scalar has none.
  const std::vector<Run>& runs() const { return runs_; }
  // Elements of the input for each element of the output.
  int64_t reduced_elements() const { return reduced_elements_; }

 private:
  static absl::StatusOr<ReductionAxes> Make(const Shape& input, std::vector<bool> reduced,
                                            bool keep_dims);
  std::vector<bool> reduced_;
  Shape output_;
  std::vector<Run> runs_;
  int64_t reduced_elements_ = 1;
};

}  // namespace sessile
