"""Graphs of tf.nn functions and their gradients: python3 tests/golden/nn.py (TensorFlow 2.15.1)."""

import graph_listing
from graph_listing import tf

CASES = {}


def case(build):
    CASES[build.__name__] = build
    return build


def rows(n=3, dtype=tf.float32):
    return tf.placeholder(dtype, [None, n])


@case
def activations():
    x = rows()
    tf.gradients([tf.nn.relu6(x), tf.nn.leaky_relu(x), tf.nn.leaky_relu(x, 0.5, name="leaky"),
                  tf.nn.elu(x), tf.nn.selu(x), tf.nn.softplus(x, name="plus"), tf.nn.softsign(x),
                  tf.nn.leaky_relu(tf.constant([1, 2])), tf.nn.sigmoid(x), tf.nn.tanh(x)], x)


@case
def activation_gradient_gradients():
    g, x = rows(), rows()
    ops = tf.raw_ops
    tf.gradients([ops.Relu6Grad(gradients=g, features=x),
                  ops.LeakyReluGrad(gradients=g, features=x, alpha=0.5),
                  ops.EluGrad(gradients=g, outputs=x), ops.SeluGrad(gradients=g, outputs=x),
                  ops.SoftplusGrad(gradients=g, features=x)], [g, x])


@case
def l2_loss():
    x = rows()
    tf.gradients(tf.nn.l2_loss(x), x)


@case
def dropout():
    x = rows()
    tf.nn.dropout(x, 0.75)
    tf.nn.dropout(x, tf.placeholder(tf.float32, []))
    tf.nn.dropout(x, rate=0.25, noise_shape=[2, 1], seed=3, name="d")


@case
def dropout_of_nothing():
    tf.set_random_seed(7)
    x = rows()
    tf.nn.dropout(x, 1.0)
    tf.nn.dropout(x, rate=tf.placeholder(tf.float32, []))


graph_listing.write("nn.txt", CASES.values())
