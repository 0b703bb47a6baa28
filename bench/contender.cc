#include "sessile/bench/contender.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace sessile::bench {
namespace {

// Milliseconds of each of `n` calls.
std::vector<double> Times(int64_t n, const std::function<void()>& call) {
  std::vector<double> times;
  for (int64_t i = 0; i < n; ++i) {
    const Clock::time_point start = Clock::now();
    call();
    times.push_back(MillisecondsSince(start));
  }
  return times;
}

void Reply(const std::vector<double>& values) {
  for (const double value : values) std::printf("%.7g ", value);
  std::puts("");
  std::fflush(stdout);
}

void Serve(Contender& contender) {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string request;
    int64_t a = 0, b = 0;
    words >> request >> a >> b;
    if (request == "quit") return;
    if (request == "train") {
      Reply(Times(a, [&] { contender.Train(); }));
    } else if (request == "losses") {
      std::vector<double> losses;
      for (int64_t i = 0; i < a; ++i) losses.push_back(contender.TrainWithLoss());
      Reply(losses);
    } else if (request == "infer") {
      Reply(Times(b, [&] { contender.Infer(a); }));
    } else if (request == "eval") {
      Reply({contender.Eval(a)});
    } else if (request == "memory") {
      Reply({static_cast<double>(PeakMemoryKib())});
    } else {
      std::printf("error unknown request '%s'\n", request.c_str());
      std::fflush(stdout);
    }
  }
}

void Print(const char* measure, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%s ms median=%.4f min=%.4f n=%zu\n", measure, times[times.size() / 2], times[0],
              times.size());
}

void PrintAll(Contender& contender, const MeasureOptions& options) {
  std::vector<double> train, one, batch, many;
  const auto add = [](std::vector<double>* all, const std::vector<double>& some) {
    all->insert(all->end(), some.begin(), some.end());
  };
  for (const int64_t images : {1, 64, 5000}) contender.Infer(images);
  for (int64_t round = 0; round < options.rounds; ++round) {
    add(&train, Times(options.steps, [&] { contender.Train(); }));
    add(&one, Times(50, [&] { contender.Infer(1); }));
    add(&batch, Times(10, [&] { contender.Infer(64); }));
    add(&many, Times(1, [&] { contender.Infer(5000); }));
  }
  Print("train_64", train);
  Print("infer_1", one);
  Print("infer_64", batch);
  Print("infer_5000", many);
  std::printf("peak_memory KiB=%lld\n", static_cast<long long>(PeakMemoryKib()));
}

}  // namespace

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

int64_t PeakMemoryKib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  return 0;
}

void Measure(Contender& contender, const MeasureOptions& options, Clock::time_point start) {
  const float loss = contender.TrainWithLoss();
  const double first = MillisecondsSince(start);
  if (options.serve) {
    std::printf("ready %.3f %.7g\n", first, static_cast<double>(loss));
    std::fflush(stdout);
    Serve(contender);
  } else {
    std::printf("first_step ms=%.3f loss=%.6f\n", first, static_cast<double>(loss));
    PrintAll(contender, options);
  }
}

}  // namespace sessile::bench
