"""Graphs and values of learning rate schedules and moving averages: python3
tests/golden/schedules.py (TensorFlow 2.15.1)."""

import os

import graph_listing
from graph_listing import tf


def step():
    return tf.Variable(0, trainable=False, name="step")


def exponential():
    s = step()
    return [tf.train.exponential_decay(0.1, s, 10, 0.5),
            tf.train.exponential_decay(0.1, s, 10, 0.5, staircase=True, name="stairs")]


def natural():
    return [tf.train.natural_exp_decay(0.1, step(), 10, 0.5, staircase=True)]


def inverse():
    s = step()
    return [tf.train.inverse_time_decay(0.1, s, 10, 0.5),
            tf.train.inverse_time_decay(0.1, s, 10, 0.5, staircase=True, name="stairs")]


def polynomial():
    s = step()
    return [tf.train.polynomial_decay(0.1, s, 10, 0.01),
            tf.train.polynomial_decay(0.1, s, 10, power=0.5, cycle=True, name="cycle")]


def cosine():
    s = step()
    return [tf.train.cosine_decay(0.1, s, 10), tf.train.cosine_decay(0.1, s, 10, alpha=0.25, name="c")]


def piecewise():
    s = step()
    return [tf.train.piecewise_constant(s, [7, 15], [0.5, 0.25, 0.125]),
            tf.train.piecewise_constant(s, [10], [1.0, 0.5], name="one")]


def piecewise_by_large_steps():
    s = tf.Variable(0, trainable=False, dtype=tf.int64, name="step")
    tf.train.piecewise_constant(s, [5, 10, 20], [1.0, 0.5, 0.25, 0.125])


def moving_averages():
    w = tf.Variable([1.0, 2.0], name="w")
    b = tf.Variable(3.0, name="b", dtype=tf.float64)
    tf.train.ExponentialMovingAverage(0.75).apply([w, b])


def moving_averages_of_steps():
    w = tf.Variable([1.0, 2.0], name="w")
    loss = tf.reduce_sum(w, name="loss")
    ema = tf.train.ExponentialMovingAverage(0.99, num_updates=step(), name="avg")
    ema.apply([w, loss])
    ema.apply()


def moving_averages_on_a_device():
    with tf.device("/cpu:1"):
        w = tf.Variable([1.0, 2.0], name="w")
    ema = tf.train.ExponentialMovingAverage(0.75)
    with tf.device("/job:worker"):
        ema.apply([w])


graph_listing.write("schedules.txt", [exponential, natural, inverse, polynomial, cosine,
                                      piecewise, piecewise_by_large_steps,
                                      moving_averages, moving_averages_of_steps,
                                      moving_averages_on_a_device])

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedule_values.txt")
with open(path, "w") as out:
    for build in (exponential, natural, inverse, polynomial, cosine, piecewise):
        with tf.Graph().as_default() as graph, tf.Session() as session:
            rates = build()
            for i, rate in enumerate(rates):
                values = [session.run(rate, {"step/read:0": n}) for n in (0, 3, 7, 10, 15, 20, 31)]
                out.write("%s_%d %s\n" % (build.__name__, i, " ".join("%.9g" % v for v in values)))
