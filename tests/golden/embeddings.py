"""Graphs of embedding_lookup in tables of several parts, and what it computes (embeddings_values.txt).

    python3 tests/golden/embeddings.py        (TensorFlow 2.15.1)
"""

import os

import graph_listing
from graph_listing import tf


def parts(*rows, resource=False):
    return [tf.get_variable("part_%d" % i, initializer=tf.reshape(tf.range(2.0 * n), [n, 2]) + 10.0 * i,
                            use_resource=resource) for i, n in enumerate(rows)]


def open_ids(dtype=tf.int32):
    return tf.placeholder(dtype, [None, 2], name="ids")


def by_mod():
    tf.nn.embedding_lookup(parts(3, 2), open_ids())
    tf.nn.embedding_lookup(parts_again(), [0, 4], name="named")


def parts_again():
    return [tf.constant([[1.0], [3.0]], name="even"), tf.constant([[2.0]], name="odd")]


def by_div():
    tf.nn.embedding_lookup(parts(3, 2, 2), open_ids(), partition_strategy="div")
    tf.nn.embedding_lookup(parts_again(), tf.constant([2], tf.int64, name="second"),
                           partition_strategy="div", validate_indices=False, name="named")


def of_open_parts():
    a = tf.placeholder(tf.float32, [None, 3], name="a")
    b = tf.placeholder(tf.float32, [4, None], name="b")
    tf.nn.embedding_lookup([a, b], open_ids(), partition_strategy="div")
    c = tf.placeholder(tf.float32, [None, None], name="c")
    tf.nn.embedding_lookup([c, c], open_ids_of_any_rank(), name="open")


def open_ids_of_any_rank():
    return tf.placeholder(tf.int64, name="any")


def of_numbers():
    tf.nn.embedding_lookup([tf.constant([1.0, 2.0]), tf.constant([3.0])], [1])


def of_one_part():
    tf.nn.embedding_lookup([tf.constant([[1.0, 2.0]])], [0])


def on_devices():
    with tf.device("/cpu:0"):
        a = tf.get_variable("a", [2, 3], initializer=tf.zeros_initializer())
    with tf.device("/cpu:1"):
        b = tf.get_variable("b", [2, 3], initializer=tf.zeros_initializer())
        tf.nn.embedding_lookup([a, b], [0, 1])


def of_resources():
    tf.nn.embedding_lookup(parts(3, 2, resource=True), open_ids(), partition_strategy="div")


def limited():
    tf.nn.embedding_lookup(parts(3, 2), open_ids(), max_norm=1.0)
    tf.nn.embedding_lookup(tf.constant([[1.0, 2.0]]), [0], max_norm=1.5, name="of_one")
    tf.nn.embedding_lookup(tf.constant([[1.0, 2.0]]), 0, max_norm=1.5, name="of_a_scalar")


def gradient():
    table = parts(3, 2)
    rows = tf.nn.embedding_lookup(table, open_ids())
    loss = tf.reduce_sum(tf.square(rows))
    tf.train.GradientDescentOptimizer(0.5).minimize(loss)


def gradient_by_div():
    table = parts(3, 2, resource=True)
    rows = tf.nn.embedding_lookup(table, open_ids(), partition_strategy="div")
    tf.gradients(rows, table)


graph_listing.write("embeddings.txt", [
    by_mod, by_div, of_open_parts, of_numbers, of_one_part, on_devices, of_resources, limited,
    gradient, gradient_by_div])

IDS = [[0, 4], [3, 1], [2, 2]]

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "embeddings_values.txt")
with open(path, "w") as out:
    for strategy in ["mod", "div"]:
        with tf.Graph().as_default(), tf.Session() as session:
            table = parts(3, 2)
            rows = tf.nn.embedding_lookup(table, IDS, partition_strategy=strategy)
            step = tf.train.GradientDescentOptimizer(0.25).minimize(
                tf.reduce_sum(tf.square(rows)))
            session.run(tf.global_variables_initializer())
            values = list(session.run(rows).flat)
            session.run(step)
            for part in session.run(table):
                values += list(part.flat)
            out.write("%s %s\n" % (strategy, " ".join("%.9g" % v for v in values)))
