#include "sessile/kernels/reduction_plan.h"

namespace sessile {

ReductionPlan::ReductionPlan(const ReductionAxes& axes, int64_t element_bytes) {
  const std::vector<ReductionAxes::Run>& runs = axes.runs();
  size_t outer = runs.size();
  if (outer > 0 && !runs.back().reduced) columns_ = runs[--outer].size;
  int64_t stride = columns_;
  for (size_t i = outer; i-- > 0;) {
    std::vector<Dim>& dims = runs[i].reduced ? reduced_dims_ : kept_dims_;
    dims.insert(dims.begin(), {runs[i].size, stride});
    (runs[i].reduced ? reduced_rows_ : kept_rows_) *= runs[i].size;
    stride *= runs[i].size;
  }
  tiles_ = columns_ / kTile + (columns_ % kTile != 0 ? 1 : 0);
  const int64_t wanted = BlocksOf(outputs() * reduced_rows_, element_bytes);
  if (units() > 0 && units() < wanted) {
    chunks_ = std::clamp<int64_t>(wanted / units(), 1, std::max<int64_t>(reduced_rows_, 1));
  }
  blocks_ = chunks_ > 1 ? units() * chunks_ : std::clamp<int64_t>(units(), 1, wanted);
}

ReductionPlan::Unit ReductionPlan::unit(int64_t i) const {
  const int64_t row = i / tiles_;
  const int64_t column = i % tiles_ * kTile;
  return {.output = row * columns_ + column,
          .input = Offset(kept_dims_, row) + column,
          .columns = std::min(kTile, columns_ - column)};
}

int64_t ReductionPlan::Offset(const std::vector<Dim>& dims, int64_t index) {
  int64_t offset = 0;
  for (size_t i = dims.size(); i-- > 0;) {
    offset += index % dims[i].size * dims[i].stride;
    index /= dims[i].size;
  }
  return offset;
}

}  // namespace sessile
