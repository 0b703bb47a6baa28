"""Graphs of loops.

    python3 tests/golden/while_loop.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def two_variables():
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.while_loop(lambda i, s: i < 10, lambda i, s: (i + 1, s + x), [0, tf.zeros([2])])


def options():
    x = tf.placeholder(tf.float32, [None, 1], name="x")
    tf.while_loop(lambda v: tf.size(v) < 20, lambda v: tf.concat([v, v], 0), [x],
                  shape_invariants=tf.TensorShape([None, 1]), parallel_iterations=1,
                  maximum_iterations=3, name="grow")


def nested():
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.Variable(1.0, name="v")
    before = tf.identity(v, name="before")

    def body(i, total):
        inner = tf.while_loop(lambda j, s: j < 3, lambda j, s: (j + 1, s * v), [0, total])[1]
        chosen = tf.cond(p, lambda: inner + 1.0, lambda: inner * v)
        return i + 1, chosen

    with tf.control_dependencies([before]):
        tf.while_loop(lambda i, s: i < 10, body, [0, 1.0])


graph_listing.write("while_loop.txt", [two_variables, options, nested])
