"""Constants, placeholders, groups and operators as TensorFlow builds them: front_values.txt."""

from graph_listing import tf, write


def constants():
    tf.constant([1, 2, 3])
    tf.constant(1.5)
    tf.constant([1.0, 2.0], name="hey")
    tf.constant(0, shape=[2, 2])
    tf.constant([1, 2], shape=[3])
    tf.constant([[1, 2], [3, 4]], dtype=tf.float64)
    tf.constant("s")
    tf.constant([True, False])
    tf.constant(2**40)
    with tf.name_scope("scope"):
        tf.constant(1)
        tf.constant(1)


def placeholders():
    tf.placeholder(tf.float32)
    tf.placeholder(tf.int32, [None, 3], name="x")
    tf.placeholder(tf.bool, [])
    tf.placeholder_with_default(tf.constant([1.0, 2.0]), [None])
    tf.placeholder_with_default(3, [], name="three")


def filled():
    x = tf.placeholder(tf.float32, [None, 3])
    tf.zeros([3, 4])
    tf.zeros([1000])
    tf.ones([999])
    tf.ones([])
    tf.zeros([50, 50], tf.int64)
    tf.zeros(tf.shape(x))
    tf.ones(tf.shape(x), tf.int32)
    tf.zeros([2], tf.bool)
    tf.zeros([0, 5])
    tf.zeros([2000], tf.string)
    tf.zeros([2], tf.string)
    tf.zeros(tf.TensorShape([2, 3]))
    tf.zeros([1000], name="zz")
    tf.zeros(5)
    tf.fill([2, 3], 9)
    tf.fill([2, 2], tf.constant(1.5))


def likes():
    y = tf.placeholder(tf.float32, [2, 3])
    x = tf.placeholder(tf.float32, [None, 3])
    tf.zeros_like(y)
    tf.zeros_like(x)
    tf.ones_like(y)
    tf.ones_like(x)
    tf.zeros_like(x, tf.int32)
    tf.zeros_like(y, tf.int32)
    tf.ones_like(x, tf.int32)
    tf.zeros_like([1, 2])
    tf.zeros_like(x, optimize=False)
    tf.zeros_like(tf.placeholder(tf.float32, [50, 50]))


def groups():
    a = tf.constant([1, 2, 3])
    b = tf.constant(1.5)
    n = tf.no_op()
    tf.group(a.op, n)
    tf.group(a, name="gg")
    tf.group()
    tf.tuple([a, b])
    tf.tuple([b, None], control_inputs=[n])
    with tf.device("/cpu:1"):
        c = tf.constant(2)
    tf.group(a, c)


def arithmetic():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    w = tf.placeholder(tf.float32, [3], name="w")
    n = tf.placeholder(tf.int32, name="n")
    d = tf.placeholder(tf.float64, name="d")
    x + w
    x + 1
    1 + x
    x - w
    x - 1
    1 - d
    x * w
    2 * x
    x * 2.5
    x / w
    x / 2
    2 / d
    n / 2
    n / n
    n % 3
    -x
    x * [1.0, 2.0, 3.0]


def comparisons():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    x < 1
    x <= x
    x > 1
    x >= 1
    1 < x
    1 <= x
    1 > x
    1 >= x


if __name__ == "__main__":
    write("front_values.txt",
          [constants, placeholders, filled, likes, groups, arithmetic, comparisons])
