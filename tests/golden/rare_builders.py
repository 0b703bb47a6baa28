"""Graphs that the builders of the rarer operations make, and their gradients.

    python3 tests/golden/rare_builders.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf

raw = tf.raw_ops


def arrays():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.roll(x, 1, 0)
    tf.roll(x, [1, -2], [0, 1], name="named")
    tf.ensure_shape(x, [2, None])
    tf.identity_n([x, 1.0], name="pair")
    tf.guarantee_const(x)
    tf.unravel_index([3, 4], [2, 5])
    tf.searchsorted(x, x)
    tf.searchsorted(x, x, side="right", out_type=tf.int64, name="places")
    tf.unique_with_counts([1, 2, 1])
    tf.tensor_scatter_nd_add([1, 2], [[1]], [3])
    tf.sparse_to_dense([[1]], [2], [3])
    tf.sparse_segment_sum(x, [0, 1], [0, 0])
    tf.sparse_segment_mean(x, [0, 1], [0, 0], num_segments=2, name="named_1")


def checks():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.check_numerics(x, "message")
    tf.verify_tensor_all_finite(x, "message")


def functions():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.math.xlog1py(x, 2.0)
    tf.math.nextafter(x, 1.0)
    tf.math.erfinv(x)
    tf.math.ndtri(x, name="named")
    tf.math.betainc(2.0, 3.0, x)
    tf.math.cumulative_logsumexp(x, 1, exclusive=True)
    tf.math.reduce_euclidean_norm(x, 1)
    tf.math.reduce_euclidean_norm(x, keepdims=True)
    tf.linalg.cross(x, x)
    tf.histogram_fixed_width(x, [0.0, 1.0])
    tf.accumulate_n([x, x])


def einsums():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    tf.einsum("ij->ji", x)
    tf.einsum("ij, kj", x, x)
    tf.einsum("...j,j->...", x, tf.placeholder(tf.float32, [3], name="y"), name="named")


def counting():
    v = tf.Variable(0, name="v")
    tf.count_up_to(v, 3)
    w = tf.Variable([1, 2], name="w")
    tf.scatter_nd_add(w, [[1]], [3])
    tf.scatter_nd_update(w, [[1]], [3], name="named")


def gradient(name, build):
    def case():
        x = [tf.placeholder(tf.float32, s, name="x%d" % i) for i, s in enumerate(build[:-1])]
        tf.gradients(build[-1](*x), x)
    case.__name__ = "gradient of " + name
    return case


GRADIENTS = {
    "roll": ([2, 3], lambda x: tf.roll(x, [1, 2], [0, 1])),
    "check_numerics": ([2, 3], lambda x: tf.check_numerics(x, "message")),
    "ensure_shape": ([None, 3], lambda x: tf.ensure_shape(x, [2, 3])),
    "identity_n": ([2], [3], lambda x, y: tf.identity_n([x, y])[0]),
    "clip_by_value": ([None, 3], [], lambda x, y: raw.ClipByValue(
        t=x, clip_value_min=y, clip_value_max=1.0)),
    "bias_add_v1": ([2, 3], [3], lambda x, y: raw.BiasAddV1(value=x, bias=y)),
    "cross": ([2, 3], [2, 3], tf.linalg.cross),
    "euclidean_norm": ([2, 3], lambda x: tf.math.reduce_euclidean_norm(x, 1)),
    "euclidean_norm open": ([None, 3], lambda x: tf.math.reduce_euclidean_norm(x)),
    "nth_element": ([2, 3], lambda x: raw.NthElement(input=x, n=1)),
    "xlog1py": ([2, 3], [3], tf.math.xlog1py),
    "nextafter": ([2, 3], [3], tf.math.nextafter),
    "erfinv": ([2, 3], tf.math.erfinv),
    "ndtri": ([2, 3], tf.math.ndtri),
    "betainc": ([], [2], lambda a, x: tf.math.betainc(a, 3.0, x)),
    "cumulative_logsumexp": ([2, 3], lambda x: tf.math.cumulative_logsumexp(x, 1, reverse=True)),
    "einsum": ([2, 3], [3, 4], lambda x, y: tf.einsum("ij,jk->ki", x, y)),
    "einsum of one": ([2, 3, 4], lambda x: tf.einsum("ijk->ik", x)),
    "einsum of one open": ([None, 3, 4], lambda x: tf.einsum("ijk->ki", x)),
    "einsum sum": ([2, 3, 5], [3, 4], lambda x, y: tf.einsum("ijl,jk->ik", x, y)),
    "einsum broadcast": ([None, 2, 3], [3, 4], lambda x, y: tf.einsum("...ij,jk->...ik", x, y)),
    "tensor_scatter_update": ([3], [2], lambda x, y: tf.tensor_scatter_nd_update(
        x, [[0], [2]], y)),
    "tensor_scatter_add": ([3], [2], lambda x, y: tf.tensor_scatter_nd_add(x, [[0], [2]], y)),
    "tensor_scatter_sub": ([3], [2], lambda x, y: tf.tensor_scatter_nd_sub(x, [[0], [2]], y)),
    "tensor_scatter_max": ([3], [2], lambda x, y: tf.tensor_scatter_nd_max(x, [[0], [2]], y)),
    "sparse_to_dense": ([2], [], lambda x, y: tf.sparse_to_dense(
        [[0], [2]], [4], x, y)),
    "sparse_segment_sum": ([3, 2], lambda x: tf.sparse_segment_sum(x, [0, 2], [0, 0])),
    "accumulate_n": ([2, 3], [2, 3], lambda x, y: raw.AccumulateNV2(inputs=[x, y], shape=[2, 3])),
}

if __name__ == "__main__":
    graph_listing.write("rare_builders.txt", [arrays, checks, functions, einsums, counting] + [
        gradient(name, build) for name, build in GRADIENTS.items()])
