// A Saver's nodes. The prefix is fed in place of the second placeholder:
//   filename -> Const -> SaveV2 -> control_dependency, which gives the prefix back
//                     -> RestoreV2 -> an Assign for each variable -> restore_all
// A sharded one saves what is on each device to a checkpoint of its own and merges these.

#include "sessile/ops/saver_graph.h"

#include <optional>

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

struct Saveable {
  std::string name;  // in the checkpoint
  Output ref;        // what is restored
  Output value;      // what is saved

  bool is_handle() const { return ref.dtype() == DataType::kResource; }
  Shape shape() const { return is_handle() ? HandleFactsOf(ref).shape : ref.get_shape(); }
};
using Saveables = std::vector<Saveable>;

std::vector<std::string> NamesOf(const Saveables& saveables) {
  std::vector<std::string> names;
  for (const Saveable& each : saveables) names.push_back(each.name);
  return names;
}

// The same place, on the CPU.
std::string OnCpu(const std::string& on) { return MergeDeviceNames(on, "/device:CPU:0"); }

// Saves under `prefix`, which it gives back.
Output Save(const Output& prefix, const Saveables& saveables) {
  std::vector<Output> tensors;
  for (const Saveable& each : saveables) tensors.push_back(each.value);
  const Operation save = OpBuilder("SaveV2")
                             .Input(prefix)
                             .Input(NamesOf(saveables))
                             .Input(std::vector<std::string>(saveables.size()))
                             .InputList(tensors)
                             .BuildOperation();
  return with_dependencies({save}, prefix);
}

// Gives `tensor` to the variable.
Operation Restore(const Saveable& to, const Output& tensor, bool reshaped) {
  const Shape shape = to.shape();
  Output value = tensor;
  if (reshaped) {
    const Input sizes = shape.IsFullyDefined() ? Input(shape) : Input(sessile::shape(to.value));
    value = reshape(tensor, sizes);
  }
  if (to.is_handle()) {
    std::optional<device> beside;
    if (!to.ref.op().device().empty()) beside.emplace(to.ref.op().device());
    const Output there = identity(value);
    return OpBuilder("AssignVariableOp").Input(to.ref).Input(there).BuildOperation();
  }
  return assign(to.ref, value, {.validate_shape = !reshaped && shape.IsFullyDefined()}).op();
}

Operation RestoreAll(const Output& prefix, const Saveables& saveables, bool reshaped,
                     const char* name) {
  std::vector<DataType> types;
  for (const Saveable& each : saveables) types.push_back(BaseType(each.value.dtype()));
  std::vector<Output> tensors;
  {
    const device on_cpu("cpu:0");
    tensors = OpBuilder("RestoreV2")
                  .Input(prefix)
                  .Input(NamesOf(saveables))
                  .Input(std::vector<std::string>(saveables.size()))
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

SaverDef BuildSaver(const std::map<std::string, Variable>& variables, const SaverOptions& options) {
  Saveables saveables;
  ByDevice by_device;
  for (const auto& [name, variable] : variables) {
    saveables.push_back({name, variable.ref(), variable.graph_element()});
    by_device[variable.op().device()].push_back(saveables.back());
  }
  const auto with = saveables[0].ref.graph().as_default();
  const name_scope scope(options.name.empty() ? "save" : options.name);
  const Output filename = placeholder_with_default(
      options.filename.empty() ? "model" : options.filename, Shape(), "filename");
  // The name that it has always had.
  const Output prefix = placeholder_with_default(filename, Shape(), "Const");
  const Output saved = options.sharded ? SaveSharded(prefix, by_device) : Save(prefix, saveables);
  const Operation restored = options.sharded
                                 ? RestoreSharded(prefix, by_device, options.reshape)
                                 : RestoreAll(prefix, saveables, options.reshape, "restore_all");
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
