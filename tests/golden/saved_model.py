"""A small SavedModel: python3 tests/golden/saved_model.py (TensorFlow 2.15.1)."""

import os
import shutil

from graph_listing import tf

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    folder = os.path.join(HERE, "saved_model")
    shutil.rmtree(folder, ignore_errors=True)
    with tf.Graph().as_default(), tf.Session() as sess:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        w = tf.Variable([[3.0], [4.0]], name="w")
        ready = tf.Variable(0.0, name="ready")
        y = tf.matmul(x, w, name="y")
        init = tf.group(tf.assign(ready, 7.0), name="make_ready")
        sess.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(sess, folder, {"in": x}, {"out": y}, legacy_init_op=init)


if __name__ == "__main__":
    main()
