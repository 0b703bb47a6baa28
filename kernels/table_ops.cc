// HashTableV2, MutableHashTableV2 and what fills and reads tables. A session keeps a table by its
// shared name, or by the node's.

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/node.h"
#include "sessile/core/io/file.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/table.h"

namespace sessile {
namespace {

// The table is made when a kernel first wants it, and says of which types.
class TableState final : public KernelState {
 public:
  absl::StatusOr<ResourceHandle> Get(const LookupTable::Types& types, const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (table_ == nullptr) table_ = std::make_shared<LookupTable>(types);
    const LookupTable::Types& has = table_->types();
    if (has == types) return ResourceHandle(table_);
    return InvalidArgument("Conflicting key/value dtypes ", DataTypeName(types.key), "->",
                           DataTypeName(types.value), " with ", DataTypeName(has.key), "-",
                           DataTypeName(has.value), " for table ", name);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<LookupTable> table_;
};

absl::StatusOr<std::unique_ptr<KernelState>> MakeTableState(const Node&) {
  return std::make_unique<TableState>();
}

absl::StatusOr<std::string> TableName(const Node& node) {
  SESSILE_ASSIGN_OR_RETURN(const std::string container,
                           node.attrs().GetOr<std::string>("container", ""));
  SESSILE_ASSIGN_OR_RETURN(const std::string name,
                           node.attrs().GetOr<std::string>("shared_name", ""));
  return name.empty() ? node.name() : absl::StrCat("/table/", container, "/", name);
}

template <bool is_mutable>
class MakeTable final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const DataType key, ctx.Attr<DataType>("key_dtype"));
    SESSILE_ASSIGN_OR_RETURN(const DataType value, ctx.Attr<DataType>("value_dtype"));
    SESSILE_ASSIGN_OR_RETURN(std::string name, TableName(ctx.node()));
    const LookupTable::Types types{ctx.Carried(key), ctx.Carried(value), is_mutable};
    for (const DataType type : {types.key, types.value}) {
      if (type == DataType::kString || DataTypeSize(type) > 0) continue;
      return Unimplemented("Tables of ", DataTypeName(type), " are not supported");
    }
    return std::make_unique<MakeTable>(types, std::move(name));
  }
  MakeTable(LookupTable::Types types, std::string name) : types_(types), name_(std::move(name)) {
    AddOutput(DataType::kResource, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext& ctx, Inputs, Outputs out, Scratch, int, int64_t) const override {
    auto* const state = dynamic_cast<TableState*>(ctx.state());
    if (state == nullptr) return Internal("The state of ", name_, " is not that of a table");
    SESSILE_ASSIGN_OR_RETURN(*out[0].data<ResourceHandle>(), state->Get(types_, name_));
    return absl::OkStatus();
  }

 private:
  const LookupTable::Types types_;
  const std::string name_;
};

absl::StatusOr<std::shared_ptr<LookupTable>> TableOf(const TensorView& handle) {
  std::shared_ptr<LookupTable> table;
  if (handle.num_elements() == 1) {
    table = std::dynamic_pointer_cast<LookupTable>(*handle.data<ResourceHandle>());
  }
  if (table == nullptr) return InvalidArgument("handle is not that of a table");
  return table;
}

std::string Signature(DataType key, DataType value) {
  return absl::StrCat("resource, ", DataTypeName(key), ", ", DataTypeName(value));
}

absl::Status CheckTypes(const LookupTable& table, DataType key, DataType value) {
  const LookupTable::Types& has = table.types();
  if (has.key == key && has.value == value) return absl::OkStatus();
  return InvalidArgument("Signature mismatch, have: ", Signature(key, value),
                         " expected: ", Signature(has.key, has.value));
}

// Initialize, Insert or Import, with keys and values as inputs.
using FillFn = absl::Status (LookupTable::*)(const std::vector<LookupTable::Row>&);

template <FillFn fill>
class FillTable final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const int64_t keys = ctx.input_shape(1).num_elements();
    const int64_t values = ctx.input_shape(2).num_elements();
    if (keys != values) {
      return InvalidArgument("Keys and values must have the same size ", keys, " vs ", values);
    }
    return std::make_unique<FillTable>();
  }
  FillTable() { AddPhase(1); }
  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto table, TableOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckTypes(*table, in[1].dtype(), in[2].dtype()));
    std::vector<LookupTable::Row> rows;
    for (int64_t i = 0; i < in[1].num_elements(); ++i) {
      rows.emplace_back(CellAt(in[1], i), CellAt(in[2], i));
    }
    return (table.get()->*fill)(rows);
  }
};

class FindInTable final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    const Shape& missing = ctx.input_shape(2);
    if (missing.rank() != 0 && missing != ctx.input_shape(1)) {
      return InvalidArgument("Expected shape [] or ", ctx.input_shape(1).ToString(),
                             " for default value, got ", missing.ToString());
    }
    return std::make_unique<FindInTable>(ctx);
  }
  explicit FindInTable(const PrepareContext& ctx) {
    AddOutput(ctx.output_dtype(0), ctx.input_shape(1));
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto table, TableOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckTypes(*table, in[1].dtype(), in[2].dtype()));
    return table->Find(in[1], in[2], out[0]);
  }
};

class TableSize final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext&) { return std::make_unique<TableSize>(); }
  TableSize() {
    AddOutput(DataType::kInt64, Shape());
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto table, TableOf(in[0]));
    *out[0].data<int64_t>() = table->size();
    return absl::OkStatus();
  }
};

