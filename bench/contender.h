// One side of a comparison, and the two ways to measure it.
//
// Alone, a contender prints one line a measure. Under bench/compare it is a child process that
// measures slice by slice, so that all contenders share whatever else the machine does. The
// protocol is lines of text, a request and a reply each:
//
//   (start)              ready FIRST_STEP_MS LOSS        from main() to the first step done
//   train N              MS...                           N training steps of 64 images
//   losses N             LOSS...                         the same, with their losses
//   infer BATCH N        MS...                           N times the logits of BATCH images
//   eval N               LOSS                            of the first N images, not training
//   memory               KIB                             the process's peak
//   quit
//
// bench/compare's Python contenders speak the same.
#pragma once

#include <chrono>
#include <cstdint>

namespace sessile::bench {

inline constexpr int64_t kTrainBatch = 64;

class Contender {
 public:
  virtual ~Contender() = default;
  // Trains on the next kTrainBatch images; the first call takes the first ones.
  virtual void Train() = 0;
  // The same, with the loss before the update.
  virtual float TrainWithLoss() = 0;
  // Computes the logits of the first `batch` images.
  virtual void Infer(int64_t batch) = 0;
  virtual float Eval(int64_t batch) = 0;
};

using Clock = std::chrono::steady_clock;
double MillisecondsSince(Clock::time_point start);

// VmHWM of this process, in KiB; 0 where the system does not tell.
int64_t PeakMemoryKib();

struct MeasureOptions {
  bool serve = false;  // speak the protocol
  int64_t rounds = 5;  // otherwise: of each measure
  int64_t steps = 20;  // training steps a round
};

// Trains one step, then measures; `start` is when main() began.
void Measure(Contender& contender, const MeasureOptions& options, Clock::time_point start);

}  // namespace sessile::bench
