"""Variables, scopes and random tensors as TensorFlow builds them: front_variables.txt."""

from graph_listing import tf, write


def variables():
    tf.Variable(tf.zeros([3]))
    tf.Variable([1.0, 2.0], trainable=False, name="w")
    tf.Variable(lambda: tf.ones([2]), name="u")
    tf.Variable(5, dtype=tf.float32)
    with tf.name_scope("sc"):
        tf.Variable(1.0)
    x = tf.placeholder(tf.float32)
    with tf.control_dependencies([x]):
        tf.Variable(tf.zeros([2]), name="z")
        tf.Variable(lambda: tf.zeros([2]), name="zz")
    tf.Variable(x, validate_shape=False, name="shapeless")
    tf.Variable(0, collections=["mine"], name="step")
    tf.global_variables_initializer()
    tf.variables_initializer([], name="none")


def updates():
    v = tf.Variable([1.0, 2.0])
    tf.assign(v, [3.0, 4.0])
    tf.assign(v, v)
    tf.assign_add(v, [1.0, 1.0])
    v.assign([1.0, 2.0])
    v.assign_add([1.0, 1.0])
    v.assign_sub([1.0, 1.0], use_locking=True)
    tf.assign(v, [1.0], validate_shape=False, name="other")
    tf.is_variable_initialized(v)
    v.read_value()
    v * 2
    2 * v
    -v
    v < 1


def random():
    tf.set_random_seed(7)
    tf.random_uniform([2, 3])
    tf.random_uniform([2], 0, 5)
    tf.random_uniform([2], -1.0, 1.0, seed=3)
    tf.random_uniform([], 0.0, 1.0, tf.float64, name="u")
    tf.random_uniform([4], 0, 10, tf.int32)
    tf.random_normal([2, 3])
    tf.random_normal([], 1.0, 2.0, seed=5)
    tf.truncated_normal([3, 3], stddev=0.05)
    tf.truncated_normal(tf.placeholder(tf.int32, [2]), dtype=tf.float64, name="t")


def unseeded():
    tf.random_uniform([2])
    tf.random_uniform([2], seed=3)


def initializers():
    tf.set_random_seed(1)
    tf.get_variable("a", [3, 4])
    tf.get_variable("b", [3], initializer=tf.zeros_initializer())
    tf.get_variable("c", [3, 3, 2, 4], initializer=tf.glorot_normal_initializer())
    tf.get_variable("d", [2, 2], initializer=tf.constant_initializer(0.5))
    tf.get_variable("e", [2], initializer=tf.constant_initializer([1.0, 2.0]))
    tf.get_variable("f", [2], initializer=tf.random_uniform_initializer(-1.0, 1.0, seed=9))
    tf.get_variable("g", [2], initializer=tf.random_normal_initializer(stddev=0.1))
    tf.get_variable("h", [2], initializer=tf.truncated_normal_initializer())
    tf.get_variable("i", [4, 2], initializer=tf.variance_scaling_initializer(2.0, "fan_out"))
    tf.get_variable("j", [2], dtype=tf.int32)
    tf.get_variable("k", [], initializer=tf.ones_initializer(), trainable=False)
    tf.get_variable("l", initializer=tf.constant([1.0, 2.0]))
    tf.get_variable("m", initializer=lambda: tf.constant(7))
    tf.get_variable("n", initializer=3, dtype=tf.int32)
    tf.get_variable("o", [4, 2], initializer=tf.initializers.he_normal())
    tf.get_variable("p", [1200], initializer=tf.ones_initializer())


def scopes():
    with tf.variable_scope("a"):
        tf.get_variable("w", [2])
        with tf.variable_scope("b") as b:
            tf.get_variable("w", [2])
            tf.constant(1)
    with tf.variable_scope("a", reuse=True):
        w = tf.get_variable("w", [2])
        tf.identity(w)
    with tf.variable_scope(b):
        tf.get_variable("v", [2])
        tf.constant(2)
    with tf.variable_scope(None, default_name="d"):
        tf.get_variable("w", [1])
    with tf.variable_scope(None, default_name="d"):
        tf.get_variable("w", [1])
        with tf.variable_scope(None, default_name="inner"):
            tf.get_variable("w", [1])
    with tf.variable_scope(b, reuse=True, auxiliary_name_scope=False):
        tf.identity(tf.get_variable("v", [2]))
    with tf.name_scope("names"):
        tf.get_variable("only_variable_scopes_count", [1])
        with tf.variable_scope("c", initializer=tf.ones_initializer(), dtype=tf.float64):
            tf.get_variable("w", [1])
            tf.Variable(1.0)
    with tf.variable_scope("a", reuse=tf.AUTO_REUSE):
        tf.get_variable("w", [2])
        tf.get_variable("new", [2])
    with tf.variable_scope(tf.get_variable_scope()):
        tf.get_variable("at_root", [2])
    tf.get_variable_scope().reuse_variables()
    tf.identity(tf.get_variable("at_root", [2]))


if __name__ == "__main__":
    write("front_variables.txt", [variables, updates, random, unseeded, initializers, scopes])
