"""Graphs and values of tf.losses: python3 tests/golden/losses.py (TensorFlow 2.15.1)."""

import os

import graph_listing
from graph_listing import tf

L = tf.losses


def pair(shape=(None, 3)):
    return (tf.placeholder(tf.float32, shape, name="labels"),
            tf.placeholder(tf.float32, shape, name="guesses"))


def squared():
    y, x = pair()
    return [L.mean_squared_error(y, x), L.mean_squared_error(y, x, weights=0.5, scope="half")]


def absolute():
    y, x = pair((2, 3))
    w = tf.constant([[1.0], [0.0]], name="w")
    return [L.absolute_difference(y, x, weights=w)]


def weighted_by_element():
    y, x = pair((2, 3))
    w = tf.constant([[1.0, 2.0, 0.0], [0.0, 0.5, 1.0]], name="w")
    return [L.absolute_difference(y, x, weights=w)]


def huber():
    y, x = pair()
    return [L.huber_loss(y, x, delta=0.5)]


def sigmoid():
    y, x = pair()
    return [L.sigmoid_cross_entropy(y, x), L.sigmoid_cross_entropy(y, x, label_smoothing=0.25)]


def softmax():
    y, x = pair()
    return [L.softmax_cross_entropy(y, x), L.softmax_cross_entropy(y, x, label_smoothing=0.25)]


def sparse():
    x = tf.placeholder(tf.float32, [None, 3], name="guesses")
    y = tf.placeholder(tf.int32, [None], name="classes")
    return [L.sparse_softmax_cross_entropy(y, x),
            L.sparse_softmax_cross_entropy(tf.placeholder(tf.int32, [None, 1], name="column"), x)]


def reductions():
    y, x = pair()
    R = L.Reduction
    return [L.absolute_difference(y, x, weights=2.0, reduction=r)
            for r in (R.NONE, R.SUM, R.MEAN, R.SUM_OVER_BATCH_SIZE)]


def total():
    y, x = pair((2, 3))
    L.mean_squared_error(y, x)
    L.absolute_difference(y, x)
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.constant(0.5, name="penalty"))
    return [L.get_total_loss(), L.get_regularization_loss()]


CASES = [squared, absolute, weighted_by_element, huber, sigmoid, softmax, sparse, reductions, total]
graph_listing.write("losses.txt", CASES)

FEEDS = {"labels:0": [[0.0, 1.0, 0.25], [1.0, 0.5, 0.0]],
         "guesses:0": [[0.5, -1.0, 2.0], [0.25, 0.75, -0.5]],
         "classes:0": [2, 0], "column:0": [[1], [2]]}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses_values.txt")
with open(path, "w") as out:
    for build in CASES:
        with tf.Graph().as_default() as graph, tf.Session() as session:
            losses = build()
            feeds = {k: v for k, v in FEEDS.items()
                     if k[:-2] in [n.name for n in graph.as_graph_def().node]}
            for i, value in enumerate(session.run(losses, feeds)):
                out.write("%s_%d %s\n" % (
                    build.__name__, i, " ".join("%.9g" % v for v in value.ravel())))
