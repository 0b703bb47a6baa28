// numpy's .npy files.
//
//   SESSILE_ASSIGN_OR_RETURN(Tensor images, ReadNpy("images.npy"));
//   SESSILE_RETURN_IF_ERROR(WriteNpy("logits.npy", logits));
//
// Reads versions 1 to 3, C and Fortran order, both byte orders, all numbers, bools, and strings of
// fixed width ('S' as bytes, 'U' as UTF-8), which lose trailing zeros as in numpy. Files with
// Python objects, records or dates are UNIMPLEMENTED. A header is believed only as far as the file
// is long. Writes what numpy.save writes; types that numpy lacks go as those of the same bits
// (bfloat16 as uint16, qint8 as int8, ...). Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

// DATA_LOSS for what is no such file; `what` names it in errors.
absl::StatusOr<Tensor> ParseNpy(std::string_view bytes, const std::string& what);
absl::StatusOr<std::string> SerializeNpy(const Tensor& tensor);

absl::StatusOr<Tensor> ReadNpy(const std::string& path);
absl::Status WriteNpy(const std::string& path, const Tensor& tensor);

}  // namespace sessile
