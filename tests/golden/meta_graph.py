"""Meta graphs that TensorFlow writes, and what it builds on one that it has read.

    python3 tests/golden/meta_graph.py        (TensorFlow 2.15.1)

Writes meta_graph.pbtxt, and meta_graph.txt: listings of graphs that import it and go on building.
"""

import os

from tensorflow.python.framework.meta_graph import import_scoped_meta_graph

from graph_listing import tf, write

HERE = os.path.dirname(os.path.abspath(__file__))


def build():
    x = tf.placeholder(tf.float32, [None, 3], "x")
    flag = tf.placeholder(tf.bool, [], "flag")
    w = tf.get_variable("w", [3, 2], initializer=tf.ones_initializer())
    b = tf.Variable([1.0, 2.0], trainable=False, name="b")
    step = tf.train.get_or_create_global_step()
    y = tf.matmul(x, w)
    z = tf.cond(flag, lambda: tf.cond(flag, lambda: tf.exp(y), lambda: tf.add(y, b)),
                lambda: tf.negative(y))
    loss = tf.reduce_sum(tf.square(z), name="loss")
    update = tf.assign(b, tf.multiply(b, 0.5))
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=step)
    tf.add_to_collection(tf.GraphKeys.TRAIN_OP, train)
    tf.add_to_collection("my_losses", loss)
    tf.add_to_collection("numbers", 3)
    tf.add_to_collection("numbers", 4)
    tf.add_to_collection("ratios", 0.5)
    tf.add_to_collection("bytes", b"ab")


def meta_graph():
    with tf.Graph().as_default():
        build()
        meta = tf.train.export_meta_graph()
    meta.meta_info_def.ClearField("tensorflow_git_version")
    for node in meta.graph_def.node:
        node.ClearField("experimental_debug_info")
    return meta


def train_again(**options):
    # Not tf.train.import_meta_graph: it also builds a Saver.
    import_scoped_meta_graph(os.path.join(HERE, "meta_graph.pbtxt"), **options)
    loss = tf.get_collection("my_losses")[0]
    tf.train.MomentumOptimizer(0.1, 0.9, name="Again").minimize(loss)


def trained_again():
    train_again()


def trained_in_a_scope():
    train_again(import_scope="scope")


if __name__ == "__main__":
    tf.io.write_graph(meta_graph(), HERE, "meta_graph.pbtxt")
    write("meta_graph.txt", [trained_again, trained_in_a_scope])
