"""Graphs of tf.nn functions and their gradients: python3 tests/golden/nn.py (TensorFlow 2.15.1)."""

import graph_listing
from graph_listing import tf

CASES = {}


def case(build):
    CASES[build.__name__] = build
    return build


def rows(n=3, dtype=tf.float32):
    return tf.placeholder(dtype, [None, n])


@case
def activations():
    x = rows()
    tf.gradients([tf.nn.relu6(x), tf.nn.leaky_relu(x), tf.nn.leaky_relu(x, 0.5, name="leaky"),
                  tf.nn.elu(x), tf.nn.selu(x), tf.nn.softplus(x, name="plus"), tf.nn.softsign(x),
                  tf.nn.leaky_relu(tf.constant([1, 2])), tf.nn.sigmoid(x), tf.nn.tanh(x)], x)


@case
def activation_gradient_gradients():
    g, x = rows(), rows()
    ops = tf.raw_ops
    tf.gradients([ops.Relu6Grad(gradients=g, features=x),
                  ops.LeakyReluGrad(gradients=g, features=x, alpha=0.5),
                  ops.EluGrad(gradients=g, outputs=x), ops.SeluGrad(gradients=g, outputs=x),
                  ops.SoftplusGrad(gradients=g, features=x)], [g, x])


@case
def l2_loss():
    x = rows()
    tf.gradients(tf.nn.l2_loss(x), x)


@case
def dropout():
    x = rows()
    tf.nn.dropout(x, 0.75)
    tf.nn.dropout(x, tf.placeholder(tf.float32, []))
    tf.nn.dropout(x, rate=0.25, noise_shape=[2, 1], seed=3, name="d")


@case
def dropout_of_nothing():
    tf.set_random_seed(7)
    x = rows()
    tf.nn.dropout(x, 1.0)
    tf.nn.dropout(x, rate=tf.placeholder(tf.float32, []))


def images(channels=3, dtype=tf.float32):
    return tf.placeholder(dtype, [None, 4, 4, channels])


@case
def pools():
    x = images()
    ys = [tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID"),
          tf.nn.max_pool(x, 3, [2, 1], "SAME", name="pooled"),
          tf.nn.max_pool(x, 3, 2, [[0, 0], [1, 1], [1, 0], [0, 0]]),
          tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"),
          tf.nn.avg_pool(x, 2, 1, "VALID", name="mean")]
    tf.gradients(ys, x)


@case
def volume_pools():
    x = tf.placeholder(tf.float32, [None, 4, 4, 4, 2])
    tf.gradients([tf.nn.max_pool3d(x, 2, 2, "VALID"), tf.nn.avg_pool3d(x, [1, 2, 2, 2, 1], 1, "SAME")], x)


@case
def pool_gradient_gradients():
    x, g = images(), tf.placeholder(tf.float32, [None, 2, 2, 3])
    attrs = dict(ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")
    top = tf.raw_ops.MaxPool(input=x, **attrs)
    ys = [tf.raw_ops.MaxPoolGrad(orig_input=x, orig_output=top, grad=g, **attrs),
          tf.raw_ops.MaxPoolGradGrad(orig_input=x, orig_output=top, grad=x, **attrs),
          tf.raw_ops.AvgPoolGrad(orig_input_shape=[2, 4, 4, 3], grad=g, **attrs)]
    tf.gradients(ys, [g, x], stop_gradients=[top])


@case
def softmax():
    x = rows()
    tf.gradients([tf.nn.softmax(x), tf.nn.log_softmax(x, axis=1, name="log")], x)


@case
def softmax_along_another_axis():
    x = tf.placeholder(tf.float32, [None, 3, 4])
    tf.nn.softmax(x, axis=1, name="out")
    tf.nn.log_softmax(x, axis=-2)


@case
def cross_entropy():
    labels, logits = rows(), rows()
    y = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    tf.gradients(y, logits)


@case
def cross_entropy_v2():
    labels, logits = rows(), rows()
    y = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, name="loss")
    tf.gradients(y, [logits, labels])
    tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits, axis=0)


@case
def cross_entropy_of_known_shape():
    x = tf.placeholder(tf.float32, [2, 5, 3])
    tf.nn.softmax_cross_entropy_with_logits_v2(labels=x, logits=x)


@case
def sparse_cross_entropy():
    labels, logits = tf.placeholder(tf.int64, [None]), rows()
    y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    tf.gradients(y, logits)
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="loss")


@case
def sparse_cross_entropy_of_sequences():
    labels, logits = tf.placeholder(tf.int32, [2, 5]), tf.placeholder(tf.float32, [2, 5, 3])
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


@case
def sparse_cross_entropy_of_open_sequences():
    labels = tf.placeholder(tf.int32, [None, 5], name="labels")
    logits = tf.placeholder(tf.float32, [None, 5, 3], name="logits")
    y = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    tf.gradients(y, logits)
    half = tf.placeholder(tf.float16, name="half")
    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=half, name="open")


@case
def normalizations():
    x = rows()
    tf.nn.l2_normalize(x, 1)
    tf.nn.l2_normalize(x, [0, 1], epsilon=0.5, name="n")
    y = images()
    tf.gradients(tf.nn.lrn(y, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75), y)
    tf.nn.local_response_normalization(y, name="norm")


@case
def top_k():
    x = rows(4)
    tf.nn.top_k(x, 2)
    tf.nn.top_k(x, sorted=False, name="t")
    tf.nn.in_top_k(x, tf.placeholder(tf.int32, [None]), 3)


@case
def xw_plus_b():
    tf.nn.xw_plus_b(rows(4), tf.placeholder(tf.float32, [4, 2]), tf.placeholder(tf.float32, [2]),
                    name="scores")


@case
def transposed_convolution():
    x, w = images(), tf.placeholder(tf.float32, [3, 3, 5, 3])
    tf.nn.conv2d_transpose(x, w, [2, 8, 8, 5], [1, 2, 2, 1])
    y = tf.nn.conv2d_transpose(x, w, [2, 8, 8, 5], 2, name="up")
    tf.gradients(y, [x, w])


@case
def depthwise_convolution():
    x, w = images(), tf.placeholder(tf.float32, [3, 3, 3, 2])
    y = tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME")
    tf.gradients(y, [x, w])


@case
def depthwise_gradient_gradients():
    x, w = images(), tf.placeholder(tf.float32, [3, 3, 3, 2])
    g = images(6)
    attrs = dict(strides=[1, 1, 1, 1], padding="SAME")
    ops = tf.raw_ops
    ys = [ops.DepthwiseConv2dNativeBackpropInput(
              input_sizes=[2, 4, 4, 3], filter=w, out_backprop=g, **attrs),
          ops.DepthwiseConv2dNativeBackpropFilter(
              input=x, filter_sizes=[3, 3, 3, 2], out_backprop=g, **attrs)]
    tf.gradients(ys, [x, w, g])


graph_listing.write("nn.txt", CASES.values())
