#include "sessile/examples/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <string>

namespace sessile {

ProgressBar::ProgressBar(int64_t total)
    : ProgressBar(total, stderr, isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) {}

ProgressBar::ProgressBar(int64_t total, std::FILE* out, bool visible)
    : total_(total), out_(out), visible_(visible && total > 0) {}

ProgressBar::~ProgressBar() { hide(); }

void ProgressBar::show(int64_t done) {
  if (!visible_) return;
  const double share =
      static_cast<double>(std::clamp<int64_t>(done, 0, total_)) / static_cast<double>(total_);
  const auto thousandths = static_cast<int64_t>(share * 1000);
  if (thousandths == drawn_) return;
  drawn_ = thousandths;
  constexpr int kWidth = 40;
  const int filled = static_cast<int>(share * kWidth);
  const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
  // The carriage return first: the next drawing, or hide(), begins at the left edge again.
  std::fprintf(out_, "\r[%s] %lld/%lld %.0fs", bar.c_str(), static_cast<long long>(done),
               static_cast<long long>(total_), spent.count());
  std::fflush(out_);
}

void ProgressBar::hide() {
  if (drawn_ < 0) return;
  std::fputs("\r\033[K", out_);  // back to the left edge, clear to the right one
  std::fflush(out_);
  drawn_ = -1;
}

}  // namespace sessile
