"""First values of random tensors and initial weights for given seeds: front_random_values.txt.

A line a tensor: NAME, the number of elements, the first six values; of NAME@2 in a second run of the
same session. Multinomial runs on one thread: its stream depends on how many there are.
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
    shapes = [[], [1], [7], [3, 5], [1025]]
    for i, shape in enumerate(shapes):
        tensors["int32_%d" % i] = tf.random_uniform(shape, -7, 100, tf.int32)
        tensors["int64_%d" % i] = tf.random_uniform(shape, -2**40, 2**41 + 1, tf.int64, seed=i)
        tensors["half_%d" % i] = tf.random_uniform(shape, dtype=tf.float16)
        tensors["normal64_%d" % i] = tf.random_normal(shape, dtype=tf.float64)
        tensors["truncated64_%d" % i] = tf.truncated_normal(shape, dtype=tf.float64, seed=3)
    for rows in [1, 2, 5, 40]:
        tensors["shuffled_%d" % rows] = tf.random_shuffle(tf.range(rows))
    tensors["shuffled_rows"] = tf.random_shuffle(tf.reshape(tf.range(30.0), [10, 3]), seed=8)
    logits = tf.constant([[0.5, -1.0, 2.0, 0.0], [1.0, 1.0, 1.0, 1.0], [-3.0, 9.0, 0.0, 8.0]])
    tensors["classes"] = tf.multinomial(logits, 13)
    tensors["classes32"] = tf.multinomial(tf.cast(logits, tf.float64), 6, seed=5,
                                          output_dtype=tf.int32)
    return tensors


with tf.Graph().as_default():
    tensors = build()
    threads = tf.ConfigProto(intra_op_parallelism_threads=1)
    with tf.Session(config=threads) as session:
        session.run(tf.global_variables_initializer())
        values = session.run(tensors)
        values.update({k + "@2": v for k, v in session.run(tensors).items()})
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "front_random_values.txt")
with open(path, "w") as out:
    for name, value in values.items():
        flat = value.ravel()[:6]
        out.write("%s %d %s\n" % (name, value.size, " ".join("%.9g" % v for v in flat)))
