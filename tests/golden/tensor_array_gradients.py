"""Graphs of gradients through TensorArrays, map_fn, scan and foldl: tensor_array_gradients.txt.

    python3 tests/golden/tensor_array_gradients.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def read_and_written():
    x = tf.placeholder(tf.float32, [2], name="x")
    array = tf.TensorArray(tf.float32, size=2, clear_after_read=False)
    array = array.write(0, x)
    array = array.write(1, x * 2.0)
    tf.gradients(array.read(0) * array.read(1), x)


def stacked():
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    array = tf.TensorArray(tf.float32, size=3).unstack(x)
    tf.gradients(tf.exp(array.stack()), x)
    tf.gradients(tf.exp(array.gather([2, 0])), x, name="gradients_again")


def concatenated():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    array = tf.TensorArray(tf.float32, size=2, infer_shape=False).split(x, [1, 3])
    tf.gradients(tf.exp(array.concat()), x)
    even = tf.TensorArray(tf.float32, size=2, name="even").split(x, [2, 2])
    tf.gradients(even.concat(), x)


def mapped():
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    w = tf.placeholder(tf.float32, [2], name="w")
    tf.gradients(tf.map_fn(lambda v: v * w, x), [x, w])


def scanned():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.placeholder(tf.float32, [2], name="w")
    tf.gradients(tf.scan(lambda a, v: a * w + v, x), [x, w])


def folded():
    x = tf.placeholder(tf.float32, [3], name="x")
    tf.gradients(tf.foldl(lambda a, v: a * v, x), x)


graph_listing.write("tensor_array_gradients.txt", [
    read_and_written, stacked, concatenated, mapped, scanned, folded])
