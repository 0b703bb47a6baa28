#!/usr/bin/env python3
"""Writes checkpoints/: checkpoints of TensorFlow, and checkpoints.txt: what is in them.

  python3 tests/golden/checkpoints.py      (needs tensorflow and libsnappy.so.1; made with 2.15.1 and 1.1.9)

Lines of checkpoints.txt:  PREFIX name dtype shape value value ...
"snappy" is "all_types" with an index whose blocks are compressed, as TensorFlow reads it and some tools write it.
The line "many SIZE CRC" is of the index of a checkpoint with many tensors, which is too large to be kept:
scalars 0.0 named "scope_I/with_a_long_name/VARIABLE_J", for I < 100 and J < 200.
"""

import ctypes
import os
import shutil
import struct
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

tf.disable_v2_behavior()

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "checkpoints")
TYPES = ("float32 float64 int32 uint8 int16 int8 complex64 int64 bool qint8 quint8 qint32 bfloat16 qint16 quint16 "
         "uint16 complex128 float16 uint32 uint64").split()


def values(name):
    dtype = tf.as_dtype(name)
    numbers = np.array([[0, 1, 2], [100, 101, 7]])
    if name == "bool":
        return tf.constant(numbers % 2 == 1)
    if dtype.is_quantized:
        return tf.bitcast(tf.constant(numbers, name[1:]), dtype)
    if name == "bfloat16":
        return tf.cast(tf.constant(numbers, tf.float32), dtype)
    if dtype.is_complex:
        numbers = numbers + 1j
    return tf.constant(numbers.astype(dtype.as_numpy_dtype))


def save_v2(prefix, tensors, parts=None):
    names = list(tensors)
    return tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[(parts or {}).get(n, "") for n in names],
                             tensors=[tensors[n] for n in names])


def all_types():
    tensors = {name: values(name) for name in reversed(TYPES)}
    tensors["string"] = tf.constant([["", "a"], ["b\0c", "x" * 300]])
    tensors["scalar"] = tf.constant(1.5)
    tensors["empty"] = tf.zeros([0, 3], tf.int32)
    tensors["no_strings"] = tf.constant(np.zeros([0], object), tf.string)
    return save_v2("all_types", tensors)


def sharded():
    """Two parts of a merged checkpoint, of a tensor that is itself in parts."""
    whole = tf.reshape(tf.range(30, dtype=tf.float32), [10, 3])
    first = tf.raw_ops.SaveV2(prefix="sharded_temp/a", tensor_names=["part", "b"],
                              shape_and_slices=["10 3 0,4:-", ""], tensors=[whole[:4], tf.constant([1, 2])])
    second = tf.raw_ops.SaveV2(prefix="sharded_temp/b", tensor_names=["part", "part", "a"],
                               shape_and_slices=["10 3 4,6:0,2", "10 3 4,6:2,1", ""],
                               tensors=[whole[4:, :2], whole[4:, 2:], tf.constant("text")])
    with tf.control_dependencies([first, second]):
        return tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=["sharded_temp/a", "sharded_temp/b"],
                                             destination_prefix="sharded")


def version_1():
    types = [t for t in TYPES if not t.startswith("uint") or t == "uint8"]
    types = [t for t in types if t not in ("bfloat16", "qint16", "quint16")]
    tensors = [values(t) for t in types]
    types += ["string", "long", "part", "part"]
    tensors += [tf.constant(["x", "", "yyy" * 50]), tf.fill([500], 7), tf.ones([2, 3]), tf.zeros([1, 3])]
    slices = [""] * (len(types) - 2) + ["3 3 0,2:-", "3 3 2,1:-"]
    return tf.raw_ops.SaveSlices(filename="version_1", tensor_names=types, shapes_and_slices=slices, data=tensors)


def many():
    names = ["scope_%d/with_a_long_name/VARIABLE_%d" % (i, j) for i in range(100) for j in range(200)]
    return tf.raw_ops.SaveV2(prefix="many", tensor_names=names, shape_and_slices=[""] * len(names),
                             tensors=[tf.constant(0.0)] * len(names))


def varints(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def compressed(data):
    library = ctypes.CDLL("libsnappy.so.1")
    size = ctypes.c_size_t(32 + len(data) * 2)
    out = ctypes.create_string_buffer(size.value)
    assert library.snappy_compress(data, ctypes.c_size_t(len(data)), out, ctypes.byref(size)) == 0
    return out.raw[:size.value]


def snappy():
    """Compresses the only data block and the index block of a table."""
    table = open("all_types.index", "rb").read()
    numbers = varints(table[-48:])
    meta = next(numbers), next(numbers)
    index = next(numbers), next(numbers)
    out = b""

    def block(data):
        nonlocal out
        handle = varint(len(out)) + varint(len(compressed(data)))
        data = compressed(data) + b"\1"
        crc = crc32c(data)
        out += data + struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
        return handle

    data = block(table[:meta[0] - 5])
    meta = block(table[meta[0]:sum(meta)])
    entry = table[index[0]:sum(index)]
    key = entry[3:3 + entry[1]]
    index = block(bytes([0, len(key), len(data)]) + key + data + struct.pack("<II", 0, 1))
    with open("snappy.index", "wb") as file:
        file.write(out + (meta + index).ljust(40, b"\0") + table[-8:])
    shutil.copy("all_types.data-00000-of-00001", "snappy.data-00000-of-00001")


def text(value):
    if isinstance(value, bytes):
        return value.hex() or "-"
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (complex, np.complexfloating)):
        return "%g,%g" % (value.real, value.imag)
    return "%g" % value


def listing(prefix):
    reader = tf.train.load_checkpoint(prefix)
    for name, shape in sorted(reader.get_variable_to_shape_map().items()):
        dtype = reader.get_variable_to_dtype_map()[name]
        with tf.Graph().as_default(), tf.Session() as session:
            tensor, = tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=[name], shape_and_slices=[""], dtypes=[dtype])
            if dtype.is_quantized:  # Python cannot show them
                tensor = tf.bitcast(tensor, dtype.name[1:])
            array = session.run(tensor)
        shown = "".join(" " + text(v) for v in np.asarray(array).flat)
        yield "%s %s %s [%s]%s" % (prefix, name, dtype.name, ",".join(map(str, shape)), shown)


def crc32c(data):
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    lines = []
    for build in (all_types, sharded, version_1, many):
        with tf.Graph().as_default(), tf.Session() as session:
            session.run(build())
    snappy()
    for prefix in ("all_types", "sharded", "snappy", "version_1"):
        lines += listing(prefix)
    index = open("many.index", "rb").read()
    lines.append("many %d %d" % (len(index), crc32c(index)))
    shutil.rmtree(OUT, ignore_errors=True)
    os.mkdir(OUT)
    for file in sorted(os.listdir(".")):
        if os.path.isfile(file) and not file.startswith("many"):
            shutil.copy(file, OUT)
    with open(os.path.join(HERE, "checkpoints.txt"), "w") as out:
        out.write("\n".join(lines) + "\n")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
