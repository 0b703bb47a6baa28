"""Writes layers.txt: the graphs of tf.layers and of composed tf.nn functions."""
from graph_listing import tf, write


def images(channels=2):
    return tf.placeholder(tf.float32, [None, 8, 8, channels])


def rows(n=3, dtype=tf.float32):
    return tf.placeholder(dtype, [None, n])


def l2(w):
    return tf.reduce_sum(w * w)


def two_convolutions():
    x = tf.layers.conv2d(images(), 4, 3, 2, "same", activation=tf.nn.relu)
    tf.layers.conv2d(x, 4, [3, 1], padding="VALID", use_bias=False)


def named_and_reused():
    x = rows()
    tf.layers.dense(x, 4, name="fc")
    tf.layers.dense(x, 4, name="fc", reuse=True)
    with tf.name_scope("outer"):
        tf.layers.dense(x, 4)
    with tf.variable_scope("scope"):
        tf.layers.dense(x, 4, tf.tanh)


def regularized():
    tf.layers.dense(rows(), 4, kernel_regularizer=l2, bias_regularizer=l2, name="fc")
    tf.layers.dense(rows(), 4, kernel_regularizer=l2, bias_regularizer=l2, name="fc", reuse=True)


def batch_norm(x, **options):
    return lambda: tf.layers.batch_normalization(x(), **options)


def batch_norm_fed(x, **options):
    def build():
        inputs = x()
        tf.layers.batch_normalization(inputs, training=tf.placeholder(tf.bool), **options)
    return build


def with_moments(axes, **options):
    def build():
        x = images()
        mean, variance = tf.nn.moments(x, axes, **options)
        tf.nn.batch_normalization(x, mean, variance, tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0]), 1e-3)
    return build


def without_scale_and_offset():
    x = rows()
    tf.nn.batch_normalization(x, tf.constant([1.0, 2.0, 3.0]), tf.constant([4.0, 5.0, 6.0]), None, None, 1e-3)


def sigmoid_cross_entropy():
    tf.nn.sigmoid_cross_entropy_with_logits(labels=rows(), logits=rows())


def nn_ops():
    x = images()
    w = tf.placeholder(tf.float32, [3, 3, 2, 4])
    y = tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding="SAME")
    y = tf.nn.conv2d(x, w, strides=[1, 2], padding="VALID", name="strided")
    y = tf.nn.conv2d(x, w, padding=[[0, 0], [1, 2], [0, 1], [0, 0]], dilations=2)
    y = tf.nn.bias_add(y, [1.0, 2.0, 3.0, 4.0])
    tf.nn.relu(y, name="out")
    tf.nn.fused_batch_norm(x, [1.0, 1.0], [0.0, 0.0])
    tf.nn.fused_batch_norm(x, [1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1.0, 1.0], 1e-4, is_training=False, name="bn")


def two_transposed_convolutions():
    x = tf.layers.conv2d_transpose(images(), 4, 3, 2, "same", activation=tf.nn.relu)
    tf.layers.conv2d_transpose(x, 3, [3, 2], [2, 1], padding="VALID", use_bias=False, name="up")


def transposed_convolution_of_unknown_size():
    x = tf.placeholder(tf.float32, [None, None, 8, 2])
    tf.layers.conv2d_transpose(x, 4, 3, 2)
    y = tf.placeholder(tf.float32, [2, None, None, 3])
    tf.layers.conv2d_transpose(y, 5, [2, 3], (3, 2), "same", use_bias=False)
    tf.layers.conv2d_transpose(y, 5, [5, 3], (3, 2), "valid", use_bias=False)


def pooling():
    tf.layers.max_pooling2d(images(), 2, 2)
    tf.layers.average_pooling2d(images(), [2, 3], 1, "same", name="avg")
    tf.layers.max_pooling2d(images(), 3, [2, 1], "SAME", data_format="channels_first")


def dropout():
    x = rows()
    tf.layers.dropout(x, 0.25, training=True)
    tf.layers.dropout(x)
    tf.layers.dropout(x, 0, training=True)
    tf.layers.dropout(x, seed=3, training=tf.placeholder(tf.bool, []), name="d")


