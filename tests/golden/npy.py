#!/usr/bin/env python3
"""Writes npy.txt: .npy files as numpy writes them.

One line each: the bytes in hexadecimal, whether writing the array again gives the same bytes, the type, the shape, and
the elements in row-major order. Needs numpy.
usage: npy.py > npy.txt
"""
import io

import numpy as np


def show(again, name, array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version, allow_pickle=False)
    flat = [v.decode() if isinstance(v, bytes) else str(v) for v in array.ravel().tolist()]
    shape = ",".join(str(d) for d in array.shape)
    print(file.getvalue().hex(), "same" if again else "read", name, f"[{shape}]", *flat)


NAMES = {"float16": "half", "float32": "float", "float64": "double"}
for dtype in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split():
    array = np.array([[1, 2, 3], [4, 5, 100]], dtype)
    name = NAMES.get(dtype, dtype)
    show(True, name, array)
    show(False, name, np.asfortranarray(array))
    show(False, name, array.astype(array.dtype.newbyteorder(">")))
    show(False, name, np.asfortranarray(array.astype(array.dtype.newbyteorder(">"))))
show(True, "float", np.float32(1.5).reshape(()))
show(True, "int32", np.zeros([0, 3], np.int32))
show(True, "int64", np.arange(3, dtype=np.int64))
show(False, "int64", np.asfortranarray(np.arange(24, dtype=np.int64).reshape(2, 3, 4)))
show(False, "int16", np.arange(4, dtype=np.int16), (2, 0))
show(False, "int16", np.arange(4, dtype=np.int16), (3, 0))
show(True, "string", np.array([[b"a", b"bcd"], [b"", b"ef"]]))
show(False, "string", np.asfortranarray(np.array([[b"a", b"bcd"], [b"", b"ef"]])))
show(False, "string", np.array(["\u00e9t\u00e9", "\u20ac\U0001f600"]))
show(False, "string", np.array(["\u00e9t\u00e9", "\u20ac\U0001f600"]).astype(">U5"))
