#include "sessile/examples/python_format.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace sessile::python {
namespace {

std::string AlignRight(std::string text, int width) {
  if (text.size() < static_cast<size_t>(width)) text.insert(0, width - text.size(), ' ');
  return text;
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

  const bool negative = scientific[0] == '-';
  std::string digits;
  for (char c : scientific.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  int point = exponent + 1;  // how many digits stand before the decimal point
  if (point <= 0) {
    digits.insert(0, 1 - point, '0');
    point = 1;
  }
  if (digits.size() <= static_cast<size_t>(point)) digits.append(point + 1 - digits.size(), '0');
  digits.insert(point, ".");
  return negative ? "-" + digits : digits;
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
