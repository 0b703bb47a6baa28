"""Graphs of tf.gradients: python3 tests/golden/grads_gradients.py (TensorFlow 2.15.1)."""

import graph_listing
from graph_listing import tf


def chain():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    tf.gradients(tf.exp(tf.negative(x)), x)


def unknown_shape():
    x = tf.placeholder(tf.float32, name="x")
    tf.gradients(tf.exp(x), x)


def scalar():
    x = tf.placeholder(tf.float64, [], name="x")
    tf.gradients(tf.exp(x), x)


def two_ways():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.exp(x)
    tf.gradients(tf.add_n([y, tf.negative(y), y]), [x])


def two_ways_tree():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.exp(x)
    tf.gradients(tf.add_n([y, tf.negative(y), y]), x,
                 aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE)


def two_ways_on_devices():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.exp(x)
    with tf.device("/cpu:1"):
        grad = tf.placeholder(tf.float32, [2], name="grad")
    z = tf.negative(y)
    tf.gradients([z, y, z, y], x, grad_ys=[grad, None, None, grad])


def gated():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    w = tf.placeholder(tf.float32, [3, 4], name="w")
    tf.gradients(tf.matmul(x, w), [x, w], gate_gradients=True)


def given_grad_ys():
    x = tf.placeholder(tf.float32, [2], name="x")
    dz = tf.placeholder(tf.float32, [2], name="dz")
    y = tf.exp(x)
    z = tf.negative(x)
    tf.gradients([y, z], x, grad_ys=[None, dz], name="back")


def stopped():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.exp(x)
    z = tf.negative(y)
    tf.gradients(z, [x, y], stop_gradients=[y])


def unconnected_zeros():
    x = tf.placeholder(tf.float32, [2], name="x")
    u = tf.placeholder(tf.float32, [None], name="u")
    tf.gradients(tf.exp(x), [x, u], unconnected_gradients="zero")


def second_order():
    x = tf.placeholder(tf.float32, [2], name="x")
    dy = tf.gradients(tf.exp(x), x)[0]
    tf.gradients(dy, x)


def y_is_x():
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.exp(x)
    tf.gradients([y, x], [x, y])


def colocated():
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.device("/cpu:0"):
        y = tf.exp(x)
    tf.gradients(tf.negative(y), x, colocate_gradients_with_ops=True)


def through_constant():
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.gradients(tf.exp(tf.stop_gradient(x)) + tf.exp(x), x)


graph_listing.write("grads_gradients.txt", [
    chain, unknown_shape, scalar, two_ways, two_ways_tree, two_ways_on_devices, gated,
    given_grad_ys, stopped, unconnected_zeros, second_order, y_is_x, colocated, through_constant])
