// float32 convolutions by oneDNN. The batch is cut into blocks of images; the layout of activations
// is the graph's, filters are repacked once a run.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/conv2d_shape.h"

namespace sessile {

// Inputs and outputs are those of the three operations. By the implementation of that name, or,
// where it is empty, by the best. UNIMPLEMENTED for what oneDNN cannot do well, or not by that one.
absl::StatusOr<std::unique_ptr<Prepared>> OneDnnForward(const ConvolutionShape& conv,
                                                        std::string_view name);
absl::StatusOr<std::unique_ptr<Prepared>> OneDnnBackwardInput(const ConvolutionShape& conv,
                                                              std::string_view name);
absl::StatusOr<std::unique_ptr<Prepared>> OneDnnBackwardFilter(const ConvolutionShape& conv,
                                                               std::string_view name);

// The names that there are, the best first; none for what oneDNN cannot do.
std::vector<std::string> OneDnnImplementations(onednn::ConvolutionKind kind,
                                               const ConvolutionShape& conv);

}  // namespace sessile
