"""Savers of partitioned variables, which one graph has made and another one has read.

    python3 tests/golden/partitioned_saver.py        (TensorFlow 2.15.1)

Writes partitioned.pbtxt, the graph with the variables; partitioned_saver.txt, what Savers add to it; and the checkpoint
checkpoints/partitioned.
"""

import os

from tensorflow.python.framework.meta_graph import import_scoped_meta_graph

from graph_listing import tf, wave, write

HERE = os.path.dirname(os.path.abspath(__file__))


def build():
    # Names of parts are sorted as texts: part_10 is the third one.
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(11)):
        tf.get_variable("v", [12, 2], initializer=tf.zeros_initializer())
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(2, axis=1)):
        tf.get_variable("r", [2, 3], initializer=tf.zeros_initializer(), use_resource=True)
    tf.get_variable("whole", [2], initializer=tf.zeros_initializer())


def meta_graph():
    with tf.Graph().as_default():
        build()
        meta = tf.train.export_meta_graph()
    meta.meta_info_def.Clear()
    for node in meta.graph_def.node:
        node.ClearField("experimental_debug_info")
        for attr in ("_output_shapes", "container", "use_locking", "debug_name"):
            node.attr.pop(attr, None)
    return meta


def read(**options):
    import_scoped_meta_graph(os.path.join(HERE, "partitioned.pbtxt"), **options)


def all_variables():
    read()
    tf.train.Saver()


def in_a_scope():
    read(import_scope="scope")
    tf.train.Saver()


def reshaped():
    read()
    tf.train.Saver(reshape=True)


def sharded():
    read()
    tf.train.Saver(sharded=True)


def some_parts():
    read()
    tf.train.Saver([v for v in tf.global_variables() if v.op.name in ("p/v/part_3", "p/r/part_1")])


def named_parts_are_whole():
    read()
    tf.train.Saver({"mine": next(v for v in tf.global_variables() if v.op.name == "p/v/part_3")})


def checkpoint():
    with tf.Graph().as_default(), tf.Session() as sess:
        read()
        sess.run(tf.global_variables_initializer())
        for i, v in enumerate(tf.global_variables()):
            v.load(wave(v.shape.as_list(), i), sess)
        tf.train.Saver().save(sess, os.path.join(HERE, "checkpoints", "partitioned"), write_meta_graph=False,
                              write_state=False)


if __name__ == "__main__":
    tf.io.write_graph(meta_graph(), HERE, "partitioned.pbtxt")
    write("partitioned_saver.txt", [all_variables, in_a_scope, reshaped, sharded, some_parts, named_parts_are_whole])
    checkpoint()
