#include "sessile/examples/python_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace sessile::python {
namespace {

// REQUIRES: width >= 0.
std::string AlignRight(const std::string& text, int width) {
  const size_t size = std::max(text.size(), static_cast<size_t>(width));
  return absl::StrCat(std::string(size - text.size(), ' '), text);
}

// Python has no negative NaN.
std::string NotFinite(double value) {
  return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
}

// The shortest digits, with an exponent below 1e-4 and from 1e16 on, without one in between.
template <typename T>
std::string Shortest(T value) {
  if (!std::isfinite(value)) return NotFinite(value);
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  const std::string scientific(buffer, end);  // -d.ddde-dd
  const size_t e = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + e + 1);
  // By value, not by exponent: numpy.float32(1e-4) lies below 1e-4, and is printed as 1e-04.
  const double magnitude = std::abs(static_cast<double>(value));
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e16)) return scientific;

  std::string digits;
  for (char c : scientific.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  const int whole = exponent + 1;  // how many digits stand before the decimal point
  if (whole <= 0) digits = absl::StrCat(std::string(1 - whole, '0'), digits);
  const size_t point = static_cast<size_t>(std::max(whole, 1));
  digits.resize(std::max(digits.size(), point + 1), '0');
  return absl::StrCat(scientific[0] == '-' ? "-" : "", digits.substr(0, point), ".",
                      digits.substr(point));
}

}  // namespace

std::string format(int64_t value, int width) { return AlignRight(std::to_string(value), width); }

std::string format(double value, int width, int precision) {
  if (!std::isfinite(value)) return AlignRight(NotFinite(value), width);
  char buffer[512];  // the largest double has 309 digits before the point
  std::snprintf(buffer, sizeof(buffer), "%.*f", precision, value);
  return AlignRight(buffer, width);
}

std::string str(double value) { return Shortest(value); }

std::string str(float value) { return Shortest(value); }

}  // namespace sessile::python
