"""Writes saver.txt: the graphs that tf.train.Saver builds, and saver_devices.txt: where their nodes are."""
import os

from graph_listing import tf, write


def variable(name, shape=(2, 3), **options):
    return tf.get_variable(name, shape, initializer=tf.zeros_initializer(), **options)


def all_variables():
    variable("w")
    variable("b", [3], dtype=tf.float64)
    variable("a", [], trainable=False, dtype=tf.int64)
    tf.train.Saver()


def list_in_any_order():
    w, b = variable("w"), variable("b")
    variable("other")
    tf.train.Saver([w, b])


def map_of_names():
    w, b = variable("w"), variable("b")
    tf.train.Saver({"z": b, "old/w": w})


def named():
    variable("w")
    with tf.name_scope("outer"):
        tf.train.Saver(name="mine", filename="there/model.ckpt", max_to_keep=2)
    tf.train.Saver()


def two():
    variable("w")
    tf.train.Saver()
    tf.train.Saver(restore_sequentially=True)


def reshaped():
    variable("w")
    tf.Variable(tf.placeholder_with_default([1.0], [None]), validate_shape=False, name="unknown")
    tf.train.Saver(reshape=True)


def unknown_shape():
    tf.Variable(tf.placeholder_with_default([1.0], [None]), validate_shape=False, name="unknown")
    tf.train.Saver()


def sharded():
    variable("w")
    variable("b")
    tf.train.Saver(sharded=True)


def sharded_by_devices():
    with tf.device("/cpu:1"):
        variable("w")
    with tf.device("/job:ps/task:1"):
        variable("a")
    variable("b")
    with tf.device("/cpu:1"):
        variable("v")
    tf.train.Saver(sharded=True)


def placed():
    with tf.device("/cpu:1"):
        variable("w")
        tf.train.Saver()


def trained():
    x = tf.placeholder(tf.float32, [None, 3])
    loss = tf.reduce_mean(tf.square(tf.layers.dense(x, 1)))
    tf.train.AdamOptimizer().minimize(loss)
    tf.train.Saver()


write("saver.txt", [all_variables, list_in_any_order, map_of_names, named, two, reshaped, unknown_shape, sharded,
                    sharded_by_devices, placed, trained])

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "saver_devices.txt"), "w") as out:
    with tf.Graph().as_default() as graph:
        sharded_by_devices()
        out.writelines("%s %s\n" % (op.name, op.device or "-") for op in graph.get_operations())
