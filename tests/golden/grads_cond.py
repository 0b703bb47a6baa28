"""Graphs of tf.cond and its gradients: python3 tests/golden/grads_cond.py (TensorFlow 2.15.1)."""

import graph_listing
from graph_listing import tf


def inputs():
    return (tf.placeholder(tf.bool, [], name="p"), tf.placeholder(tf.float32, [2], name="x"),
            tf.placeholder(tf.float32, [None], name="y"))


def one_value():
    p, x, y = inputs()
    tf.cond(p, lambda: tf.exp(x), lambda: tf.negative(y))


def values_from_outside():
    p, x, y = inputs()
    tf.cond(p, lambda: x, lambda: y, name="choose")


def constants():
    p, _, _ = inputs()
    tf.cond(p, lambda: 1.0, lambda: 2.0)


def operations():
    p, x, _ = inputs()
    tf.cond(p, lambda: tf.exp(x).op, lambda: tf.no_op())


def pairs():
    p, x, y = inputs()
    tf.cond(p, lambda: (tf.exp(x), tf.identity(y)), lambda: (x, tf.exp(y)))


def nested():
    p, x, y = inputs()
    q = tf.placeholder(tf.bool, [], name="q")

    def inner():
        return tf.cond(q, lambda: tf.exp(x), lambda: tf.add_n([x, y]))

    tf.cond(p, inner, lambda: tf.negative(x))


def nested_value_from_outside():
    p, x, y = inputs()
    q = tf.placeholder(tf.bool, [], name="q")
    tf.cond(p, lambda: tf.cond(q, lambda: x, lambda: tf.exp(x)), lambda: y)


def under_dependencies():
    p, x, y = inputs()
    before = tf.no_op(name="before")
    with tf.control_dependencies([before]):
        tf.cond(p, lambda: tf.exp(x) * 2.0, lambda: tf.identity(y))


def dependencies_inside():
    p, x, y = inputs()

    def branch():
        with tf.control_dependencies([tf.exp(x)]):
            return tf.identity(y) + tf.constant(1.0)

    tf.cond(p, branch, lambda: y)


def shared_input():
    p, x, _ = inputs()
    tf.cond(p, lambda: tf.add_n([x, x, tf.exp(x)]), lambda: x)


def switch_and_merge():
    p, x, _ = inputs()
    f, t = control_flow_ops().switch(x, p)
    control_flow_ops().merge([tf.exp(f), t])


def control_flow_ops():
    from tensorflow.python.ops import control_flow_ops as ops
    return ops


def gradient():
    p, x, y = inputs()
    z = tf.cond(p, lambda: tf.exp(x), lambda: tf.negative(y))
    tf.gradients(z, [x, y])


def gradient_of_value_from_outside():
    p, x, y = inputs()
    z = tf.cond(p, lambda: x, lambda: tf.exp(y))
    tf.gradients(tf.exp(z), [x, y])


def gradient_of_shared_input():
    p, x, _ = inputs()
    z = tf.cond(p, lambda: tf.exp(x), lambda: tf.negative(x))
    tf.gradients(z, x, gate_gradients=True)


def gradient_of_nested():
    p, x, y = inputs()
    q = tf.placeholder(tf.bool, [], name="q")
    z = tf.cond(p, lambda: tf.cond(q, lambda: tf.exp(x), lambda: tf.negative(x)), lambda: y)
    tf.gradients(z, [x, y])


def gradient_without_cond():
    p, x, _ = inputs()
    f, t = control_flow_ops().switch(x, p)
    z, _ = control_flow_ops().merge([tf.exp(f), tf.negative(t)])
    tf.gradients(z, x)


def gradient_of_pairs():
    p, x, y = inputs()
    a, b = tf.cond(p, lambda: (tf.exp(x), tf.identity(y)), lambda: (x, tf.exp(y)))
    tf.gradients(tf.exp(b), [x, y])


def gradient_of_concat():
    p, x, y = inputs()
    z = tf.cond(p, lambda: tf.concat([x, y], 0), lambda: tf.concat([y, y], axis=-1))
    tf.gradients(z, [x, y])


graph_listing.write("grads_cond.txt", [
    one_value, values_from_outside, constants, operations, pairs, nested, nested_value_from_outside,
    under_dependencies, dependencies_inside, shared_input, switch_and_merge, gradient,
    gradient_of_value_from_outside, gradient_of_shared_input, gradient_of_nested,
    gradient_without_cond, gradient_of_pairs, gradient_of_concat])
