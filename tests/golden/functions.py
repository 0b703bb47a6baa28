"""Graphs with function libraries, as text, and what they give.

    python3 tests/golden/functions.py        (TensorFlow 2.15.1)

Writes functions/NAME.pbtxt, and functions.txt: a line "NAME/FETCH value value ..." for each fetch.
Every graph has placeholders "x" [3] and "n", both fed as told in FEEDS.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402
from tensorflow.python.framework import function  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FEEDS = {"x:0": np.array([1.0, -2.0, 3.0], np.float32), "n:0": np.int32(3)}


def partitioned_call(x, n):
    @tf.function
    def inner(a, b):
        return a * b + 1.0, tf.reduce_sum(a)

    @tf.function
    def outer(a):
        y, s = inner(a, tf.constant(2.0))
        z, _ = inner(y, s)
        return z, y

    z, y = outer(x)
    return [tf.identity(z, "z"), tf.identity(y, "y")]


def called_by_name(x, n):
    @function.Defun(tf.float32, tf.float32, func_name="scaled_sum")
    def scaled_sum(a, b):
        return a * b, tf.reduce_sum(a) + tf.reduce_sum(b)

    @function.Defun(tf.float32, func_name="twice")
    def twice(a):
        return scaled_sum(a, a)[0]

    p, s = scaled_sum(x, x + 1.0)
    return [tf.identity(p, "p"), tf.identity(s, "s"), tf.identity(twice(p), "t")]


def conditional(x, n):
    def positive():
        return x * 2.0, tf.constant(1)

    def negative():
        return x - tf.reduce_mean(x), tf.constant(-1)

    a, which = tf.cond(n > 2, positive, negative)
    b, other = tf.cond(n > 5, positive, negative)
    return [tf.identity(v, k) for v, k in [(a, "a"), (which, "which"), (b, "b"), (other, "other")]]


def loop(x, n):
    def body(i, total, row):
        step = tf.cond(tf.equal(i % 2, 0), lambda: row * 2.0, lambda: row + 1.0)
        return i + 1, total + tf.reduce_sum(step), step

    i, total, row = tf.while_loop(lambda i, t, r: i < n, body, [0, 0.0, x])
    return [tf.identity(i, "i"), tf.identity(total, "total"), tf.identity(row, "row")]


def nested_loops(x, n):
    def outer(i, total):
        _, inner = tf.while_loop(lambda j, t: j <= i, lambda j, t: (j + 1, t + 10.0), [0, total])
        return i + 1, inner + tf.reduce_max(x)

    _, total = tf.while_loop(lambda i, t: i < n, outer, [0, 0.0])
    return [tf.identity(total, "total")]


def cases(x, n):
    fetches = []
    for i, index in enumerate([n - 3, n - 2, n - 1, n + 7, -n]):
        y = tf.switch_case(index, [lambda: x, lambda: x * 10.0, lambda: -x])
        fetches.append(tf.identity(y, "y%d" % i))
    return fetches


def effects(x, n):
    """A function that updates a variable; its caller's result comes after the update."""
    @tf.function
    def check(a):
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(a < 10.0), [a])]):
            return a + 1.0

    @tf.function
    def only_an_effect(a):
        tf.debugging.Assert(tf.reduce_all(a > -10.0), [a])
        return tf.constant(5.0)

    return [tf.identity(check(x), "checked"), tf.identity(only_an_effect(x), "five")]


def in_a_frame(x, n):
    """A call in a loop of TensorFlow 1, where constants of its body belong to the loop."""
    @tf.function
    def body(a):
        return a * 2.0 + tf.constant(1.0)

    tf.disable_control_flow_v2()
    y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, body(a)), [0, x])[1]
    z = tf.cond(n > 5, lambda: body(x), lambda: body(-x))
    tf.enable_control_flow_v2()
    return [tf.identity(y, "y"), tf.identity(z, "z")]


def while_gradients(x, n):
    """The gradient of a loop, whose history is in lists of tensors."""
    w = tf.constant([0.5, -1.0, 0.2])
    y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.tanh(y * w) + x), [0, x])[1]
    dx, dw = tf.gradients(tf.reduce_sum(y * y), [x, w])
    return [tf.identity(y, "y"), tf.identity(dx, "dx"), tf.identity(dw, "dw")]


def nested_gradients(x, n):
    """Lists in lists' loops, and optionals: what only one branch computes."""
    def body(i, y):
        y = tf.while_loop(lambda j, y: j <= i, lambda j, y: (j + 1, y * tf.sin(x)), [0, y])[1]
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: tf.exp(-y) * x, lambda: y * y)

    y = tf.while_loop(lambda i, y: i < n, body, [0, x])[1]
    z = tf.cond(n > 2, lambda: tf.exp(y) * x, lambda: tf.log(y))
    dx, = tf.gradients(z, [x])
    return [tf.identity(y, "y"), tf.identity(z, "z"), tf.identity(dx, "dx")]


def cond_gradients(x, n):
    fetches = []
    for name, limit in [("a", 2), ("b", 5)]:
        y = tf.cond(n > limit, lambda: tf.exp(x) * x, lambda: tf.sin(x))
        fetches += [tf.identity(y, name), tf.identity(tf.gradients(y, [x])[0], "d" + name)]
    return fetches


def tensor_lists(x, n):
    """TensorArrays, which are lists of tensors there."""
    rows = tf.stack([x, x * x, -x])
    read = tf.TensorArray(tf.float32, size=3).unstack(rows)
    written = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[3])

    def body(i, total, array):
        total = total + read.read(i) * total
        return i + 1, total, array.write(i, total)

    _, total, written = tf.while_loop(lambda i, t, a: i < n, body, [0, x + 1.0, written])
    y = written.stack()
    dx, = tf.gradients(y, [x])
    pieces = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(x, [2, 1])
    spread = tf.TensorArray(tf.float32, size=4).scatter([3, 1], rows[:2])
    return [tf.identity(y, "y"), tf.identity(dx, "dx"), tf.identity(total, "total"),
            tf.identity(pieces.read(1), "piece"), tf.identity(pieces.concat(), "joined"),
            tf.identity(spread.gather([1, 0, 3]), "gathered"), tf.identity(written.size(), "size")]


def main():
    tf.disable_v2_behavior()
    lines = []
    for build in [partitioned_call, called_by_name, conditional, loop, nested_loops, cases, effects,
                  in_a_frame, while_gradients, nested_gradients, cond_gradients, tensor_lists]:
        with tf.Graph().as_default() as graph:
            tf.enable_control_flow_v2()
            x = tf.placeholder(tf.float32, [3], "x")
            n = tf.placeholder(tf.int32, [], "n")
            fetches = build(x, n)
            with tf.Session() as sess:
                values = sess.run(fetches, FEEDS)
            graph_def = graph.as_graph_def()
            for node in graph_def.node:
                node.ClearField("experimental_debug_info")
            for f in graph_def.library.function:
                for node in f.node_def:
                    node.ClearField("experimental_debug_info")
            tf.io.write_graph(graph_def, os.path.join(HERE, "functions"), build.__name__ + ".pbtxt")
        for fetch, value in zip(fetches, values):
            numbers = " ".join("%.9g" % v for v in np.ravel(value))
            lines.append("%s/%s %s" % (build.__name__, fetch.name, numbers))
    with open(os.path.join(HERE, "functions.txt"), "w") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
