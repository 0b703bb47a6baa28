// Makes IDX files, whole and damaged ones, in a folder that goes away with the object.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sessile/tests/temp_folder.h"

namespace sessile {

// Header and elements of an IDX file of unsigned bytes.
std::string IdxBytes(const std::vector<uint32_t>& dims, const std::string& elements);

class IdxFolder : public TempFolder {
 public:
  // Both return the path of the file.
  std::string Write(const std::string& name, const std::string& content) const;
  std::string WriteGzip(const std::string& name, const std::string& content) const;

  // Writes the four files of a data set: in image i of a file every pixel is i, its label is i
  // % 10.
  void WriteDataSet(uint32_t train, uint32_t test, uint32_t height = 28, uint32_t width = 28) const;
};

}  // namespace sessile
