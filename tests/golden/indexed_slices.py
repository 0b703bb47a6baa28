"""Graphs of gradients that are IndexedSlices (indexed_slices.txt), and the losses of ten steps of each
optimizer on a small table of embeddings (indexed_slices_values.txt).

    python3 tests/golden/indexed_slices.py        (TensorFlow 2.15.1)
"""

import os

import graph_listing
from graph_listing import tf

OPTIMIZERS = {
    "descent": lambda: tf.train.GradientDescentOptimizer(0.5),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.75),
    "nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.75, use_nesterov=True),
    "rms_prop": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
    "rms_prop_centered": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5, centered=True),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.5),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(1.0, epsilon=0.01),
    "ftrl": lambda: tf.train.FtrlOptimizer(0.5, l1_regularization_strength=0.01),
    "ftrl_shrinking": lambda: tf.train.FtrlOptimizer(
        0.5, l2_shrinkage_regularization_strength=0.01),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
}
IDS = [[0, 2], [2, 2], [3, 0]]


def model():
    initial = tf.reshape(tf.range(10.0), [5, 2]) / 10.0
    table = tf.Variable(initial, name="table")
    ids = tf.placeholder(tf.int32, [None, 2], name="ids")
    rows = tf.nn.embedding_lookup(table, ids)
    loss = tf.reduce_sum(tf.square(rows - 1.0))
    return table, ids, loss


def of_optimizer(name):
    def build():
        table, ids, loss = model()
        step = OPTIMIZERS[name]().minimize(loss)
        return table, ids, loss, step
    build.__name__ = name
    return build


def two_lookups():
    table, ids, loss = model()
    more = tf.gather(table, tf.constant([1, 4], name="more"))
    tf.train.GradientDescentOptimizer(0.5).minimize(loss + tf.reduce_sum(more))


def indices_of_two_types():
    table, ids, loss = model()
    more = tf.gather(table, tf.constant([1, 4], tf.int64, name="more"))
    tf.train.GradientDescentOptimizer(0.5).minimize(loss + tf.reduce_sum(more))


def beside_a_dense_gradient():
    table, ids, loss = model()
    tf.train.GradientDescentOptimizer(0.5).minimize(loss + tf.reduce_sum(tf.square(table)))


def as_a_tensor():
    table, ids, loss = model()
    tf.convert_to_tensor(tf.gradients(loss, table)[0])


def as_an_input():
    table, ids, loss = model()
    grad = tf.gradients(loss, table)[0]
    tf.summary.histogram("by table", grad)
    2.0 * tf.constant(1.0) * grad
    tf.reduce_sum(grad, name="sum")
    tf.matmul(grad, grad, transpose_b=True)


def all_gates():
    table, ids, loss = model()
    opt = tf.train.GradientDescentOptimizer(0.5)
    pairs = opt.compute_gradients(loss, gate_gradients=opt.GATE_GRAPH)
    opt.apply_gradients(pairs)


def clipped():
    table, ids, loss = model()
    opt = tf.train.GradientDescentOptimizer(0.5)
    grads = tf.gradients(loss, [table])
    grads, _ = tf.clip_by_global_norm(grads, 1.0)
    grads = [tf.clip_by_norm(grads[0], 0.5)]
    grads = [tf.clip_by_value(grads[0], -0.25, 0.25)]
    opt.apply_gradients(zip(grads, [table]))


def reshaped_table():
    table, ids, loss = model()
    rows = tf.gather(tf.reshape(table, [2, 5]), [1], name="of_reshaped")
    tf.gradients(rows, table)


graph_listing.write("indexed_slices.txt", [of_optimizer(name) for name in OPTIMIZERS] + [
    two_lookups, indices_of_two_types, beside_a_dense_gradient, as_a_tensor, as_an_input, all_gates, clipped,
    reshaped_table])

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "indexed_slices_values.txt")
with open(path, "w") as out:
    for name in OPTIMIZERS:
        with tf.Graph().as_default(), tf.Session() as session:
            table, ids, loss, step = of_optimizer(name)()
            session.run(tf.global_variables_initializer())
            losses = []
            for i in range(10):
                losses.append(session.run(loss, {ids: [IDS[i % 3]]}))
                session.run(step, {ids: [IDS[i % 3]]})
            out.write("%s %s\n" % (name, " ".join(
                "%.9g" % v for v in losses + list(session.run(table).flat))))
