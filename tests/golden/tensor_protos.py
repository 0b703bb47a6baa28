#!/usr/bin/env python3
"""Writes tensor_protos.txt: TensorProtos as TensorFlow's Python makes them.

One line each: the bytes in hexadecimal, then what they are. Needs TensorFlow 2.15.
usage: tensor_protos.py > tensor_protos.txt
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow.compat.v1 as tf

NUMBERS = [
    tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64,
    tf.float16, tf.bfloat16, tf.complex64, tf.complex128, tf.bool,
]


def show(what, values, **kwargs):
    print(tf.make_tensor_proto(values, **kwargs).SerializeToString().hex(), what)


for dtype in NUMBERS:
    one, two = dtype.as_numpy_dtype(1), dtype.as_numpy_dtype(0)
    show(f"{dtype.name} scalar", one)
    show(f"{dtype.name} [1]", np.array([one]))
    show(f"{dtype.name} [2]", np.array([one, two]))
    show(f"{dtype.name} [2,2]", np.array([[one, two], [two, one]]))
    show(f"{dtype.name} [0]", np.zeros([0], dtype.as_numpy_dtype))
    show(f"{dtype.name} one value for [2,3]", one, shape=[2, 3])
show("int8 negative", np.int8(-3))
show("int64 lowest", np.int64(-(2**63)))
show("uint64 highest", np.uint64(2**64 - 1))
show("float32 not a number", np.float32("nan"))
show("float32 minus zero", np.float32(-0.0))
show("float32 equal elements", np.ones([3], np.float32))
show("qint8", np.int8(3), dtype=tf.qint8)
show("quint8 [2]", np.array([3, 250], np.uint8), dtype=tf.quint8)
show("qint32", np.int32(-3), dtype=tf.qint32)
show("string scalar", b"a\0b")
show("string [2,1]", [["abc"], [""]])
show("string one value for [3]", "x", shape=[3])
