"""Graphs of the gradients of loops.

    python3 tests/golden/while_gradients.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def vector(name="x"):
    return tf.placeholder(tf.float32, [2], name=name)


def square():
    x = vector()
    y = tf.while_loop(lambda v: tf.reduce_sum(v) < 10.0, lambda v: v * v, [x])
    tf.gradients(y, x)


def invariant_matrix():
    x = tf.placeholder(tf.float32, [1, 2], name="x")
    w = tf.placeholder(tf.float32, [2, 2], name="w")
    y = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, tf.matmul(v, w)), [0, x])[1]
    tf.gradients(y, [x, w])


def two_variables():
    x = vector()
    y = tf.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, a * b, b + 1.0),
                      [0, x, tf.exp(x)])
    tf.gradients([y[1], y[2]], x)


def unused_exit():
    x = vector()
    u = tf.placeholder(tf.float32, [None], name="u")
    y = tf.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, a * b, tf.sin(b)),
                      [0, x, u])
    tf.gradients(y[1], [x, u])


def replaced_variable():
    x = vector()
    u = tf.placeholder(tf.float32, [None], name="u")
    y = tf.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, x * 2.0, tf.exp(u)),
                      [0, x, u])
    tf.gradients([y[1], y[2]], [x, u])


def dynamic_shapes():
    x = tf.placeholder(tf.float32, [None, None], name="x")
    w = tf.placeholder(tf.float32, [None], name="w")
    y = tf.while_loop(lambda i, v: i < 3,
                      lambda i, v: (i + 1, v * w + tf.reduce_mean(v, 0, keepdims=True)),
                      [0, x])[1]
    tf.gradients(y, [x, w])


def nested():
    x = vector()
    w = tf.placeholder(tf.float32, [None], name="w")

    def body(i, v):
        inner = tf.while_loop(lambda j, s: j < i, lambda j, s: (j + 1, s * v * w), [0, v],
                              shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])[1]
        return i + 1, tf.reshape(inner, [2]) + v

    y = tf.while_loop(lambda i, v: i < 4, body, [0, x], parallel_iterations=1)[1]
    tf.gradients(y, [x, w])


def cond_inside():
    x = vector()
    w = tf.placeholder(tf.float32, [None], name="w")

    def body(i, v):
        even = tf.equal(i % 2, 0)
        return i + 1, tf.cond(even, lambda: v * v, lambda: tf.reduce_sum(w) * v)

    y = tf.while_loop(lambda i, v: i < 4, body, [0, x], swap_memory=True)[1]
    tf.gradients(y, [x, w])


def cond_around():
    x = vector()
    p = tf.placeholder(tf.bool, [], name="p")
    y = tf.cond(p, lambda: tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * x),
                                         [0, x])[1],
                lambda: x)
    tf.gradients(y, x)


def constants_and_options():
    x = vector()
    c = tf.constant([2.0, 3.0], name="c")
    y = tf.while_loop(lambda v: tf.reduce_sum(v) < 10.0,
                      lambda v: tf.sin(v) * c * tf.constant([4.0, 5.0]), [x],
                      maximum_iterations=5, parallel_iterations=3, name="loop")
    tf.gradients(y, x, colocate_gradients_with_ops=True, gate_gradients=True)


def without_back_prop():
    x = vector()
    y = tf.while_loop(lambda v: tf.reduce_sum(v) < 10.0, lambda v: v * v, [x], back_prop=False)
    tf.gradients(y, x)


def inside_of_the_body():
    x = vector()

    def body(i, v):
        return i + 1, tf.gradients(tf.exp(v * x), v)[0]

    tf.while_loop(lambda i, v: i < 3, body, [0, x])


def concat_inside():
    x = vector()
    axis = tf.constant(0, name="axis")

    def body(i, v):
        return i + 1, tf.concat([v, v], 0)[1:3] * tf.concat([v[:1], v[1:]], axis)

    y = tf.while_loop(lambda i, v: i < 3, body, [0, x])
    tf.gradients(y[1], x)


def cross_entropy_inside():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    labels = tf.placeholder(tf.int32, [2], name="labels")

    def body(i, v):
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=v)
        return i + 1, v * tf.reduce_sum(loss)

    y = tf.while_loop(lambda i, v: i < 3, body, [0, x])
    tf.gradients(y[1], x)


def cross_entropy_of_open_shape_inside():
    x = tf.placeholder(tf.float32, [None, 3], name="x")

    def body(i, v):
        return i + 1, v * tf.reduce_sum(
            tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.stop_gradient(v), logits=v))

    y = tf.while_loop(lambda i, v: i < 3, body, [0, x])
    tf.gradients(y[1], x)


graph_listing.write("while_gradients.txt", [
    square, invariant_matrix, two_variables, unused_exit, replaced_variable, dynamic_shapes,
    nested, cond_inside, cond_around, constants_and_options, without_back_prop,
    inside_of_the_body, concat_inside, cross_entropy_inside, cross_entropy_of_open_shape_inside])
