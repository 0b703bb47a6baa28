"""First values of random tensors and initial weights for given seeds: front_random_values.txt.

A line a tensor: NAME, the number of elements, the first six values.
"""

import os

from graph_listing import tf


def build():
    tf.set_random_seed(1)
    tensors = {
        "uniform": tf.random_uniform([5, 3]),
        "uniform_range": tf.random_uniform([700], -2.0, 3.0),
        "uniform_seeded": tf.random_uniform([4], seed=9),
        "uniform_double": tf.random_uniform([6], dtype=tf.float64),
        "integers": tf.random_uniform([10], 0, 1000, tf.int32),
        "normal": tf.random_normal([7], 1.0, 2.0),
        "truncated": tf.truncated_normal([300], stddev=0.05),
    }
    with tf.variable_scope("layer"):
        tensors["glorot"] = tf.get_variable("w", [3, 3, 4, 8])
        tensors["he"] = tf.get_variable("h", [20, 10], initializer=tf.initializers.he_normal())
    tensors["variable"] = tf.Variable(tf.truncated_normal([3, 3, 4, 8], stddev=0.05))
    return tensors


with tf.Graph().as_default():
    tensors = build()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        values = session.run(tensors)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "front_random_values.txt")
with open(path, "w") as out:
    for name, value in values.items():
        flat = value.ravel()[:6]
        out.write("%s %d %s\n" % (name, value.size, " ".join("%.9g" % v for v in flat)))