class ExportTable final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    return std::make_unique<ExportTable>(ctx);
  }
  explicit ExportTable(const PrepareContext& ctx)
      : key_(ctx.output_dtype(0)), value_(ctx.output_dtype(1)) {
    AddOutput(key_, Shape({None}));
    AddOutput(value_, Shape({None}));
    AddPhase(1);
  }
  absl::Status Run(RunContext& ctx, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto table, TableOf(in[0]));
    SESSILE_RETURN_IF_ERROR(CheckTypes(*table, key_, value_));
    const std::vector<LookupTable::Row> rows = table->rows();
    const Shape shape({static_cast<int64_t>(rows.size())});
    SESSILE_ASSIGN_OR_RETURN(const TensorView keys, ctx.AllocateOutput(0, shape));
    SESSILE_ASSIGN_OR_RETURN(const TensorView values, ctx.AllocateOutput(1, shape));
    for (size_t i = 0; i < rows.size(); ++i) {
      SetCellAt(keys, static_cast<int64_t>(i), rows[i].first);
      SetCellAt(values, static_cast<int64_t>(i), rows[i].second);
    }
    return absl::OkStatus();
  }

 private:
  const DataType key_;
  const DataType value_;
};

// Keys and values are columns of a text file, whole lines, or the numbers of lines.
class FillFromFile final : public Prepared {
 public:
  static constexpr int64_t kLineNumber = -1;
  static constexpr int64_t kWholeLine = -2;

  static PreparedOr Prepare(const PrepareContext& ctx) {
    auto kernel = std::make_unique<FillFromFile>();
    SESSILE_ASSIGN_OR_RETURN(kernel->key_, ctx.Attr<int64_t>("key_index"));
    SESSILE_ASSIGN_OR_RETURN(kernel->value_, ctx.Attr<int64_t>("value_index"));
    SESSILE_ASSIGN_OR_RETURN(kernel->vocab_size_, ctx.Attr<int64_t>("vocab_size"));
    SESSILE_ASSIGN_OR_RETURN(kernel->delimiter_, ctx.Attr<std::string>("delimiter"));
    SESSILE_ASSIGN_OR_RETURN(kernel->offset_, ctx.Attr<int64_t>("offset"));
    if (kernel->delimiter_.size() != 1) {
      return InvalidArgument("delimiter should be only 1 char");
    }
    if (ctx.input_shape(1).rank() != 0) {
      return InvalidArgument("filename should be a single string, but got ",
                             ctx.input_shape(1).ToString());
    }
    return kernel;
  }
  FillFromFile() { AddPhase(1); }

  absl::Status Run(RunContext&, Inputs in, Outputs, Scratch, int, int64_t) const override {
    SESSILE_ASSIGN_OR_RETURN(const auto table, TableOf(in[0]));
    const std::string& path = *in[1].data<std::string>();
    SESSILE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    std::vector<LookupTable::Row> rows;
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      const auto number = static_cast<int64_t>(rows.size());
      // What follows the last end of a line is no line.
      if (line.data() + line.size() == text.data() + text.size() && line.empty()) break;
      if (number == vocab_size_) break;
      SESSILE_ASSIGN_OR_RETURN(LookupTable::Row row, RowOf(*table, path, line, number));
      rows.push_back(std::move(row));
    }
    if (vocab_size_ >= 0 && static_cast<int64_t>(rows.size()) < vocab_size_) {
      return InvalidArgument("Invalid vocab_size in ", path, ": expected ", vocab_size_,
                             " but got ", rows.size());
    }
    return table->Initialize(rows);
  }

 private:
  absl::StatusOr<LookupTable::Row> RowOf(const LookupTable& table, const std::string& path,
                                         absl::string_view line, int64_t number) const {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, delimiter_[0]);
    const int64_t last = std::max(key_, value_);
    if (last >= static_cast<int64_t>(fields.size())) {
      return InvalidArgument("Invalid number of columns in ", path, " line ", number, " (", line,
                             ") : expected at least ", last + 1, " got ", fields.size());
    }
    const auto cell = [&](int64_t index, DataType dtype) {
      const std::string text = index == kLineNumber ? absl::StrCat(number + offset_)
                               : index == kWholeLine
                                   ? std::string(line)
                                   : std::string(fields[static_cast<size_t>(index)]);
      return CellFromText(dtype, text, number);
    };
    LookupTable::Row row;
    SESSILE_ASSIGN_OR_RETURN(row.first, cell(key_, table.types().key));
    SESSILE_ASSIGN_OR_RETURN(row.second, cell(value_, table.types().value));
    return row;
  }

  int64_t key_ = 0;
  int64_t value_ = 0;
  int64_t vocab_size_ = -1;
  int64_t offset_ = 0;
  std::string delimiter_;
};

}  // namespace

void RegisterTables(KernelRegistry& kernels) {
  kernels.Add("HashTableV2", MakeTable<false>::Prepare).State(MakeTableState, TableName);
  kernels.Add("MutableHashTableV2", MakeTable<true>::Prepare).State(MakeTableState, TableName);
  kernels.Add("InitializeTableV2", FillTable<&LookupTable::Initialize>::Prepare);
  kernels.Add("InitializeTableFromTextFileV2", FillFromFile::Prepare);
  kernels.Add("LookupTableInsertV2", FillTable<&LookupTable::Insert>::Prepare);
  kernels.Add("LookupTableImportV2", FillTable<&LookupTable::Import>::Prepare);
  kernels.Add("LookupTableFindV2", FindInTable::Prepare);
  kernels.Add("LookupTableSizeV2", TableSize::Prepare);
  kernels.Add("LookupTableExportV2", ExportTable::Prepare);
}

}  // namespace sessile
