// The IDX format of MNIST and its kin: a big-endian magic number 0x0000TTRR (TT: element type, 8 is
// an unsigned byte; RR: rank), RR big-endian 32-bit sizes, then the elements in row-major order.
//
//   SESSILE_ASSIGN_OR_RETURN(IdxArray images, ReadIdx("train-images-idx3-ubyte.gz", 3));
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sessile {

struct IdxArray {
  std::vector<int64_t> dims;
  std::vector<uint8_t> bytes;  // as many as the product of dims
};

// Reads an array of bytes of that rank (1 to 8) from a plain or gzip-compressed file. NOT_FOUND if
// there is no such file; INVALID_ARGUMENT, naming the file, what was expected and what came, if it
// is not whole. Memory follows what the file really holds, whatever its header announces; more than
// kMaxIdxBytes are refused.
absl::StatusOr<IdxArray> ReadIdx(const std::string& path, int rank);

inline constexpr int64_t kMaxIdxBytes = int64_t{1} << 30;

}  // namespace sessile
