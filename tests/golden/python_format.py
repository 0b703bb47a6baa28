"""Writes python_format.txt: numbers as Python and numpy 1.x print them. Run it in this folder.

Each line: KIND BITS TEXT, where BITS are those of the float64 (repr, fixed) or float32 (numpy) in hex, and TEXT is what
repr(x), '{:>3.5f}'.format(x) or str(numpy.float32(x)) gives.
"""
import struct

import numpy as np

rng = np.random.default_rng(1)
values = [0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 0.95, 0.98, 0.99, 0.07999999821186066, 100.0, 1e-4, 9.9999e-5, 1.5e-5, 1e-7,
          1e15, 1234567890123456.0, 9999999999999998.0, 1e16, 1.5e16, 1e22, 1e100, 5e-324, 2.2250738585072014e-308,
          1.7976931348623157e308, 123456789.0, 16777216.0, 3.4028234663852886e38, 1e-45, 0.000005, 0.000015, 0.69066,
          2.5, 1e5, float("inf"), float("-inf"), float("nan")]
values += [i / 100 for i in range(1, 100, 7)]
values += list(rng.standard_normal(10) * 10.0 ** rng.integers(-20, 20, 10))

with open("python_format.txt", "w") as out, np.errstate(over="ignore"):
    for x in values:
        bits = struct.pack(">d", x).hex()
        print("repr", bits, repr(float(x)), file=out)
        print("fixed", bits, "{:>3.5f}".format(float(x)), file=out)
        print("numpy", np.array(x, ">f4").tobytes().hex(), str(np.float32(x)), file=out)
