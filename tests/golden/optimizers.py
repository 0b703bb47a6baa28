"""Graphs of the optimizers with slots (optimizers.txt), and where three steps of each lead
(optimizer_values.txt): python3 tests/golden/optimizers.py (TensorFlow 2.15.1)."""

import os

import graph_listing
from graph_listing import tf


def optimizers():
    rate = tf.placeholder_with_default(tf.constant(0.1, name="rate"), [], name="lr")
    return {
        "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.75),
        "nesterov": lambda: tf.train.MomentumOptimizer(
            rate, 0.75, use_locking=True, name="Nesterov", use_nesterov=True),
        "rms_prop": lambda: tf.train.RMSPropOptimizer(0.1),
        "rms_prop_centered": lambda: tf.train.RMSPropOptimizer(
            rate, decay=0.75, momentum=0.5, epsilon=0.125, centered=True),
        "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
        "adagrad_of_one": lambda: tf.train.AdagradOptimizer(rate, initial_accumulator_value=1.0),
        "adadelta": lambda: tf.train.AdadeltaOptimizer(),
        "adadelta_faster": lambda: tf.train.AdadeltaOptimizer(rate, rho=0.5, epsilon=0.0625),
        "ftrl": lambda: tf.train.FtrlOptimizer(0.1),
        "ftrl_regularized": lambda: tf.train.FtrlOptimizer(
            0.1, learning_rate_power=-0.25, initial_accumulator_value=0.5,
            l1_regularization_strength=0.125, l2_regularization_strength=0.25, beta=0.5,
            l2_shrinkage_regularization_strength=0.0625, accum_name="a", linear_name="l"),
    }


def variables(by_handle):
    w = tf.Variable([[1.0, 2.0], [0.01, -1.0]], name="w", use_resource=by_handle)
    b = tf.Variable(3.0, name="b", dtype=tf.float64, use_resource=by_handle)
    return w, b


def case(name, by_handle=False):
    def build():
        w, b = variables(by_handle)
        opt = optimizers()[name]()
        grads = opt.compute_gradients(tf.exp(w), [w]) + [(tf.ones([], tf.float64), b)]
        return w, b, opt.apply_gradients(grads)
    build.__name__ = name + "_by_handle" if by_handle else name
    return build


def rows(name):
    """Only some rows of a variable behind a handle have a gradient, and one has two."""
    def build():
        w = tf.get_variable("w", [4, 2], use_resource=True, initializer=tf.ones_initializer())
        loss = tf.reduce_sum(tf.exp(tf.gather(w, [1, 3, 1])))
        optimizers()[name]().minimize(loss)
    build.__name__ = name + "_of_rows"
    return build


def of_unknown_shape(name):
    def build():
        w = tf.Variable(tf.placeholder(tf.float32, name="x"), name="w", validate_shape=False)
        opt = optimizers()[name]()
        opt.apply_gradients([(tf.ones([2]), w)])
    build.__name__ = name + "_of_unknown_shape"
    return build


NAMES = list(optimizers())
ROWS = ["momentum", "rms_prop_centered", "adagrad", "adadelta", "ftrl", "ftrl_regularized"]
graph_listing.write("optimizers.txt", [
    case(name, by_handle) for by_handle in (False, True) for name in NAMES
] + [rows(name) for name in ROWS] + [
    of_unknown_shape(name) for name in ("rms_prop", "adagrad", "adadelta")])

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizer_values.txt")
with open(path, "w") as out:
    for name in NAMES:
        with tf.Graph().as_default(), tf.Session() as session:
            w, b, step = case(name)()
            session.run(tf.global_variables_initializer())
            for _ in range(3):
                session.run(step)
            values = list(session.run(w).flat) + [session.run(b)]
            out.write("%s %s\n" % (name, " ".join("%.9g" % v for v in values)))
