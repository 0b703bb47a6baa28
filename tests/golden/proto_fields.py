#!/usr/bin/env python3
"""Writes proto_fields.txt: TensorFlow's message fields and enum values, one on a line.

  python3 tests/golden/proto_fields.py      (needs tensorflow; made with 2.15.1)

Lines:  Message.field number type label oneof [skip: reason]
        Enum.VALUE number [skip: reason]
        Message reserved first last

A message inside a message is Outer.Inner; `oneof` is its name or "-". "skip" marks what proto/ leaves
out, on purpose: a reader keeps such a field as an unknown one. wire_format_test.cc compares.
"""

import importlib
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from google.protobuf import descriptor_pb2  # noqa: E402

FILES = [
    "framework/allocation_description", "framework/attr_value", "framework/cost_graph",
    "framework/full_type", "framework/function", "framework/graph", "framework/graph_debug_info",
    "framework/node_def", "framework/op_def",
    "framework/resource_handle", "framework/step_stats", "framework/summary",
    "framework/tensor", "framework/tensor_description", "framework/tensor_shape", "framework/tensor_slice",
    "framework/types", "framework/variable", "framework/versions", "protobuf/config",
    "protobuf/control_flow", "protobuf/meta_graph", "protobuf/saved_model", "protobuf/saver", "protobuf/tensor_bundle",
    "util/event", "util/saved_tensor_slice", "../python/training/checkpoint_state",
]
# Of a file that TensorFlow takes from elsewhere.
IMPORTED = ["../tsl/protobuf/histogram"]

NEWER = "newer than TensorFlow 1"
CLUSTER = "only for clusters"
GPU = "only for GPUs"

# Of a message, a field or an enum value. A skipped message's fields are not written at all.
SKIP = {
    "ConfigProto.cluster_def": CLUSTER,
    "ConfigProto.rpc_options": CLUSTER,
    "ConfigProto.share_cluster_devices_in_session": NEWER,
    "ConfigProto.Experimental.MlirBridgeRollout": NEWER,
    "ConfigProto.Experimental.coordination_config": NEWER,
    "ConfigProto.Experimental.disable_eager_executor_streaming_enqueue": NEWER,
    "ConfigProto.Experimental.disable_functional_ops_lowering": NEWER,
    "ConfigProto.Experimental.disable_optimize_for_static_graph": NEWER,
    "ConfigProto.Experimental.disable_output_partition_graphs": NEWER,
    "ConfigProto.Experimental.enable_mlir_bridge": NEWER,
    "ConfigProto.Experimental.enable_mlir_graph_optimization": NEWER,
    "ConfigProto.Experimental.mlir_bridge_rollout": NEWER,
    "ConfigProto.Experimental.use_tfrt": NEWER,
    "ConfigProto.Experimental.xla_fusion_autotuner_thresh": NEWER,
    "ConfigProto.Experimental.xla_prefer_single_graph_cluster": NEWER,
    "DataType.DT_FLOAT8_E4M3FN": NEWER,
    "DataType.DT_FLOAT8_E4M3FN_REF": NEWER,
    "DataType.DT_FLOAT8_E5M2": NEWER,
    "DataType.DT_FLOAT8_E5M2_REF": NEWER,
    "DataType.DT_INT4": NEWER,
    "DataType.DT_INT4_REF": NEWER,
    "DataType.DT_UINT4": NEWER,
    "DataType.DT_UINT4_REF": NEWER,
    "GPUOptions.Experimental": GPU,
    "GPUOptions.experimental": GPU,
    "GraphOptions.rewrite_options": "steers TensorFlow's own graph rewriter",
    "MetaGraphDef.object_graph_def": NEWER,
    "OptimizerOptions.cpu_global_jit": NEWER,
    "RunMetadata.session_metadata": NEWER,
    "RunOptions.Experimental": "of collective ops and serving pools",
    "RunOptions.experimental": "of collective ops and serving pools",
    "RunOptions.debug_options": "of TensorFlow's debugger",
    "SerializedDType": NEWER,
    "TensorInfo.CompositeTensor": NEWER,
    "TensorInfo.composite_tensor": NEWER,
    "RequestedExitCode": CLUSTER,
    "WatchdogConfig": CLUSTER,
    "WorkerHealth": CLUSTER,
    "WorkerHeartbeatRequest": CLUSTER,
    "WorkerHeartbeatResponse": CLUSTER,
    "WorkerShutdownMode": CLUSTER,
}

Field = descriptor_pb2.FieldDescriptorProto
NOT_PACKABLE = {Field.TYPE_STRING, Field.TYPE_BYTES, Field.TYPE_MESSAGE, Field.TYPE_GROUP}


def type_name(field):
    if field.type_name:
        return field.type_name.removeprefix(".tensorflow.").removeprefix(".")
    return Field.Type.Name(field.type).removeprefix("TYPE_").lower()


def label(field):
    if field.label != Field.LABEL_REPEATED:
        return "optional"
    packed = not field.options.HasField("packed") or field.options.packed
    return "packed" if packed and field.type not in NOT_PACKABLE else "repeated"


class Writer:
    def __init__(self):
        self.lines = []
        self.unused = set(SKIP)

    def skips(self, name):
        self.unused.discard(name)
        return name in SKIP

    def add(self, name, facts):
        reason = f" skip: {SKIP[name]}" if self.skips(name) else ""
        self.lines.append(f"{name} {facts}{reason}")

    def enum(self, enum, prefix):
        name = prefix + enum.name
        if self.skips(name):
            return
        for value in enum.value:
            self.add(f"{name}.{value.name}", value.number)

    def message(self, message, prefix):
        name = prefix + message.name
        if self.skips(name):
            return
        maps = {}
        for inner in message.nested_type:
            if inner.options.map_entry:
                key, value = inner.field
                maps[f"{name}.{inner.name}"] = f"map<{type_name(key)},{type_name(value)}>"
            else:
                self.message(inner, name + ".")
        for enum in message.enum_type:
            self.enum(enum, name + ".")
        for field in message.field:
            kind = type_name(field)
            oneof = "-"
            if field.HasField("oneof_index"):
                oneof = message.oneof_decl[field.oneof_index].name
            self.add(f"{name}.{field.name}",
                     f"{field.number} {maps.get(kind, kind)} {label(field)} {oneof}")
        for numbers in message.reserved_range:
            self.lines.append(f"{name} reserved {numbers.start} {numbers.end - 1}")


def main():
    writer = Writer()
    for file in FILES + IMPORTED:
        module = importlib.import_module(
            os.path.normpath("tensorflow/core/" + file).replace("/", ".") + "_pb2")
        proto = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(proto)
        for enum in proto.enum_type:
            writer.enum(enum, "")
        for message in proto.message_type:
            writer.message(message, "")
    if writer.unused:
        raise SystemExit(f"SKIP names what TensorFlow does not have: {sorted(writer.unused)}")
    path = os.path.splitext(os.path.abspath(__file__))[0] + ".txt"
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(sorted(writer.lines)) + "\n")


if __name__ == "__main__":
    main()
