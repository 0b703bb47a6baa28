// Damage for files, at random but the same in each run.
//
//   Mutator mutator;
//   for (int i = 0; i < Mutations(); ++i) Read(mutator.Mutated(bytes));
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <random>
#include <string>

namespace sessile {

// The memory that reading a damaged file may take (SetMemoryLimit).
inline constexpr size_t kMutationMemory = size_t{1} << 28;

// How many cases a test tries: SESSILE_MUTATIONS=100000 in the environment makes a long run.
inline int Mutations() {
  const char* const wanted = std::getenv("SESSILE_MUTATIONS");
  return wanted == nullptr ? 2000 : std::atoi(wanted);
}

class Mutator {
 public:
  size_t Random(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(bits_); }

  // One to three changes: a bit, a byte, a run of bytes, a cut, a piece taken out or doubled.
  std::string Mutated(std::string bytes) {
    for (size_t changes = 1 + Random(3); changes > 0 && !bytes.empty(); --changes) {
      const size_t at = Random(bytes.size());
      const size_t size = std::min(bytes.size() - at, 1 + Random(9));
      switch (Random(6)) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << Random(8)));
          break;
        case 1:
          bytes[at] = static_cast<char>(Random(256));
          break;
        case 2:
          for (size_t i = 0; i < size; ++i) bytes[at + i] = Random(2) != 0 ? '\xff' : '\x7f';
          break;
        case 3:
          bytes.resize(at);
          break;
        case 4:
          bytes.erase(at, size);
          break;
        default:
          bytes.insert(at, bytes.substr(at, size));
      }
    }
    return bytes;
  }

 private:
  std::mt19937 bits_{1};
};

}  // namespace sessile
