"""Graphs of diagonals of matrices, and their values.

    python3 tests/golden/diagonals.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def builders():
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    d = tf.placeholder(tf.float32, [None, 3], name="d")
    p = tf.placeholder(tf.bool, [2], name="p")
    tf.matrix_diag(d)
    tf.matrix_diag(d, k=-1, num_rows=4, num_cols=5, padding_value=9, align="LEFT_LEFT",
                   name="named")
    tf.matrix_diag(p)
    tf.matrix_diag(p, padding_value=1, name="bools")
    tf.matrix_diag_part(x)
    tf.matrix_diag_part(x, k=(-1, 1), padding_value=2, name="band")
    tf.matrix_set_diag(x, d)
    tf.matrix_set_diag(x, d, k=1, align="RIGHT_RIGHT", name="other")
    tf.trace(x)
    tf.trace(x, name="t")


def gradients():
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    y = tf.placeholder(tf.float32, [None, None, 4], name="y")
    d = tf.placeholder(tf.float32, [2, 3], name="d")
    k = tf.placeholder(tf.int32, [], name="k")
    tf.gradients(tf.matrix_diag(d, k=k, align="LEFT_RIGHT"), d)
    tf.gradients(tf.matrix_diag_part(x, k=k, align="LEFT_LEFT"), x)
    tf.gradients(tf.matrix_diag_part(y, padding_value=3), y)
    tf.gradients(tf.matrix_set_diag(x, d, k=1), [x, d])


def gradients_of_unknown_shapes():
    x = tf.placeholder(tf.float32, name="x")
    d = tf.placeholder(tf.float32, [None, 3], name="d")
    k = tf.placeholder(tf.int32, name="k")
    tf.gradients(tf.matrix_set_diag(x, d, k=k, align="LEFT_LEFT"), [x, d])


def gradients_of_first_versions():
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    s = tf.placeholder(tf.float32, [None, 3, 3], name="s")
    u = tf.placeholder(tf.float32, name="u")
    d = tf.placeholder(tf.float32, [2, 3], name="d")
    tf.gradients(tf.raw_ops.MatrixDiag(diagonal=d), d)
    tf.gradients(tf.raw_ops.MatrixDiagPart(input=x), x)
    tf.gradients(tf.raw_ops.MatrixDiagPart(input=s), s)
    tf.gradients(tf.raw_ops.MatrixSetDiag(input=x, diagonal=d), [x, d])
    tf.gradients(tf.raw_ops.MatrixSetDiag(input=u, diagonal=d), [u, d])


graph_listing.write("diagonals.txt", [builders, gradients, gradients_of_unknown_shapes,
                                      gradients_of_first_versions])
