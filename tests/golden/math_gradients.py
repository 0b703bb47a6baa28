"""Graphs of the gradients of array and math operations.

    python3 tests/golden/math_gradients.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf

UNARY = ["negative", "exp", "log", "log1p", "reciprocal", "rsqrt", "sqrt", "square", "abs", "sign",
         "tanh", "sigmoid", "expm1", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
         "cosh", "asinh", "acosh", "atanh", "erf", "erfc", "lgamma", "digamma"]
# Functions whose gradient is taken once only.
ONCE = ["sign"] + UNARY[UNARY.index("expm1"):]
BINARY = ["add", "subtract", "multiply", "truediv", "floordiv", "floormod", "maximum",
          "minimum", "squared_difference", "pow", "atan2", "xlogy", "xdivy", "multiply_no_nan",
          "divide_no_nan", "igamma", "igammac", "polygamma", "zeta"]
BROADCASTS = {
    "same": ([2, 3], [2, 3]),
    "known": ([2, 3], [3]),
    "open": ([None, 3], [3]),
    "ones": ([2, 3], [1, 1]),
    "unknown": ([None, 3], [None, 3]),
    "no_rank": (None, [3]),
}


def unary(name):
    def case():
        x = tf.placeholder(tf.float64, [None, 3], name="x")
        y = getattr(tf.math, name)(x)
        first = tf.gradients(y, x)[0]
        if name not in ONCE:
            tf.gradients(first, x)
    case.__name__ = "unary " + name
    return case


def binary(name, shapes, dtype=tf.float32):
    def case():
        x = tf.placeholder(dtype, BROADCASTS[shapes][0], name="x")
        y = tf.placeholder(dtype, BROADCASTS[shapes][1], name="y")
        tf.gradients(getattr(tf.math, name)(x, y), [x, y])
    case.__name__ = "binary %s %s" % (name, shapes)
    return case


def reduction(name, shape, axis, keepdims):
    def case():
        x = tf.placeholder(tf.float32, shape, name="x")
        tf.gradients(getattr(tf, "reduce_" + name)(x, axis, keepdims=keepdims), x)
    texts = ["unknown" if shape is None else "x".join(str(d) for d in shape),
             "all" if axis is None else str(axis).replace(" ", ""),
             "keep" if keepdims else "drop"]
    case.__name__ = " ".join(["reduce", name] + texts)
    return case


def reduction_at_run_time(name):
    def case():
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        axes = tf.placeholder(tf.int32, [None], name="axes")
        tf.gradients(getattr(tf, "reduce_" + name)(x, axes), x)
    case.__name__ = "reduce %s at run time" % name
    return case


def same_reduction_twice():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.reduce_sum(x, 1)
    z = tf.reduce_mean(x, 1)
    tf.gradients([y, z], x)


def sum_twice_differentiated():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    first = tf.gradients(tf.square(tf.reduce_sum(x, 1)), x)[0]
    tf.gradients(first, x)


def matmul(transpose_a, transpose_b):
    def case():
        a = tf.placeholder(tf.float32, [2, None] if transpose_a else [None, 2], name="a")
        b = tf.placeholder(tf.float32, [3, 2] if transpose_b else [2, 3], name="b")
        tf.gradients(tf.matmul(a, b, transpose_a=transpose_a, transpose_b=transpose_b), [a, b])
    case.__name__ = "matmul %d %d" % (transpose_a, transpose_b)
    return case


def reshapes():
    x = tf.placeholder(tf.float32, [None, 1, 3], name="x")
    y = tf.reshape(x, [-1])
    z = tf.squeeze(x, [1])
    u = tf.expand_dims(x, 0)
    tf.gradients([y, z, u], x)


def tile():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.gradients(tf.tile(x, [2, 1]), x)


def broadcast_to():
    x = tf.placeholder(tf.float32, [1, 3], name="x")
    tf.gradients(tf.broadcast_to(x, [4, 3]), x)


def broadcast_to_at_run_time():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    to = tf.placeholder(tf.int64, [2], name="to")
    tf.gradients(tf.broadcast_to(x, to), x)


def select():
    condition = tf.placeholder(tf.bool, [2, 3], name="condition")
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.placeholder(tf.float32, [2, 3], name="y")
    tf.gradients(tf.where(condition, x, y), [x, y])


def select_v2():
    condition = tf.placeholder(tf.bool, [2, 1], name="condition")
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.placeholder(tf.float32, [], name="y")
    tf.gradients(tf.where_v2(condition, x, y), [x, y])


def casts():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.cast(x, tf.float64)
    z = tf.cast(tf.cast(x, tf.int32), tf.float32)
    tf.gradients([y, z], x)


def fill():
    x = tf.placeholder(tf.float32, [], name="x")
    tf.gradients(tf.fill([2, 3], x), x)


def transpose():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    tf.gradients(tf.transpose(x, [1, 0]), x)


def sums():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.placeholder(tf.float32, [2], name="y")
    tf.gradients(tf.add_n([x, y, x]), [x, y])


cases = [unary(name) for name in UNARY]
cases += [binary("multiply", shapes) for shapes in BROADCASTS]
cases += [binary(name, shapes) for name in BINARY if name != "multiply"
          for shapes in ["same", "known"]]
for axis in [None, 0, [1], [0, 1]]:
    for shape in [[2, 3], [None, 3], None]:
        cases.append(reduction("sum", shape, axis, False))
cases += [reduction("sum", [2, 3], [-1], True), reduction("sum", [None, 3], 1, True)]
cases += [reduction("sum", [], None, False), reduction_at_run_time("sum")]
cases += [reduction("mean", [2, 3], 1, False), reduction("mean", [None, 3], 1, False)]
cases += [reduction("mean", [None, 3], None, False), reduction_at_run_time("mean")]
cases += [reduction("max", [2, 3], 1, False), reduction("max", [None, 3], 1, False)]
cases += [reduction("min", [None, 3], 1, True)]
cases += [same_reduction_twice, sum_twice_differentiated]
cases += [matmul(a, b) for a in [False, True] for b in [False, True]]
cases += [reshapes, tile, broadcast_to, broadcast_to_at_run_time, select, select_v2, casts, fill,
          transpose, sums]
graph_listing.write("math_gradients.txt", cases)
