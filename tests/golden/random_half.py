"""Writes random_half.txt: what TensorFlow's random ops give for 16-bit types.

A line is the op, the dtype and the bits of 9 elements in hexadecimal, for seeds (87654321, 7).

  python random_half.py > random_half.txt
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

tf.disable_v2_behavior()

print("# written by random_half.py from TensorFlow", tf.__version__)
for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
    for dtype in (tf.float16, tf.bfloat16):
        draw = getattr(tf.raw_ops, op)(shape=[9], dtype=dtype, seed=87654321, seed2=7)
        with tf.Session() as sess:
            bits = np.asarray(sess.run(draw)).view(np.uint16)
        print(op, "half" if dtype == tf.float16 else "bfloat16", *(f"{b:04x}" for b in bits))
