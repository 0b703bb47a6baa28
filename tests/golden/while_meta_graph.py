"""A meta graph with loops that TensorFlow writes, and the gradients through it once it is read.

    python3 tests/golden/while_meta_graph.py        (TensorFlow 2.15.1)

Writes while_meta_graph.pbtxt and while_meta_graph.txt.
"""

import os

from tensorflow.python.framework.meta_graph import import_scoped_meta_graph

from graph_listing import tf, write

HERE = os.path.dirname(os.path.abspath(__file__))


def build():
    x = tf.placeholder(tf.float32, [2], "x")
    w = tf.placeholder(tf.float32, [None], "w")

    def body(i, v):
        inner = tf.while_loop(lambda j, s: j < i, lambda j, s: (j + 1, s * v), [0, v])[1]
        even = tf.equal(i % 2, 0)
        return [i + 1, tf.cond(even, lambda: inner * v, lambda: tf.reduce_sum(w) * inner)]

    y = tf.while_loop(lambda i, v: i < 4, body, [0, x], maximum_iterations=9,
                      parallel_iterations=4, swap_memory=True)[1]
    flag = tf.reduce_sum(y) > 0.0
    z = tf.cond(flag, lambda: tf.while_loop(lambda a: tf.reduce_sum(a) < 9.0, lambda a: a + x, [y]),
                lambda: y)
    for tensor in (x, w, z):
        tf.add_to_collection("ends", tensor)


def meta_graph():
    with tf.Graph().as_default():
        build()
        meta = tf.train.export_meta_graph()
    meta.meta_info_def.ClearField("tensorflow_git_version")
    meta.meta_info_def.ClearField("stripped_op_list")
    for node in meta.graph_def.node:
        node.ClearField("experimental_debug_info")
    return meta


def differentiated(**options):
    import_scoped_meta_graph(os.path.join(HERE, "while_meta_graph.pbtxt"), **options)
    x, w, z = tf.get_collection("ends")
    tf.gradients(z, [x, w])


def imported():
    differentiated()


def imported_into_a_scope():
    differentiated(import_scope="scope")


if __name__ == "__main__":
    tf.io.write_graph(meta_graph(), HERE, "while_meta_graph.pbtxt")
    write("while_meta_graph.txt", [imported, imported_into_a_scope])
