// The header of a .npy file: a Python dict as text, behind a magic and a version.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sessile {

struct NpyHeader {
  char byte_order = '|';  // '<' little, '>' big, '|' none
  char kind = 'f';        // b, i, u, f, c, S or U
  size_t item_size = 0;   // bytes
  bool fortran_order = false;
  std::vector<int64_t> shape;
  size_t data_begin = 0;  // where the elements begin in the file
};

// Errors do not name the file.
absl::StatusOr<NpyHeader> ParseNpyHeader(std::string_view bytes);

// Version 1, up to the first element; data_begin is not looked at.
std::string SerializeNpyHeader(const NpyHeader& header);

}  // namespace sessile
