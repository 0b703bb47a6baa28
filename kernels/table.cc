#include "sessile/kernels/table.h"

#include <cstring>
#include <mutex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

template <typename T>
LookupTable::Cell CellOf(T value) {
  LookupTable::Cell cell(sizeof(T), '\0');
  std::memcpy(cell.data(), &value, sizeof(T));
  return cell;
}

template <typename T>
T ValueOf(const LookupTable::Cell& cell) {
  T value;
  std::memcpy(&value, cell.data(), sizeof(T));
  return value;
}

}  // namespace

LookupTable::Cell CellAt(const TensorView& view, int64_t i) {
  if (view.dtype() == DataType::kString) return view.data<std::string>()[i];
  const size_t size = DataTypeSize(view.dtype());
  return LookupTable::Cell(static_cast<const char*>(view.raw()) + static_cast<size_t>(i) * size,
                           size);
}

void SetCellAt(const TensorView& view, int64_t i, const LookupTable::Cell& cell) {
  if (view.dtype() == DataType::kString) {
    view.data<std::string>()[i] = cell;
    return;
  }
  const size_t size = DataTypeSize(view.dtype());
  std::memcpy(static_cast<char*>(view.raw()) + static_cast<size_t>(i) * size, cell.data(), size);
}

std::string CellText(DataType dtype, const LookupTable::Cell& cell) {
  switch (dtype) {
    case DataType::kString:
      return cell;
    case DataType::kInt32:
      return absl::StrCat(ValueOf<int32_t>(cell));
    case DataType::kInt64:
      return absl::StrCat(ValueOf<int64_t>(cell));
    case DataType::kFloat:
      return absl::StrCat(ValueOf<float>(cell));
    case DataType::kDouble:
      return absl::StrCat(ValueOf<double>(cell));
    default:
      return absl::StrCat("a ", DataTypeName(dtype));
  }
}

absl::StatusOr<LookupTable::Cell> CellFromText(DataType dtype, std::string_view text,
                                               int64_t line) {
  const absl::string_view field(text.data(), text.size());
  const auto invalid = [&] {
    return InvalidArgument("Field ", field, " in line ", line, " is not a valid ",
                           DataTypeName(dtype), ".");
  };
  const auto parsed = [&](bool ok, const auto& value) -> absl::StatusOr<LookupTable::Cell> {
    if (!ok) return invalid();
    return CellOf(value);
  };
  int32_t small = 0;
  int64_t integer = 0;
  float number = 0;
  double wide = 0;
  switch (dtype) {
    case DataType::kString:
      return LookupTable::Cell(text);
    case DataType::kInt32:
      return parsed(absl::SimpleAtoi(field, &small), small);
    case DataType::kInt64:
      return parsed(absl::SimpleAtoi(field, &integer), integer);
    case DataType::kFloat:
      return parsed(absl::SimpleAtof(field, &number), number);
    case DataType::kDouble:
      return parsed(absl::SimpleAtod(field, &wide), wide);
    default:
      return InvalidArgument("Data type ", DataTypeName(dtype), " not supported.");
  }
}

int64_t LookupTable::size() const {
  const std::shared_lock lock(mutex_);
  return static_cast<int64_t>(rows_.size());
}

std::vector<LookupTable::Row> LookupTable::rows() const {
  const std::shared_lock lock(mutex_);
  return rows_;
}

void LookupTable::Set(const Row& row) {
  const auto [place, is_new] = places_.try_emplace(row.first, rows_.size());
  if (is_new) {
    rows_.push_back(row);
  } else {
    rows_[place->second].second = row.second;
  }
}

absl::Status LookupTable::AddOnce(const Row& row) {
  const auto place = places_.find(row.first);
  if (place == places_.end()) {
    Set(row);
    return absl::OkStatus();
  }
  const Cell& value = rows_[place->second].second;
  if (value == row.second) return absl::OkStatus();
  return FailedPrecondition("HashTable has different value for same key. Key ",
                            CellText(types_.key, row.first), " has ", CellText(types_.value, value),
                            " and trying to add value ", CellText(types_.value, row.second));
}

absl::Status LookupTable::Initialize(const std::vector<Row>& rows) {
  const std::unique_lock lock(mutex_);
  if (is_initialized_) {
    LookupTable again(types_);
    SESSILE_RETURN_IF_ERROR(again.Initialize(rows));
    bool same = again.rows_.size() == rows_.size();
    for (const Row& row : again.rows_) {
      const auto place = places_.find(row.first);
      same = same && place != places_.end() && rows_[place->second].second == row.second;
    }
    if (same) return absl::OkStatus();
    return FailedPrecondition("Table was already initialized with different data.");
  }
  for (const Row& row : rows) {
    const absl::Status added = AddOnce(row);
    if (added.ok()) continue;
    rows_.clear();
    places_.clear();
    return added;
  }
  is_initialized_ = true;
  return absl::OkStatus();
}

absl::Status LookupTable::Insert(const std::vector<Row>& rows) {
  if (!types_.is_mutable) {
    return absl::UnimplementedError(
        "Insert not supported by InitializableLookupTable implementations");
  }
  const std::unique_lock lock(mutex_);
  for (const Row& row : rows) Set(row);
  return absl::OkStatus();
}

absl::Status LookupTable::Import(const std::vector<Row>& rows) {
  if (!types_.is_mutable) return Initialize(rows);
  const std::unique_lock lock(mutex_);
  rows_.clear();
  places_.clear();
  for (const Row& row : rows) Set(row);
  return absl::OkStatus();
}

absl::Status LookupTable::Find(const TensorView& keys, const TensorView& missing,
                               const TensorView& values) const {
  const std::shared_lock lock(mutex_);
  if (!types_.is_mutable && !is_initialized_) return FailedPrecondition("Table not initialized.");
  for (int64_t i = 0; i < keys.num_elements(); ++i) {
    const auto place = places_.find(CellAt(keys, i));
    if (place != places_.end()) {
      SetCellAt(values, i, rows_[place->second].second);
    } else {
      SetCellAt(values, i, CellAt(missing, missing.num_elements() == 1 ? 0 : i));
    }
  }
  return absl::OkStatus();
}

}  // namespace sessile
