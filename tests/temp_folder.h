// A new empty folder, which goes away with its contents and the object: tests that run side by
// side, and the suite that runs once more by the reference executor, do not meet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sessile {

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  // The paths of what is in it and in its folders, seen from it, sorted.
  std::vector<std::string> Files() const;

 private:
  std::string path_;
};

}  // namespace sessile
