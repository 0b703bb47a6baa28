// A progress bar in the last line of a terminal; nothing at all where the output is no terminal.
//
//   ProgressBar bar(batches);
//   for (int64_t i = 0; i < batches; ++i) {
//     bar.show(i);
//     ...
//     if (i % 100 == 0) { bar.hide(); std::printf(...); }
//   }
//
// Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace sessile {

class ProgressBar {
 public:
  // Draws on stderr if both it and stdout are terminals.
  explicit ProgressBar(int64_t total);
  // Draws on `out`, which must outlive the bar, if `visible`.
  ProgressBar(int64_t total, std::FILE* out, bool visible);
  // Hides the bar.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Draws the bar with `done` of `total` steps done, unless it would look as it does already.
  void show(int64_t done);
  // Clears the line for other text, which is to end with a newline.
  void hide();

 private:
  const int64_t total_;
  std::FILE* const out_;
  const bool visible_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  int64_t drawn_ = -1;  // what the line shows, in thousandths; -1 if it is clear
};

}  // namespace sessile
