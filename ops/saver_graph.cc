// A Saver's nodes. The prefix is fed in place of the second placeholder:
//   filename -> Const -> SaveV2 -> control_dependency, which gives the prefix back
//                     -> RestoreV2 -> an Assign for each variable -> restore_all
// A sharded one saves what is on each device to a checkpoint of its own and merges these.

#include "sessile/ops/saver_graph.h"

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "sessile/core/framework/errors.h"
#include "sessile/core/graph/device_spec.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/resource_variable.h"
#include "sessile/ops/state.h"

namespace sessile::train {
namespace {

using Saveables = std::vector<VarList::Item>;

// The names, or the parts, of all.
std::vector<std::string> TextsOf(const Saveables& saveables, std::string VarList::Item::*text) {
  std::vector<std::string> texts;
  for (const VarList::Item& each : saveables) texts.push_back(each.*text);
  return texts;
}

// The same place, on the CPU.
std::string OnCpu(const std::string& on) { return MergeDeviceNames(on, "/device:CPU:0"); }

// Where the variable is.
std::optional<device> Beside(const Variable& variable) {
  const std::string& on = variable.op().device();
  return on.empty() ? std::nullopt : std::optional<device>(std::in_place, on);
}

// The value of a handle without a copy of it: new nodes at every call.
Output ReadWithoutCopy(const Variable& variable) {
  const std::optional<device> place = Beside(variable);
  Output value;
  {
    const name_scope scope("Read");
    OpBuilder("DisableCopyOnRead").Input(variable.ref()).BuildOperation();
    value =
        OpBuilder("ReadVariableOp").Input(variable.ref()).Attr("dtype", variable.dtype()).Build();
  }
  value = identity(value);
  const device on_cpu("/device:CPU:0");
  return identity(value);
}

// What is saved. TensorFlow reads parts in other ways than whole variables.
Output ValueOf(const VarList::Item& saved) {
  if (saved.part.empty()) return saved.variable.graph_element();
  return saved.variable.is_resource() ? ReadWithoutCopy(saved.variable) : saved.variable.value();
}

// Saves under `prefix`, which it gives back.
Output Save(const Output& prefix, const Saveables& saveables) {
  std::vector<Output> tensors;
  for (const VarList::Item& each : saveables) tensors.push_back(ValueOf(each));
  const Operation save = OpBuilder("SaveV2")
                             .Input(prefix)
                             .Input(TextsOf(saveables, &VarList::Item::name))
                             .Input(TextsOf(saveables, &VarList::Item::part))
                             .InputList(tensors)
                             .BuildOperation();
  return with_dependencies({save}, prefix);
}

// Gives `tensor` to the variable.
Operation Restore(const VarList::Item& to, const Output& tensor, bool reshaped) {
  const Shape shape = to.variable.get_shape();
  Output value = tensor;
  if (reshaped) {
    const Output like = ValueOf(to);
    const Input sizes = shape.IsFullyDefined() ? Input(shape) : Input(sessile::shape(like));
    value = reshape(tensor, sizes);
  }
  if (to.variable.is_resource()) {
    const std::optional<device> place = Beside(to.variable);
    const Output there = identity(value);
    return OpBuilder("AssignVariableOp").Input(to.variable.ref()).Input(there).BuildOperation();
  }
  const bool same_shape = !reshaped && shape.IsFullyDefined();
  return assign(to.variable.ref(), value, {.validate_shape = same_shape}).op();
}

Operation RestoreAll(const Output& prefix, const Saveables& saveables, bool reshaped,
                     const char* name) {
  std::vector<DataType> types;
  for (const VarList::Item& each : saveables) types.push_back(each.variable.dtype());
  std::vector<Output> tensors;
  {
    const device on_cpu("cpu:0");
    tensors = OpBuilder("RestoreV2")
                  .Input(prefix)
                  .Input(TextsOf(saveables, &VarList::Item::name))
                  .Input(TextsOf(saveables, &VarList::Item::part))
                  .Attr("dtypes", types)
                  .BuildAll();
  }
  std::vector<Dependency> assigned;
  for (size_t i = 0; i < saveables.size(); ++i) {
    assigned.emplace_back(Restore(saveables[i], tensors[i], reshaped));
  }
  return group(assigned, name);
}

// Where the parts of a sharded checkpoint are before they are merged.
Output TemporaryPrefix(const Output& prefix) {
  const device on_cpu("/device:CPU:*");
  const Output on_s3 =
      OpBuilder("StaticRegexFullMatch").Input(prefix).Attr("pattern", "^s3://.*").Build();
  const Output flat = constant(".part");
  const Output folder = constant("_temp/part");
  const Output suffix = OpBuilder("Select").Input(on_s3).Input(flat).Input(folder).Build();
  return OpBuilder("StringJoin").InputList(std::vector<Output>{prefix, suffix}).Build();
}

using ByDevice = std::map<std::string, Saveables>;

Output SaveSharded(const Output& prefix, const ByDevice& by_device) {
  const Output temporary = TemporaryPrefix(prefix);
  const Output count = constant(static_cast<int32_t>(by_device.size()), {.name = "num_shards"});
  std::vector<Output> prefixes;
  std::vector<Dependency> saved;
  std::string last;
  for (const auto& [on, saveables] : by_device) {
    last = OnCpu(on);
    const device place(last);
    const auto shard = static_cast<int32_t>(prefixes.size());
    prefixes.push_back(
        OpBuilder("ShardedFilename").Input(temporary).Input(shard).Input(count).Build());
    saved.emplace_back(Save(prefixes.back(), saveables));
  }
  const control_dependencies after(saved);
  const device place(last);
  const Operation merge = OpBuilder("MergeV2Checkpoints")
                              .Input(prefixes)
                              .Input(prefix)
                              .Attr("delete_old_dirs", true)
                              .BuildOperation();
  const control_dependencies merged({merge});
  return identity(prefix);
}

Operation RestoreSharded(const Output& prefix, const ByDevice& by_device, bool reshaped) {
  std::vector<Dependency> restored;
  for (const auto& [on, saveables] : by_device) {
    std::optional<device> place;
    if (!on.empty()) place.emplace(on);
    restored.emplace_back(RestoreAll(prefix, saveables, reshaped, "restore_shard"));
  }
  return group(restored, "restore_all");
}

}  // namespace

SaverDef BuildSaver(const std::vector<VarList::Item>& items, const SaverOptions& options) {
  ByDevice by_device;
  for (const VarList::Item& item : items) by_device[item.variable.op().device()].push_back(item);
  const auto with = items[0].variable.graph().as_default();
  const name_scope scope(options.name.empty() ? "save" : options.name);
  const Output filename = placeholder_with_default(
      options.filename.empty() ? "model" : options.filename, Shape(), "filename");
  // The name that it has always had.
  const Output prefix = placeholder_with_default(filename, Shape(), "Const");
  const Output saved = options.sharded ? SaveSharded(prefix, by_device) : Save(prefix, items);
  const Operation restored = options.sharded
                                 ? RestoreSharded(prefix, by_device, options.reshape)
                                 : RestoreAll(prefix, items, options.reshape, "restore_all");
  return {
      .filename_tensor_name = prefix.name(),
      .save_tensor_name = saved.name(),
      .restore_op_name = restored.name(),
      .max_to_keep = options.max_to_keep,
      .sharded = options.sharded,
      .keep_checkpoint_every_n_hours = static_cast<float>(options.keep_checkpoint_every_n_hours),
      .version = SaverDef::V2};
}

}  // namespace sessile::train
