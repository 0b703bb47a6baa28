"""Graphs that the builders of array and math operations make.

    python3 tests/golden/math_builders.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def unary():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    for fn in [tf.negative, tf.exp, tf.log, tf.log1p, tf.reciprocal, tf.rsqrt, tf.sqrt, tf.square,
               tf.abs, tf.sign, tf.tanh, tf.sigmoid]:
        fn(x)
    tf.exp(1.5)
    tf.square(x, name="named")


def binary():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    for fn in [tf.add, tf.subtract, tf.multiply, tf.divide, tf.truediv, tf.floordiv, tf.floormod,
               tf.maximum, tf.minimum, tf.squared_difference, tf.pow, tf.equal, tf.not_equal,
               tf.less, tf.less_equal, tf.greater, tf.greater_equal]:
        fn(x, 2)
        fn(x, x, name="named")
    i = tf.placeholder(tf.int32, [], name="i")
    tf.truediv(i, 3)
    tf.divide(2.0, x)
    tf.add(1.5, 2)


def more_unary():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    for fn in [tf.math.expm1, tf.sin, tf.cos, tf.tan, tf.asin, tf.acos, tf.atan, tf.sinh, tf.cosh,
               tf.asinh, tf.acosh, tf.atanh, tf.erf, tf.erfc, tf.lgamma, tf.digamma, tf.floor,
               tf.ceil, tf.rint, tf.is_nan, tf.is_inf, tf.is_finite, tf.round]:
        fn(x)
    tf.round(1.5, name="named")
    tf.round(tf.placeholder(tf.int32, [], name="i"))
    tf.bitwise.invert(1)


def more_binary():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    i = tf.placeholder(tf.int32, [], name="i")
    for fn in [tf.div, tf.mod, tf.truncatemod, tf.truncatediv, tf.div_no_nan,
               tf.math.multiply_no_nan]:
        fn(x, 2.0)
        fn(x, x, name="named")
    for fn in [tf.atan2, tf.math.xlogy, tf.math.xdivy, tf.polygamma, tf.zeta]:
        fn(x, x)
    tf.div(i, 2)
    tf.div_no_nan(2.0, x)
    tf.div_no_nan(i, 2)
    for fn in [tf.bitwise.bitwise_and, tf.bitwise.bitwise_or, tf.bitwise.bitwise_xor,
               tf.bitwise.left_shift, tf.bitwise.right_shift]:
        fn(i, 3)


def logic():
    tf.logical_and(True, False)
    tf.logical_or([True, False], True)
    tf.logical_not(True)
    tf.logical_xor(True, False)
    tf.logical_xor(True, False, name="named")


def reductions():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    for fn in [tf.reduce_sum, tf.reduce_mean, tf.reduce_prod, tf.reduce_max, tf.reduce_min]:
        fn(x)
    b = tf.placeholder(tf.bool, [2], name="b")
    tf.reduce_all(b)
    tf.reduce_any(b, 0, keepdims=True, name="named")
    tf.reduce_sum(x, 1)
    tf.reduce_sum(x, [0, -1])
    tf.reduce_sum(x, [])
    tf.reduce_sum(tf.placeholder(tf.float32, name="u"))
    tf.reduce_sum(tf.placeholder(tf.float32, [], name="s"))
    tf.reduce_sum([1.0, 2.0])


def casts():
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.cast(x, tf.float32)
    tf.cast(x, tf.int64)
    tf.cast(1, tf.float32)
    tf.cast(1.5, tf.float32)
    tf.cast(True, tf.float32, name="named")


def products_and_sums():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    tf.matmul(x, [[1, 2], [3, 4]])
    tf.matmul(x, x, transpose_b=True, name="named")
    tf.matmul(x, x, adjoint_a=True)
    tf.add_n([x, x])
    tf.add_n([x])
    tf.add_n([x], name="one")


def indices():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.argmax(x)
    tf.argmax(x, 1, output_type=tf.int32)
    tf.argmin(x, -1, name="named")
    tf.gather(x, [0])
    tf.gather(x, [0], axis=1)
    tf.gather(x, [0], axis=1, batch_dims=1)
    tf.range(5)
    tf.range(1, 5.0)
    tf.range(1, 5, 2, dtype=tf.int64, name="named")


def shapes():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.float32, [2, 3], name="y")
    u = tf.placeholder(tf.float32, name="u")
    for t in [x, y, u]:
        tf.shape(t)
        tf.size(t)
        tf.rank(t)
    tf.shape(y, out_type=tf.int64)
    tf.shape([1.0, 2.0])
    tf.size(tf.placeholder(tf.float32, [None, 0], name="empty"))
    tf.shape_n([x, y])


def arrangements():
    x = tf.placeholder(tf.float32, [None, 1, 3], name="x")
    tf.identity(x)
    tf.stop_gradient(x)
    tf.reshape(x, [-1])
    tf.reshape(tf.placeholder(tf.float32, [None], name="one"), [])
    tf.squeeze(x)
    tf.squeeze(x, 1)
    tf.squeeze(x, [-2])
    tf.expand_dims(x, -1)
    tf.tile(x, [2, 1, 1])
    tf.broadcast_to(x, [5, 4, 3])
    tf.transpose(x)
    tf.transpose(x, [2, 0, 1])
    tf.transpose(tf.placeholder(tf.float32, name="u"))
    tf.where([True, False], [1.0, 2.0], [3.0, 4.0])
    tf.where_v2([True, False], 1.0, 0.0)


def stacks():
    x = tf.placeholder(tf.float32, [], name="x")
    tf.stack([x, x])
    tf.stack([1, x])
    tf.stack([x, x], axis=-1)
    tf.stack([[1.0, 2.0], [3.0, 4.0]], axis=1)


graph_listing.write("math_builders.txt", [
    unary, binary, more_unary, more_binary, logic, reductions, casts, products_and_sums, indices, shapes, arrangements,
    stacks])
