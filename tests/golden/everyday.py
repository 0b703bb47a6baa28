"""Graphs of everyday helpers: checks, draws, clipping by average norm, losses, top_k's gradient.

    python3 tests/golden/everyday.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def compare_checks():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    i = tf.placeholder(tf.int32, [3], name="i")
    tf.assert_equal(x, 1.0)
    tf.assert_equal(x, x)
    tf.assert_none_equal(i, 4)
    tf.assert_less(i, 4, message="ids", name="below")
    tf.assert_less_equal(x, x + 1.0)
    tf.assert_greater(x, x, data=[i], summarize=5)
    tf.assert_greater_equal(2, 1)


def sign_checks():
    x = tf.placeholder(tf.float32, [2], name="x")
    i = tf.placeholder(tf.int32, [2], name="i")
    tf.assert_positive(x)
    tf.assert_negative(i)
    tf.assert_non_positive(x, message="sign")
    tf.assert_non_negative(i, name="named")


def rank_checks():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    u = tf.placeholder(tf.float32, name="u")
    r = tf.placeholder(tf.int32, [], name="r")
    tf.assert_rank(x, 2)
    tf.assert_rank(u, 2, message="images")
    tf.assert_rank_at_least(x, 1)
    tf.assert_rank_at_least(u, r)
    tf.assert_integer(r)


def draws():
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.random_shuffle(x)
    tf.random.shuffle([1, 2, 3], seed=4, name="order")
    tf.multinomial(x, 5)
    tf.multinomial(x, 5, seed=1, output_dtype=tf.int32, name="few")
    tf.random.categorical([[1.0, 2.0]], 2)
    tf.random_crop(x, [1, 2])
    tf.random_crop([[1, 2], [3, 4]], [1, 2], seed=7, name="crop")


def log_sum_exp():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.reduce_logsumexp(x)
    tf.reduce_logsumexp(x, 1)
    tf.reduce_logsumexp(x, [0], keepdims=True, name="kept")
    tf.gradients(tf.reduce_logsumexp(x, axis=-1), x)


def average_norm():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.clip_by_average_norm(x, 2.0)
    tf.clip_by_average_norm(tf.placeholder(tf.float32, [2, 3], name="y"), 2.0, name="named")


def more_losses():
    labels = tf.placeholder(tf.float32, [None, 3], name="labels")
    values = tf.placeholder(tf.float32, [None, 3], name="values")
    tf.losses.hinge_loss(labels, values)
    tf.losses.log_loss(labels, values, epsilon=1e-6)
    tf.losses.cosine_distance(labels, values, axis=1, weights=2.0, scope="cosine")


def top_k_gradient():
    x = tf.placeholder(tf.float32, [None, 5], name="x")
    values, _ = tf.nn.top_k(x, 3)
    tf.gradients(values, x)


graph_listing.write("everyday.txt", [compare_checks, sign_checks, rank_checks, draws, log_sum_exp,
                                     average_norm, more_losses, top_k_gradient])
