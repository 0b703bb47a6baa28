"""Variables that use resources, as TensorFlow builds them (resource_variables.txt), and a SavedModel
of a net of them with what its training computes (resource_model/, resource_model.txt):
python3 tests/golden/resource_variables.py (TensorFlow 2.15.1)."""

import os
import shutil

import numpy as np

import graph_listing
from graph_listing import tf

HERE = os.path.dirname(os.path.abspath(__file__))


def weights(shape=(4, 2), name="w"):
    return tf.get_variable(name, shape, use_resource=True, initializer=tf.zeros_initializer())


def making():
    tf.Variable([1.0, 2.0], use_resource=True)
    tf.Variable(lambda: tf.ones([2]), use_resource=True, name="f", trainable=False)
    with tf.variable_scope("s", use_resource=True):
        tf.get_variable("x", [2])
        tf.get_variable("y", initializer=tf.constant(3.0))
    tf.Variable(tf.placeholder(tf.float32), use_resource=True, name="u")
    tf.get_variable("c", [2], use_resource=True, caching_device="/cpu:0")
    tf.get_variable("plain", [2], use_resource=False)


def using():
    w = weights([2, 3])
    x = tf.placeholder(tf.float32, [None, 2], "x")
    w * 2.0
    2.0 * w
    w + w
    -w
    w < 1.0
    tf.identity(w)
    tf.matmul(x, w)
    w.read_value()
    tf.shape(w)
    with tf.control_dependencies([w]):
        tf.no_op("after")


def updating():
    w = weights([2])
    w.assign_add([1.0, 2.0])
    added = tf.assign_sub(w, tf.ones([2]))
    added * 2.0
    tf.assign(w, w * 2.0)
    tf.is_variable_initialized(w)
    done = tf.assign(w, [3.0, 4.0], name="set")
    with tf.control_dependencies([done]):
        tf.no_op("after")
    tf.group(done, name="all")
    tf.global_variables_initializer()


def rows():
    w = weights()
    tf.gather(w, [1, 2])
    tf.gather(w, [1, 0], axis=1)
    tf.nn.embedding_lookup(w, [0])
    tf.gather_nd(w, [[1, 0]])
    tf.scatter_add(w, [1], [[1.0, 2.0]])
    tf.scatter_update(w, [1], [[1.0, 2.0]])


def gradients():
    w = weights()
    slices = tf.gather(w, [1, 2])
    product = tf.matmul(slices, w, transpose_b=True)
    tf.gradients(product, w)


def gradients_in_cond():
    w = weights([2])
    p = tf.placeholder(tf.bool, [])
    tf.gradients(tf.cond(p, lambda: w * 2.0, lambda: w * w), w)


def gradients_in_loop():
    w = weights([2])
    loop = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * w), [0, tf.ones([2])])
    tf.gradients(loop[1], w)


def adam():
    w = weights([2])
    step = tf.get_variable("step", [], tf.int64, use_resource=True, trainable=False,
                           initializer=tf.zeros_initializer())
    tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w * w), global_step=step)


def adam_of_rows():
    tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(tf.nn.embedding_lookup(weights(), [1, 2])))


def descent():
    w = weights()
    loss = tf.reduce_sum(tf.gather(w, [1, 2]))
    tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(w * 3.0))


def average():
    tf.train.ExponentialMovingAverage(0.9).apply([weights([2])])


def saver():
    weights()
    tf.get_variable("b", [2], initializer=tf.zeros_initializer())
    tf.get_variable("c", [2], use_resource=True, caching_device="/cpu:0")
    tf.train.Saver()
    tf.train.Saver(reshape=True)


def model():
    x = tf.placeholder(tf.float32, [None, 3], "x")
    labels = tf.placeholder(tf.float32, [None, 2], "labels")
    with tf.variable_scope("net", use_resource=True):
        w1 = tf.get_variable("w1", initializer=np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4))
        b1 = tf.get_variable("b1", initializer=np.full([4], 0.1, np.float32))
        w2 = tf.get_variable("w2", initializer=np.linspace(1, -1, 8, dtype=np.float32).reshape(4, 2))
        step = tf.get_variable("step", initializer=np.int64(0), trainable=False)
        hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
        y = tf.matmul(hidden, w2, name="y")
    loss = tf.reduce_mean(tf.square(y - labels), name="loss")
    tf.train.MomentumOptimizer(0.1, 0.5).minimize(loss, global_step=step, name="train")
    return x, labels, y, loss


FEEDS = np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3)
LABELS = np.linspace(0, 1, 10, dtype=np.float32).reshape(5, 2)


def write_model():
    folder = os.path.join(HERE, "resource_model")
    shutil.rmtree(folder, ignore_errors=True)
    with tf.Graph().as_default() as graph, tf.Session() as sess, \
            open(folder + ".txt", "w") as out:
        def line(name, value):
            out.write("%s %s\n" % (name, " ".join("%.9g" % v for v in np.ravel(value))))
        x, labels, y, loss = model()
        sess.run(tf.global_variables_initializer())
        train = graph.get_operation_by_name("train")
        feeds = {x: FEEDS, labels: LABELS}
        sess.run(train, feeds)  # so that the slots are not zero
        tf.saved_model.simple_save(sess, folder, {"x": x}, {"y": y})
        line("y", sess.run(y, feeds))
        losses = []
        for _ in range(5):
            sess.run(train, feeds)
            losses.append(sess.run(loss, feeds))
        line("losses", losses)
        line("w1", sess.run("net/w1/Read/ReadVariableOp:0"))
        line("momentum", sess.run("net/w1/Momentum/Read/ReadVariableOp:0"))
        line("step", sess.run("net/step/Read/ReadVariableOp:0"))


graph_listing.write("resource_variables.txt", [
    making, using, updating, rows, gradients, gradients_in_cond, gradients_in_loop, adam,
    adam_of_rows, descent, average, saver])
write_model()
