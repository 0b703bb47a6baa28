// Steps whose rows are independent, done to a few rows at a time: what they make for those stays in
// the cache, and the memory of a large batch is that of a small one.
//
//   images [5000,28,28,1] -> Conv2D -> Relu -> ... -> MatMul -> logits [5000,10]
//
// becomes one kernel with a block for each 32 images, which runs all of these steps on them. A
// block runs on one thread; several run at the same time, each in memory of its own. The last rows,
// if they are too few for a chunk, are done together with some of those before them once more.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sessile/core/framework/kernel.h"
#include "sessile/core/session/plan_draft.h"

namespace sessile {

struct RowChunks {
  int64_t rows = 0;
  int64_t rows_of_chunk = 0;
  // The steps for one chunk. Feed i is input i of the whole, fetch i is output i; where they are
  // rows, of one chunk. Nothing is deferred, there are no references, and no strings.
  PlanDraft draft;
  std::vector<bool> has_rows;       // of each input; the others are seen whole by all chunks
  std::vector<TensorSpec> outputs;  // of all rows
};

// REQUIRES: rows >= rows_of_chunk > 0, and all passes have run on the draft. Its memory is laid out
// here.
std::shared_ptr<const Prepared> KernelOfChunks(std::shared_ptr<RowChunks> chunks);

}  // namespace sessile
