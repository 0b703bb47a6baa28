"""Graphs of everyday helpers: checks, draws, clipping by average norm, losses, top_k's gradient.

    python3 tests/golden/everyday.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def compare_checks():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    i = tf.placeholder(tf.int32, [3], name="i")
    tf.assert_equal(x, 1.0)
    tf.assert_equal(x, x)
    tf.assert_none_equal(i, 4)
    tf.assert_less(i, 4, message="ids", name="below")
    tf.assert_less_equal(x, x + 1.0)
    tf.assert_greater(x, x, data=[i], summarize=5)
    tf.assert_greater_equal(2, 1)


def sign_checks():
    x = tf.placeholder(tf.float32, [2], name="x")
    i = tf.placeholder(tf.int32, [2], name="i")
    tf.assert_positive(x)
    tf.assert_negative(i)
    tf.assert_non_positive(x, message="sign")
    tf.assert_non_negative(i, name="named")


def rank_checks():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    u = tf.placeholder(tf.float32, name="u")
    r = tf.placeholder(tf.int32, [], name="r")
    tf.assert_rank(x, 2)
    tf.assert_rank(u, 2, message="images")
    tf.assert_rank_at_least(x, 1)
    tf.assert_rank_at_least(u, r)
    tf.assert_integer(r)


def draws():
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.random_shuffle(x)
    tf.random.shuffle([1, 2, 3], seed=4, name="order")
    tf.multinomial(x, 5)
    tf.multinomial(x, 5, seed=1, output_dtype=tf.int32, name="few")
    tf.random.categorical([[1.0, 2.0]], 2)
    tf.random_crop(x, [1, 2])
    tf.random_crop([[1, 2], [3, 4]], [1, 2], seed=7, name="crop")


def log_sum_exp():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.reduce_logsumexp(x)
    tf.reduce_logsumexp(x, 1)
    tf.reduce_logsumexp(x, [0], keepdims=True, name="kept")
    tf.gradients(tf.reduce_logsumexp(x, axis=-1), x)


def average_norm():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.clip_by_average_norm(x, 2.0)
    tf.clip_by_average_norm(tf.placeholder(tf.float32, [2, 3], name="y"), 2.0, name="named")


def more_losses():
    labels = tf.placeholder(tf.float32, [None, 3], name="labels")
    values = tf.placeholder(tf.float32, [None, 3], name="values")
    tf.losses.hinge_loss(labels, values)
    tf.losses.log_loss(labels, values, epsilon=1e-6)
    tf.losses.cosine_distance(labels, values, axis=1, weights=2.0, scope="cosine")


def top_k_gradient():
    x = tf.placeholder(tf.float32, [None, 5], name="x")
    values, _ = tf.nn.top_k(x, 3)
    tf.gradients(values, x)


def writes_to_rows():
    v = tf.Variable(tf.zeros([4, 2]), name="v")
    tf.scatter_update(v, [1, 2], tf.ones([2, 2]))
    tf.scatter_add(v, 1, [1.0, 2.0], name="more")
    tf.scatter_sub(v, [1], [[1.0, 2.0]], use_locking=True)
    tf.scatter_mul(v, [0], 2.0)
    tf.scatter_div(v, [0], 2.0)


def uninitialized():
    v = tf.Variable(1.0, name="v")
    tf.get_variable("w", [2], initializer=tf.zeros_initializer(),
                    collections=[tf.GraphKeys.LOCAL_VARIABLES])
    tf.report_uninitialized_variables()
    tf.report_uninitialized_variables([v], name="one")


def rearranged():
    x = tf.placeholder(tf.float32, [None, 3, 3], name="x")
    tf.matrix_band_part(x, -1, 0)
    tf.diag([1.0, 2.0])
    tf.diag_part(tf.placeholder(tf.float32, [2, 2], name="d"), name="named")
    tf.reverse_sequence(x, [1, 2], seq_axis=1, batch_axis=0)
    tf.unique([1, 2, 1])
    tf.nn.conv3d(tf.placeholder(tf.float32, [1, 4, 4, 4, 2], name="v"), tf.zeros([1, 2, 3, 2, 5]),
                 [1, 1, 2, 1, 1], "SAME", name="conv")
    tf.linalg.inv(x)
    tf.linalg.det(x)
    tf.linalg.solve(x, x, adjoint=True)


def cases():
    x = tf.placeholder(tf.int32, [], name="x")
    y = tf.placeholder(tf.float32, [2], name="y")
    low = x < 1
    high = x > 5
    tf.case([(low, lambda: y + 1.0), (high, lambda: tf.constant([2.0, 2.0]))],
            default=lambda: y * 3.0)
    tf.case([(low, lambda: (y, x))], default=lambda: (-y, x), name="named")


def exclusive_cases():
    x = tf.placeholder(tf.int32, [], name="x")
    tf.case([(x < 1, lambda: tf.constant(1.0)), (x < 5, lambda: tf.constant(2.0))],
            default=lambda: tf.constant(3.0), exclusive=True)


def tables():
    tf.tables_initializer()
    tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, tf.no_op("fill"))
    tf.tables_initializer()
    tf.tables_initializer(name="named")


def orthogonal():
    tf.set_random_seed(7)
    tf.orthogonal_initializer(gain=0.5, seed=3)([2, 3, 4])
    tf.get_variable("w", [2, 3], initializer=tf.orthogonal_initializer())


def partitions():
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    which = tf.placeholder(tf.int32, [None], name="which")
    parts = tf.dynamic_partition(x, which, 3)
    tf.dynamic_stitch([[0, 1], [2]], [[1.0, 2.0], [3.0]])
    tf.gradients(parts, x)


def name_scopes():
    with tf.name_scope("a") as a:
        x = tf.constant(1.0)
        with tf.name_scope("inner"):
            tf.constant(2.0)
    with tf.name_scope("a"):
        tf.constant(3.0)
    with tf.name_scope(a):
        y = tf.constant(4.0)
        x + y
        with tf.name_scope("inner") as inner:
            tf.constant(5.0)
    with tf.name_scope("b"):
        with tf.name_scope(inner):
            tf.constant(6.0)
        with tf.name_scope(None):
            tf.constant(7.0)
        tf.add(x, y, name="sum")
        tf.identity(x, name=a)
    tf.reduce_mean(x, name=inner)


def more_initializers():
    tf.set_random_seed(2)
    for make in [tf.glorot_uniform_initializer, tf.initializers.he_uniform,
                 tf.initializers.lecun_normal, tf.initializers.lecun_uniform]:
        make(seed=4)([3, 2])
    tf.variance_scaling_initializer(1.5, "fan_avg", "uniform")([2, 2, 3, 4])
    tf.variance_scaling_initializer(1.5, "fan_in", "untruncated_normal", seed=1)([5])


def moments_and_scales():
    x = tf.placeholder(tf.float32, [None, 4, 4, 3], name="x")
    mean, variance = tf.nn.moments(x, [1, 2], keep_dims=True)
    tf.nn.batch_normalization(x, mean, variance, None, None, 1e-3, name="plain")
    rows = tf.placeholder(tf.float64, [5, 3], name="rows")
    mean, variance = tf.nn.moments(rows, [0], name="of_rows")
    y = tf.nn.batch_normalization(rows, mean, variance, 1.0, 2.0, 1e-3)
    tf.gradients(y, rows)


def operators_of_bits():
    p = tf.placeholder(tf.bool, [None], name="p")
    q = tf.placeholder(tf.bool, [None], name="q")
    i = tf.placeholder(tf.int32, [None], name="i")
    p & q
    p | True
    False & p
    p ^ q
    ~p
    i & 3
    i | i
    5 ^ i
    ~i


def fraction_of_zeros():
    tf.nn.zero_fraction(tf.placeholder(tf.float32, [None, 3], name="x"))
    tf.nn.zero_fraction([0, 1, 0], name="named")


def older_names():
    x = tf.placeholder(tf.float32, [2, 1, 3], name="x")
    tf.nn.softmax(x, dim=0)
    tf.squeeze(x, squeeze_dims=[1])
    tf.gather(x, [1], validate_indices=False, name="rows")
    tf.Variable(1.0, name="w")
    tf.initialize_all_variables()


def initializers_of_a_type():
    tf.set_random_seed(2)
    tf.zeros_initializer(dtype=tf.int32)([2])
    tf.ones_initializer(dtype=tf.float64)([2])
    tf.constant_initializer(0.5, dtype=tf.float64)([2])
    tf.random_uniform_initializer(dtype=tf.float64)([2])
    tf.random_normal_initializer(dtype=tf.float64)([2])
    tf.truncated_normal_initializer(dtype=tf.float64)([2])
    tf.glorot_uniform_initializer(dtype=tf.float64)([2])
    tf.orthogonal_initializer(dtype=tf.float64)([2, 2])
    tf.get_variable("v", [2], initializer=tf.constant_initializer(0.5, dtype=tf.float64))


def activations_of_layers():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    zeros = tf.zeros_initializer()
    for activation in [tf.nn.leaky_relu, tf.nn.softmax, tf.nn.log_softmax]:
        tf.layers.dense(x, 2, activation=activation, kernel_initializer=zeros)


def variables_of_a_value():
    x = tf.constant([1.0, 2.0], name="x")
    tf.get_variable("v", initializer=x)
    tf.get_variable("w", initializer=2.0, trainable=False)
    tf.get_variable("scalar", [], initializer=tf.zeros_initializer())


def groups():
    x = tf.constant(1.0, name="x")
    y = tf.constant(2.0, name="y")
    tf.group(x, y.op)
    tf.group(x)


graph_listing.write("everyday.txt", [name_scopes, operators_of_bits, fraction_of_zeros, older_names,
                                     initializers_of_a_type, activations_of_layers,
                                     variables_of_a_value, groups, more_initializers, moments_and_scales, cases, exclusive_cases, tables, orthogonal, partitions,
writes_to_rows, uninitialized, rearranged,
                                     compare_checks, sign_checks, rank_checks, draws, log_sum_exp,
                                     average_norm, more_losses, top_k_gradient])
