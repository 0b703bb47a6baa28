// Sums of products with the results held in vector registers: what convolutions and small matrix
// products are made of.
//
//   const tiles::Kernels* k = tiles::KernelsFor(out_channels);
//   if (k != nullptr) k->products({...});
//
// Every result is one sum in the order of its terms, by fused multiply-add, however the results are
// shared out among registers, calls and threads: the bits follow from the operands alone. There are
// kernels for x86 with AVX2 or AVX-512, chosen at run time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sessile::tiles {

// out[p][j] = sum over r < rows, i < length of in[p][r][i] * filter[r][i][j]
//
// or, if it `adds`, that sum begun with what is in out[p][j]:
//
// for `points` points and `outputs` results j of each. The other numbers are distances in floats:
// in[p + 1] is in_step behind in[p], in[p][r + 1] in_row.
// The results fill `vectors` vectors but for a part of the last; filter_padded says that behind the
// filter's rows, too, there is memory to fill the last.
struct Products {
  int64_t points = 0;
  int64_t rows = 0;
  int64_t length = 0;
  const float* in = nullptr;
  int64_t in_step = 0;
  int64_t in_row = 0;
  const float* filter = nullptr;
  int64_t filter_row = 0;
  int64_t filter_next = 0;
  bool filter_padded = false;
  float* out = nullptr;
  int64_t out_step = 0;
  int64_t outputs = 0;
  int vectors = 0;
  bool adds = false;
};

// sums[i][j] += sum over the grid's points of a[point][i] * b[point][j], i < a_size, j < b_size
//
// Each call adds in float32, and the result to `sums`; if `assigns`, that is written over what is
// there. A row of `sums` is `sums_row` doubles, at least `vectors` whole vectors; b_size fills them
// but for a part of the last.
struct OuterProducts {
  struct Grid {
    int64_t images = 0, rows = 0, columns = 0;
  };
  Grid size = {};
  const float* a = nullptr;
  Grid a_step = {};
  int64_t a_size = 0;
  const float* b = nullptr;
  Grid b_step = {};
  int64_t b_size = 0;
  int vectors = 0;
  double* sums = nullptr;
  int64_t sums_row = 0;
  bool assigns = false;
};

struct Kernels {
  const char* instruction_set;
  int lanes;        // floats in a vector
  int vectors;      // in a row of the filter or of `b`, where there are points enough
  int max_vectors;  // in a row of the filter, where there are few
  // Points in a tile of `vectors` vectors each.
  int (*rows)(int vectors);
  void (*products)(const Products&);
  void (*outer_products)(const OuterProducts&);
};

// What this machine can run, narrower vectors first.
std::span<const Kernels* const> SupportedKernels();
// Of these the ones that waste least on rows of `columns` floats. Null if there are none.
const Kernels* KernelsFor(int64_t columns);

// Columns of a matrix shared out evenly among calls: groups of as many vectors as one takes. With
// `points` given, as many as most calls have, groups for products are wider where a tile would be
// too small to keep the machine busy.
struct ColumnGroups {
  struct Group {
    int64_t first;    // column
    int64_t columns;  // without those that fill up the last vector
    int vectors;
  };

  ColumnGroups(const Kernels& kernels, int64_t columns);
  ColumnGroups(const Kernels& kernels, int64_t columns, int64_t points);

  std::vector<Group> list;
  int64_t padded;  // columns, filled up

 private:
  void Share(const Kernels& kernels, int64_t columns, int64_t max_vectors);
};

// to[j][i] = from[i][j] for i < rows, j < columns, both dense but for zeros behind the rows of
// `to`, which are `width` floats.
void TransposePadded(const float* from, int64_t rows, int64_t columns, int64_t width, float* to);

}  // namespace sessile::tiles
