"""Graphs of optimizers: python3 tests/golden/grads_optimizers.py (TensorFlow 2.15.1)."""

import graph_listing
from graph_listing import tf


def variables():
    w = tf.Variable([[1.0, 2.0]], name="w")
    b = tf.Variable(3.0, name="b", dtype=tf.float64)
    return w, b



def descent():
    w, _ = variables()
    tf.train.GradientDescentOptimizer(0.5).minimize(tf.exp(w))


def descent_of_two_types():
    w, b = variables()
    tf.train.GradientDescentOptimizer(0.5, use_locking=True, name="Sgd").minimize(
        tf.exp(w), var_list=[w, b], grad_loss=tf.ones([1, 2]))


def descent_with_global_step():
    w, _ = variables()
    step = tf.train.get_or_create_global_step()
    tf.train.GradientDescentOptimizer(0.5).minimize(tf.exp(w), global_step=step, name="train")


def adam():
    w, _ = variables()
    tf.train.AdamOptimizer(0.01).minimize(tf.exp(w))


def adam_of_two_types():
    w, b = variables()
    opt = tf.train.AdamOptimizer(tf.placeholder(tf.float32, [], name="lr"), beta1=0.5, beta2=0.75,
                                 epsilon=0.125, use_locking=True)
    grads = opt.compute_gradients(tf.exp(w), [w]) + [(tf.ones([], tf.float64), b)]
    opt.apply_gradients(grads, name="both")


def adam_twice():
    w, _ = variables()
    opt = tf.train.AdamOptimizer(0.01)
    opt.minimize(tf.exp(w))
    opt.minimize(tf.negative(w))


def two_adams():
    w, _ = variables()
    tf.train.AdamOptimizer(0.01).minimize(tf.exp(w))
    tf.train.AdamOptimizer(0.01).minimize(tf.exp(w))


def adam_in_scope():
    with tf.variable_scope("net"):
        w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
    with tf.name_scope("train"):
        tf.train.AdamOptimizer(0.01).minimize(tf.exp(w))


def adam_of_a_large_variable():
    w = tf.get_variable("w", [50, 60], initializer=tf.zeros_initializer())
    tf.train.AdamOptimizer().minimize(tf.exp(w))


def adam_under_dependencies():
    w, _ = variables()
    with tf.control_dependencies([tf.no_op(name="before")]):
        tf.train.AdamOptimizer(0.01).minimize(tf.exp(w))


def gated_by_graph():
    w, _ = variables()
    u = tf.Variable(tf.zeros([1, 2]), name="u")
    tf.train.GradientDescentOptimizer(0.5).minimize(
        tf.matmul(w, u, transpose_b=True), var_list=[w, u],
        gate_gradients=tf.train.Optimizer.GATE_GRAPH)


def not_gated():
    w, _ = variables()
    u = tf.Variable(tf.zeros([1, 2]), name="u")
    tf.train.GradientDescentOptimizer(0.5).minimize(
        tf.matmul(w, u, transpose_b=True), var_list=[w, u],
        gate_gradients=tf.train.Optimizer.GATE_NONE)


graph_listing.write("grads_optimizers.txt", [
    descent, descent_of_two_types, descent_with_global_step, adam, adam_of_two_types, adam_twice,
    two_adams, adam_in_scope, adam_of_a_large_variable, adam_under_dependencies, gated_by_graph,
    not_gated])
