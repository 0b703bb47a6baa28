"""Nodes of TensorArray, map_fn, scan, foldl and foldr: higher_order.txt.

    python3 tests/golden/higher_order.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def arrays():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    array = tf.TensorArray(tf.float32, size=3, element_shape=[2])
    array = array.write(0, [1.0, 2.0])
    array = array.write(1, x[0])
    array.read(1)
    array.stack()
    array.gather([0, 1])
    array.size()
    other = tf.TensorArray(tf.float32, size=0, dynamic_size=True, clear_after_read=False,
                           tensor_array_name="more", infer_shape=False, name="other")
    other = other.unstack(x)
    other.read(0, name="first")
    other.concat()
    other.size()
    other.stack(name="all")
    other.scatter([3], x[:1]).close()


def mapped():
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    y = tf.placeholder(tf.float32, [None, 2], name="y")
    z = tf.placeholder(tf.int32, [None], name="z")
    tf.map_fn(lambda v: v * 2.0, x)
    tf.map_fn(lambda v: (tf.reduce_sum(v[0]), v[1]), (y, z), dtype=(tf.float32, tf.int32),
              parallel_iterations=4, name="named")


def scanned():
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    tf.scan(lambda a, v: a + v, x)
    tf.scan(lambda a, v: a * v, y, initializer=1.0, reverse=True, name="named")


def folded():
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    tf.foldl(lambda a, v: a + v, x)
    tf.foldl(lambda a, v: a * v, y, initializer=1.0, name="named")
    tf.foldr(lambda a, v: a - v, y)


if __name__ == "__main__":
    graph_listing.write("higher_order.txt", [arrays, mapped, scanned, folded])