def flatten():
    tf.layers.flatten(images())
    tf.layers.flatten(tf.placeholder(tf.float32, [2, None, 4]))
    tf.layers.flatten(tf.placeholder(tf.float32, [None]), name="column")
    tf.layers.flatten(images(), data_format="channels_first")


def keras_regularizers():
    k = tf.keras.regularizers
    tf.layers.dense(rows(), 4, kernel_regularizer=k.l2(0.1), bias_regularizer=k.l1(0.1))
    tf.layers.dense(rows(), 4, kernel_regularizer=k.l1_l2(0.1, 0.2), name="both")


def gradient_of(build):
    def all():
        xs, y = build()
        tf.gradients(y, xs)
    return all


def conv():
    x, w = images(), tf.placeholder(tf.float32, [3, 3, 2, 4])
    return [x, w], tf.nn.conv2d(x, w, strides=[1, 2, 2, 1], padding="SAME")


def conv_backprops():
    g, w = tf.placeholder(tf.float32, [None, 8, 8, 4]), tf.placeholder(tf.float32, [3, 3, 2, 4])
    x = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=[5, 8, 8, 2], filter=w, out_backprop=g, strides=[1, 1, 1, 1], padding="SAME")
    f = tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=[3, 3, 2, 4], out_backprop=g, strides=[1, 1, 1, 1], padding="SAME")
    return [g, w], [x, f]


def bias():
    x, b = rows(), tf.placeholder(tf.float32, [3])
    return [x, b], tf.nn.bias_add(x, b)


def relu():
    x = rows()
    return [x], tf.nn.relu(x)


def relu_grad():
    g, x = rows(), rows()
    return [g, x], tf.raw_ops.ReluGrad(gradients=g, features=x)


def fused(is_training):
    def build():
        x, s, o = images(), tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
        mean, variance = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.float32, [2])
        y, m, v = tf.nn.fused_batch_norm(x, s, o, mean, variance, is_training=is_training)
        return [x, s, o], y
    return build


CASES = {
    "two_convolutions": two_convolutions,
    "named_and_reused": named_and_reused,
    "regularized": regularized,
    "batch_norm": batch_norm(images),
    "batch_norm_training": batch_norm(images, training=True),
    "batch_norm_fed": batch_norm_fed(images),
    "batch_norm_channels_first": batch_norm_fed(images, axis=1),
    "batch_norm_no_scale_no_center": batch_norm(images, training=True, scale=False, center=False),
    "batch_norm_not_fused": batch_norm_fed(images, fused=False),
    "batch_norm_rows": batch_norm(rows),
    "batch_norm_rows_training": batch_norm(rows, training=True, momentum=0.9, epsilon=0.01),
    "batch_norm_rows_fed": batch_norm_fed(rows),
    "batch_norm_rows_half": batch_norm_fed(lambda: rows(dtype=tf.float16)),
    "batch_norm_rows_float64": batch_norm_fed(lambda: rows(dtype=tf.float64)),
    "batch_norm_two_axes": batch_norm_fed(images, axis=[1, 3]),
    "batch_norm_middle_axis": batch_norm_fed(images, axis=2),
    "batch_norm_rows_no_scale_no_center": batch_norm(rows, scale=False, center=False),
    "two_transposed_convolutions": two_transposed_convolutions,
    "transposed_convolution_of_unknown_size": transposed_convolution_of_unknown_size,
    "pooling": pooling,
    "dropout": dropout,
    "flatten": flatten,
    "keras_regularizers": keras_regularizers,
    "moments": with_moments([0, 1, 2]),
    "moments_keep_dims": with_moments([0, 1, 2], keep_dims=True, name="m"),
    "without_scale_and_offset": without_scale_and_offset,
    "sigmoid_cross_entropy": sigmoid_cross_entropy,
    "nn_ops": nn_ops,
    "conv_gradient": gradient_of(conv),
    "conv_backprop_gradients": gradient_of(conv_backprops),
    "bias_gradient": gradient_of(bias),
    "relu_gradient": gradient_of(relu),
    "relu_grad_gradient": gradient_of(relu_grad),
    "fused_training_gradient": gradient_of(fused(True)),
    "fused_inference_gradient": gradient_of(fused(False)),
}
for name, build in CASES.items():
    build.__name__ = name
write("layers.txt", CASES.values())
