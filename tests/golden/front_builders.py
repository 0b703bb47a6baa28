"""How inputs become nodes in TensorFlow: front_builders.txt."""

from graph_listing import tf, write


def conversions():
    x = tf.placeholder(tf.float32, [None, 6], name="x")
    d = tf.placeholder(tf.float64, [6], name="d")
    tf.reshape(x, [-1, 3])
    tf.reshape(tf.placeholder(tf.float32), [])
    tf.reshape(d, tf.TensorShape([2, 3]))
    tf.reshape(d, tf.constant([2, 3], tf.int64), name="named")
    tf.multiply(d, 2)
    tf.add_n([x, x])
    tf.equal(x, [1, 2, 3, 4, 5, 6])
    with tf.name_scope("outer"):
        tf.reshape(x, [6])
        with tf.name_scope("inner"):
            tf.reshape(x, [6], name="r")
        tf.reshape(x, [6], name="r")
    tf.convert_to_tensor([1.0, 2.0])
    tf.convert_to_tensor(3, dtype=tf.float64, name="three")
    tf.convert_to_tensor(3, preferred_dtype=tf.float32, name="wished")
    tf.convert_to_tensor("s", preferred_dtype=tf.float32, name="own")


def references():
    v = tf.Variable([1.0], name="v")
    with tf.device("/cpu:3"):
        w = tf.Variable([1.0], name="w")
    with tf.colocate_with(w.op):
        tf.assign(v, [2.0])
    tf.assign(w, [2.0])


def packs():
    x = tf.placeholder(tf.float32, [None, 6], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    tf.reshape(x, [n, 3])
    tf.zeros([n, 2])
    tf.ones([n])
    tf.fill([n, 2], 1.0)
    tf.random_uniform([n, 2])
    tf.convert_to_tensor([n, 1])
    tf.convert_to_tensor([[n, 1], [2, 3]], name="nest")


if __name__ == "__main__":
    write("front_builders.txt", [conversions, references, packs])
