#include "sessile/kernels/fused/chain_runner.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "sessile/kernels/vectorized.h"

namespace sessile {
namespace {

using Chain = ElementwiseChain;
using Kind = ElementwiseChain::Operand::Kind;

constexpr size_t kForever = std::numeric_limits<size_t>::max();
// Sums go into so many lanes at least: enough for independent vector registers.
constexpr int64_t kSumLanes = 64;

// Repeats the first `columns` floats up to `size`, which is a multiple.
void RepeatFirst(float* row, int64_t columns, int64_t size) {
  for (int64_t done = columns; done < size; done *= 2) {
    std::copy_n(row, std::min(done, size - done), row + done);
  }
}

// sums[j] += x[j], then x[step + j] and so on, for j < step; x has n elements. Of eight rows the
// sums of pairs and fours are floats: three roundings, for a third of the time.
inline void AddRows(const float* x, int64_t n, int64_t step, double* sums) {
  int64_t first = 0;
  for (; first + 8 * step <= n; first += 8 * step) {
    const float* const row = x + first;
    for (int64_t j = 0; j < step; ++j) {
      const auto pair = [&](int64_t k) { return row[k * step + j] + row[(k + 1) * step + j]; };
      sums[j] += double{(pair(0) + pair(2)) + (pair(4) + pair(6))};
    }
  }
  for (; first < n; first += step) {
    const int64_t count = std::min(step, n - first);
    for (int64_t j = 0; j < count; ++j) sums[j] += double{x[first + j]};
  }
}

}  // namespace

ChainRunner::ChainRunner(ElementwiseChain chain)
    : chain_(std::move(chain)),
      row_map_is_repeated_(chain_.maps.size(), false),
      array_of_(static_cast<size_t>(chain_.num_inputs), 0) {
  const int64_t columns = std::max<int64_t>(chain_.columns, 1);
  whole_rows_ = columns <= kTile;
  const int64_t rows = std::clamp<int64_t>(kTile / columns, 1, std::max<int64_t>(chain_.rows, 1));
  tile_ = whole_rows_ ? rows * columns : kTile;
  sum_lanes_ =
      whole_rows_ ? std::min(columns * std::max<int64_t>(kSumLanes / columns, 1), tile_) : columns;
  FindRowMaps();
  PlaceRegisters();
}

void ChainRunner::FindRowMaps() {
  for (const Chain::Map& map : chain_.maps) {
    of_rows_.push_back(whole_rows_ && map.output < 0 &&
                       std::all_of(map.operands.begin(), map.operands.end(),
                                   [this](const Operand& operand) { return IsOfRows(operand); }));
  }
}

bool ChainRunner::IsOfRows(const Operand& operand) const {
  if (operand.kind == Kind::kElement) return of_rows_[static_cast<size_t>(operand.index)];
  return operand.kind == Kind::kRow || operand.kind == Kind::kScalar;
}

// Rows and scalars get an array each; a map whose output is not one of the chain's gets the
// register of one that nobody reads any more.
void ChainRunner::PlaceRegisters() {
  std::vector<size_t> last_use(chain_.maps.size(), 0);
  for (size_t i = 0; i < chain_.maps.size(); ++i) {
    for (const Operand& operand : chain_.maps[i].operands) {
      if (operand.kind == Kind::kElement) last_use[static_cast<size_t>(operand.index)] = i;
      NoteRead(operand, !of_rows_[i]);
    }
  }
  for (const Chain::Sum& sum : chain_.sums) {
    NoteRead(sum.operand, true);
    if (sum.operand.kind == Kind::kElement) {
      last_use[static_cast<size_t>(sum.operand.index)] = chain_.maps.size();
    }
  }
  std::vector<size_t> busy_until;  // of each register
  for (size_t i = 0; i < chain_.maps.size(); ++i) {
    register_of_.push_back(0);
    if (chain_.maps[i].output >= 0) continue;
    if (of_rows_[i]) last_use[i] = kForever;
    const auto free = std::find_if(busy_until.begin(), busy_until.end(),
                                   [&](size_t last) { return last <= i && !of_rows_[i]; });
    register_of_[i] = static_cast<size_t>(free - busy_until.begin());
    if (free == busy_until.end()) busy_until.push_back(0);
    busy_until[register_of_[i]] = last_use[i];
  }
  num_registers_ = busy_until.size();
}

// Rows that tiles read, given or made, are repeated for all of a tile's rows.
void ChainRunner::NoteRead(const Operand& operand, bool by_tiles) {
  const auto index = static_cast<size_t>(operand.index);
  if (operand.kind == Kind::kElement) {
    row_map_is_repeated_[index] = row_map_is_repeated_[index] || (by_tiles && of_rows_[index]);
  }
  if (operand.kind != Kind::kRow && operand.kind != Kind::kScalar) return;
  for (Row& known : rows_) {
    if (known.input != operand.index) continue;
    known.is_repeated = known.is_repeated || by_tiles;
    return;
  }
  array_of_[index] = rows_.size();
  rows_.push_back({operand.index, operand.kind == Kind::kScalar, by_tiles});
}

void ChainRunner::JoinSums(Outputs out, Scratch scratch, int64_t blocks) const {
  for (size_t i = 0; i < chain_.sums.size(); ++i) {
    float* const result = out[static_cast<size_t>(chain_.sums[i].output)].data<float>();
    for (int64_t c = 0; c < chain_.columns; ++c) {
      double sum = 0;
      for (int64_t block = 0; block < blocks; ++block) {
        sum += scratch.slot<double>(block)[static_cast<int64_t>(i) * sum_lanes_ + c];
      }
      result[c] = static_cast<float>(sum / chain_.sums[i].divisor);
    }
  }
}

ChainRunner::Block::Block(const ChainRunner& runner, const Data& data)
    : runner_(runner), data_(data) {
  const auto sums = static_cast<int64_t>(runner_.chain_.sums.size());
  std::fill_n(data_.sums, sums * runner_.sum_lanes_, 0.0);
  RepeatRows();
  for (size_t i = 0; i < runner_.chain_.maps.size(); ++i) {
    if (!runner_.of_rows_[i]) continue;
    RunMap(i, 0, 0, runner_.chain_.columns);
    if (runner_.row_map_is_repeated_[i]) {
      RepeatFirst(Target(i, 0), runner_.chain_.columns, runner_.tile_);
    }
  }
}

void ChainRunner::Block::RepeatRows() {
  for (size_t i = 0; i < runner_.rows_.size(); ++i) {
    const Row& row = runner_.rows_[i];
    const int64_t columns = runner_.whole_rows_ ? runner_.chain_.columns : runner_.tile_;
    const float* const from = data_.in[static_cast<size_t>(row.input)].data<float>();
    float* const to = arrays_[runner_.num_registers_ + i];
    if (row.is_scalar) {
      std::fill_n(to, columns, *from);
    } else if (runner_.whole_rows_) {
      std::copy_n(from, columns, to);
    }
    if (row.is_repeated) RepeatFirst(to, columns, runner_.tile_);
  }
}

void ChainRunner::Block::Run(int64_t first, int64_t size) {
  const int64_t end = first + size;
  const int64_t columns = runner_.chain_.columns;
  for (int64_t at = first; at < end;) {
    const int64_t lane = runner_.whole_rows_ ? 0 : at % columns;
    const int64_t left = runner_.whole_rows_ ? end - at : std::min(end - at, columns - lane);
    const int64_t n = std::min(runner_.tile_, left);
    RunTile(at, lane, n);
    at += n;
  }
}

// Adds the sums of all lanes to those of the first row.
void ChainRunner::Block::Finish() {
  const int64_t columns = runner_.chain_.columns;
  for (size_t i = 0; i < runner_.chain_.sums.size(); ++i) {
    double* const sums = data_.sums + static_cast<int64_t>(i) * runner_.sum_lanes_;
    for (int64_t lane = columns; lane < runner_.sum_lanes_; lane += columns) {
      for (int64_t c = 0; c < columns; ++c) sums[c] += sums[lane + c];
    }
  }
}

const float* ChainRunner::Block::Place(const Operand& operand, int64_t at, int64_t lane) const {
  const auto index = static_cast<size_t>(operand.index);
  switch (operand.kind) {
    case Kind::kMatrix:
      return data_.in[index].data<float>() + at;
    case Kind::kProduced:
      return data_.produced + at;
    case Kind::kElement:
      return Target(index, at);
    case Kind::kRow:
      if (!runner_.whole_rows_) return data_.in[index].data<float>() + lane;
      break;
    case Kind::kScalar:
      break;
  }
  return arrays_[runner_.num_registers_ + runner_.array_of_[index]];
}

const float* ChainRunner::Block::Target(size_t map, int64_t at) const {
  const int output = runner_.chain_.maps[map].output;
  if (output >= 0) return data_.out[static_cast<size_t>(output)].data<float>() + at;
  return arrays_[runner_.register_of_[map]];
}

float* ChainRunner::Block::Target(size_t map, int64_t at) {
  return const_cast<float*>(std::as_const(*this).Target(map, at));
}

void ChainRunner::Block::RunMap(size_t i, int64_t at, int64_t lane, int64_t n) {
  std::array<const float*, Chain::kMaxOperands> operands;
  const Chain::Map& map = runner_.chain_.maps[i];
  for (size_t j = 0; j < map.operands.size(); ++j) operands[j] = Place(map.operands[j], at, lane);
  map.function->RunTile(operands.data(), Target(i, at), n);
}

// Elements [at, at + n); the first one is in column `lane`.
void ChainRunner::Block::RunTile(int64_t at, int64_t lane, int64_t n) {
  for (size_t i = 0; i < runner_.chain_.maps.size(); ++i) {
    if (!runner_.of_rows_[i]) RunMap(i, at, lane, n);
  }
  for (size_t i = 0; i < runner_.chain_.sums.size(); ++i) AddUp(i, at, lane, n);
}

void ChainRunner::Block::AddUp(size_t sum, int64_t at, int64_t lane, int64_t n) {
  const float* const x = Place(runner_.chain_.sums[sum].operand, at, lane);
  const int64_t lanes = runner_.sum_lanes_;
  double* const sums = data_.sums + static_cast<int64_t>(sum) * lanes + lane;
  // A part of a long row has a lane for each of its elements.
  const int64_t step = runner_.whole_rows_ ? lanes : n;
  Vectorized([=] { AddRows(x, n, step, sums); });
}

}  // namespace sessile
