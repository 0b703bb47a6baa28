// Numbers as Python prints them, so that an example's lines equal the notebook's to the character.
#pragma once

#include <cstdint>
#include <string>

namespace sessile::python {

// '{:>WIDTH}'.format(value); the width is not negative here and below.
std::string format(int64_t value, int width);

// '{:>WIDTH.PRECISIONf}'.format(value); a numpy.float32 is formatted as the double of
// equal value. `precision` is at most 100.
std::string format(double value, int width, int precision);

// str(value), also of a numpy.float64: the shortest decimal that reads back as the same double.
std::string str(double value);

// str(value) of a numpy.float32: the shortest decimal that reads back as the same float.
std::string str(float value);

}  // namespace sessile::python
