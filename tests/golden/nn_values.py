"""What TensorFlow's CPU kernels compute for tf.nn functions: nn_values.txt. A line is NAME and the
values; the inputs are pattern(), which tests/ops/nn_values_test.cc has too."""

import os

import numpy as np
from graph_listing import tf


def pattern(shape, start=0):
    i = np.arange(start, start + int(np.prod(shape)))
    return tf.constant((((i * 37) % 101 - 50) / 25.0).astype(np.float32).reshape(shape))


def build():
    x = pattern([2, 5, 5, 3])
    v = pattern([1, 3, 4, 4, 2])
    cases = {}

    def with_gradient(name, y, xs):
        cases[name] = y
        for i, g in enumerate(tf.gradients(y * pattern(y.shape.as_list(), 11), xs)):
            cases["%s_gradient_%d" % (name, i)] = g

    with_gradient("max_pool_valid", tf.nn.max_pool(x, 2, 2, "VALID"), [x])
    with_gradient("max_pool_same", tf.nn.max_pool(x, [1, 3, 2, 1], [1, 2, 1, 1], "SAME"), [x])
    with_gradient("avg_pool_valid", tf.nn.avg_pool(x, 2, 2, "VALID"), [x])
    with_gradient("avg_pool_same", tf.nn.avg_pool(x, 3, [1, 2], "SAME"), [x])
    cases["max_pool_explicit"] = tf.nn.max_pool(x, 3, 2, [[0, 0], [1, 1], [1, 0], [0, 0]])
    with_gradient("max_pool3d", tf.nn.max_pool3d(v, 2, 2, "SAME"), [v])
    with_gradient("avg_pool3d", tf.nn.avg_pool3d(v, 2, [1, 2, 2], "SAME"), [v])

    logits, labels = pattern([4, 5]), tf.nn.softmax(pattern([4, 5], 3))
    with_gradient("softmax", tf.nn.softmax(logits), [logits])
    with_gradient("log_softmax", tf.nn.log_softmax(logits), [logits])
    with_gradient("cross_entropy", tf.nn.softmax_cross_entropy_with_logits_v2(
        labels=labels, logits=logits), [logits, labels])
    with_gradient("sparse_cross_entropy", tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=[0, 4, 2, 2], logits=logits), [logits])
    y = pattern([2, 2, 2, 7])
    with_gradient("lrn", tf.nn.lrn(y, 2, bias=1.5, alpha=0.25, beta=0.75), [y])
    w = pattern([3, 2, 3, 2], 5)
    with_gradient("depthwise", tf.nn.depthwise_conv2d(x, w, [1, 2, 2, 1], "SAME"), [x, w])
    with_gradient("depthwise_valid", tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "VALID"), [x, w])
    up = pattern([3, 3, 4, 3], 7)
    with_gradient("conv2d_transpose", tf.nn.conv2d_transpose(x, up, [2, 10, 10, 4], 2), [x, up])
    cases["top_k_values"], cases["top_k_indices"] = tf.nn.top_k(logits, 3)
    cases["in_top_k"] = tf.cast(tf.nn.in_top_k(logits, [0, 4, 2, 7], 2), tf.int32)
    return cases


with tf.Graph().as_default(), tf.Session() as session:
    values = session.run(build())
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "nn_values.txt"), "w") as out:
    for name, value in values.items():
        out.write("%s %s\n" % (name, " ".join("%.7g" % v for v in value.ravel())))
