// A part of a dense tensor: an offset, and a stride for each dimension of the part.
//
//   StridedView every_other({{.size = 4, .stride = 10}, {.size = 5, .stride = 2}}, /*offset=*/1);
//   every_other.Gather(x, 0, every_other.size(), y);     // y is dense
//   every_other.Scatter(y, 0, every_other.size(), x);    // and back
//
// Elements of the part are numbered in row-major order. Immutable and thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sessile/kernels/vectorized.h"

namespace sessile {

class StridedView {
 public:
  struct Dim {
    int64_t size;
    int64_t stride;  // in elements of the tensor; may be negative
  };

  // Dimensions outermost first.
  StridedView(const std::vector<Dim>& dims, int64_t offset) : offset_(offset) {
    for (const Dim& dim : dims) {
      size_ *= dim.size;
      if (dim.size == 1) continue;
      // Neighbours that follow each other without a gap are one dimension.
      const bool joins = !dims_.empty() && dims_.back().stride == dim.size * dim.stride;
      if (joins) {
        dims_.back() = {dims_.back().size * dim.size, dim.stride};
      } else {
        dims_.push_back(dim);
      }
    }
    if (dims_.empty()) dims_.push_back({1, 1});
  }

  int64_t size() const { return size_; }
  // The first size() elements of the tensor in their order.
  bool is_prefix() const {
    return size_ == 0 || (offset_ == 0 && dims_.size() == 1 && dims_[0].stride == 1);
  }

  // No stride is negative, and elements of the last dimension have no gaps.
  bool has_ordered_runs() const {
    for (const Dim& dim : dims_) {
      if (dim.stride < 0) return false;
    }
    return dims_.back().stride == 1;
  }
  int64_t Place(int64_t i) const {
    const Dim last = dims_.back();
    return PlaceOfRow(i / last.size) + i % last.size * last.stride;
  }

  // dense[i] = tensor[place of element i], for the elements [begin, end).
  template <typename T>
  SESSILE_OPTIMIZE_SPEED void Gather(const T* tensor, int64_t begin, int64_t end, T* dense) const {
    ForEachRun(begin, end, [&](int64_t i, int64_t count, int64_t place, int64_t stride) {
      if (stride == 1) {
        std::copy_n(tensor + place, count, dense + i);
      } else {
        for (int64_t j = 0; j < count; ++j) dense[i + j] = tensor[place + j * stride];
      }
    });
  }

  // tensor[place of element i] = dense[i], for the elements [begin, end).
  template <typename T>
  SESSILE_OPTIMIZE_SPEED void Scatter(const T* dense, int64_t begin, int64_t end, T* tensor) const {
    ForEachRun(begin, end, [&](int64_t i, int64_t count, int64_t place, int64_t stride) {
      if (stride == 1) {
        std::copy_n(dense + i, count, tensor + place);
      } else {
        for (int64_t j = 0; j < count; ++j) tensor[place + j * stride] = dense[i + j];
      }
    });
  }

  // Calls f(i, count, place, stride) for pieces of the elements [begin, end), in order: element
  // i + j of the part is element place + j * stride of the tensor, for j < count.
  template <typename F>
  void ForEachRun(int64_t begin, int64_t end, F&& f) const {
    const Dim last = dims_.back();
    while (begin < end) {
      const int64_t within = begin % last.size;
      const int64_t count = std::min(last.size - within, end - begin);
      f(begin, count, PlaceOfRow(begin / last.size) + within * last.stride, last.stride);
      begin += count;
    }
  }

 private:
  int64_t PlaceOfRow(int64_t row) const {
    int64_t place = offset_;
    for (size_t i = dims_.size() - 1; i-- > 0;) {
      place += row % dims_[i].size * dims_[i].stride;
      row /= dims_[i].size;
    }
    return place;
  }

  std::vector<Dim> dims_;  // at least one
  int64_t offset_;
  int64_t size_ = 1;
};

}  // namespace sessile
