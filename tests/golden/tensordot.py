"""Graphs of tensordot, and of the dense layer for inputs of more than two dimensions.

    python3 tests/golden/tensordot.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def of(shape, name):
    return tf.placeholder(tf.float32, shape, name=name)


def by_count():
    a = of([2, 3, 4], "a")
    b = of([4, 3, 5], "b")
    tf.tensordot(a, b, 1)
    tf.tensordot(of([2, 3], "m"), of([3, 5], "n"), 1, name="of_matrices")
    tf.tensordot(a, b, 0, name="outer")


def by_lists():
    a = of([2, 3, 4], "a")
    b = of([4, 3, 5], "b")
    tf.tensordot(a, b, [[1, 2], [1, 0]])
    tf.tensordot(a, b, [[-1], [0]], name="from_the_end")
    tf.tensordot(a, b, [2, 0], name="numbers")
    tf.tensordot([1.0, 2.0], [[3.0], [4.0]], 1, name="values")


def partly_known():
    a = of([None, 3, 4], "a")
    b = of([4, 5], "b")
    tf.tensordot(a, b, [[2], [0]])
    tf.tensordot(b, a, [[0], [2]], name="second")
    tf.tensordot(a, a, [[2, 0], [2, 0]], name="both")


def unknown():
    u = tf.placeholder(tf.float32, name="u")
    tf.tensordot(u, of([4, 5], "b"), [[1], [0]])
    tf.tensordot(u, of([None, 5], "c"), 2, name="by_count")


def gradient():
    a = of([None, 3, 4], "a")
    b = of([4, 5], "b")
    tf.gradients(tf.tensordot(a, b, [[2], [0]]), [a, b])


def dense():
    tf.set_random_seed(1)
    tf.layers.dense(of([2, 3, 4], "x"), 5)
    tf.layers.dense(of([None, 3, 4], "open"), 5, activation=tf.nn.relu)
    tf.layers.dense(of([None, None, None, 4], "images"), 2, use_bias=False, name="of_images")


graph_listing.write("tensordot.txt", [by_count, by_lists, partly_known, unknown, gradient, dense])
