// A table from keys to values: what HashTableV2 and MutableHashTableV2 make handles of.
// Thread-safe.
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "sessile/core/framework/kernel.h"
#include "sessile/core/framework/resource.h"

namespace sessile {

class LookupTable final : public Resource {
 public:
  struct Types {
    DataType key = DataType::kInvalid;
    DataType value = DataType::kInvalid;
    bool is_mutable = false;  // else it is filled once
    friend bool operator==(const Types&, const Types&) = default;
  };
  // A key or a value: a string, or the bytes of a number.
  using Cell = std::string;
  using Row = std::pair<Cell, Cell>;

  explicit LookupTable(Types types) : types_(types) {}

  const Types& types() const { return types_; }
  int64_t size() const;

  // Of a table that is filled once: FAILED_PRECONDITION "Table was already initialized with
  // different data.", or "HashTable has different value for same key. Key a has 1 and trying to add
  // value 2". The same rows may come again.
  absl::Status Initialize(const std::vector<Row>& rows);
  // Of a mutable one: later rows win. UNIMPLEMENTED for others.
  absl::Status Insert(const std::vector<Row>& rows);
  // In place of all rows.
  absl::Status Import(const std::vector<Row>& rows);
  // Writes the values of `keys` into `values`, `missing` (one for all, or one each) for those that
  // are not there. FAILED_PRECONDITION "Table not initialized."
  absl::Status Find(const TensorView& keys, const TensorView& missing,
                    const TensorView& values) const;
  // In the order in which the keys came.
  std::vector<Row> rows() const;

 private:
  absl::Status AddOnce(const Row& row);
  void Set(const Row& row);

  const Types types_;
  mutable std::shared_mutex mutex_;
  bool is_initialized_ = false;
  std::vector<Row> rows_;
  absl::flat_hash_map<Cell, size_t> places_;  // of keys in rows_
};

// Element i of a tensor as a cell, and back.
LookupTable::Cell CellAt(const TensorView& view, int64_t i);
void SetCellAt(const TensorView& view, int64_t i, const LookupTable::Cell& cell);
// As in error messages: the string, or the number.
std::string CellText(DataType dtype, const LookupTable::Cell& cell);
// A cell from text. INVALID_ARGUMENT "Field y in line 0 is not a valid int64."
absl::StatusOr<LookupTable::Cell> CellFromText(DataType dtype, std::string_view text, int64_t line);

}  // namespace sessile
