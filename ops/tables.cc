// Tables from keys to values: HashTableV2, which is filled once, MutableHashTableV2, and what fills
// and reads them.

#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/ops/register_all.h"

namespace sessile {
namespace {

constexpr const char* kTable = "what is in a table has no derivative";

absl::Status FillShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  return ctx.Merge(ctx.input(1), ctx.input(2)).status();
}

// Values of as many dimensions as the default has more than a scalar are no numbers or strings.
absl::Status FindShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  ctx.SetOutput(0, ctx.input(1));
  return absl::OkStatus();
}

absl::Status ExportShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  for (int i = 0; i < 2; ++i) ctx.SetOutput(i, Shape({Shape::kUnknownDim}));
  return absl::OkStatus();
}

absl::Status FromFileShape(ShapeContext& ctx) {
  SESSILE_RETURN_IF_ERROR(ctx.InputIsScalar(0));
  return ctx.InputIsScalar(1);
}

void RegisterTable(OpRegistry& ops, const char* name, const char* doc) {
  ops.Add(name)
      .Output("table_handle: resource")
      .Attr("container: string = ''")
      .Attr("shared_name: string = ''")
      .Attr("use_node_name_sharing: bool = false")
      .Attr("key_dtype: type")
      .Attr("value_dtype: type")
      .Shape(ScalarShape)
      .NotDifferentiable(kTable)
      .Stateful()
      .Doc(doc);
}

void RegisterFills(OpRegistry& ops) {
  ops.Add("InitializeTableV2")
      .Input("table_handle: resource")
      .Input("keys: Tkey")
      .Input("values: Tval")
      .Attr("Tkey: type")
      .Attr("Tval: type")
      .Shape(FillShape)
      .NotDifferentiable(kTable)
      .Stateful()
      .Doc("Fills a table that is filled once.");
  ops.Add("InitializeTableFromTextFileV2")
      .Input("table_handle: resource")
      .Input("filename: string")
      .Attr("key_index: int >= -2")
      .Attr("value_index: int >= -2")
      .Attr("vocab_size: int >= -1 = -1")
      .Attr("delimiter: string = '\t'")
      .Attr("offset: int = 0")
      .Shape(FromFileShape)
      .NotDifferentiable(kTable)
      .Stateful()
      .Doc("Fills a table from columns of a text file.");
  ops.Add("LookupTableInsertV2")
      .Input("table_handle: resource")
      .Input("keys: Tin")
      .Input("values: Tout")
      .Attr("Tin: type")
      .Attr("Tout: type")
      .Shape(FillShape)
      .NotDifferentiable(kTable)
      .Stateful()
      .Doc("Sets the values of keys in a mutable table.");
  ops.Add("LookupTableImportV2")
      .Input("table_handle: resource")
      .Input("keys: Tin")
      .Input("values: Tout")
      .Attr("Tin: type")
      .Attr("Tout: type")
      .Shape(FillShape)
      .NoGradient(kTable)
      .Stateful()
      .Doc("Replaces what is in a table.");
}

}  // namespace

void RegisterTables(OpRegistry& ops) {
  RegisterTable(ops, "HashTableV2", "A table from keys to values, which is filled once.");
  RegisterTable(ops, "MutableHashTableV2", "A table from keys to values.");
  RegisterFills(ops);
  ops.Add("LookupTableFindV2")
      .Input("table_handle: resource")
      .Input("keys: Tin")
      .Input("default_value: Tout")
      .Output("values: Tout")
      .Attr("Tin: type")
      .Attr("Tout: type")
      .Shape(FindShape)
      .NotDifferentiable(kTable)
      .Stateful()
      .Doc("The values of `keys` in a table, `default_value` for keys that are not there.");
  ops.Add("LookupTableSizeV2")
      .Input("table_handle: resource")
      .Output("size: int64")
      .Shape(ScalarShape)
      .NotDifferentiable(kTable)
      .Stateful()
      .Doc("How many keys a table has.");
  ops.Add("LookupTableExportV2")
      .Input("table_handle: resource")
      .Output("keys: Tkeys")
      .Output("values: Tvalues")
      .Attr("Tkeys: type")
      .Attr("Tvalues: type")
      .Shape(ExportShape)
      .NoGradient(kTable)
      .Stateful()
      .Doc("All keys and values of a table.");
}

}  // namespace sessile
