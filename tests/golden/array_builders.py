"""Graphs that the builders of ops/array.h and ops/subscript.h make, and their gradients.

    python3 tests/golden/array_builders.py        (TensorFlow 2.15.1)
"""

import graph_listing
from graph_listing import tf


def x23():
    return tf.placeholder(tf.float32, [2, 3], name="x")


def open_x():
    return tf.placeholder(tf.float32, [None, 3], name="x")


def concats():
    x = open_x()
    tf.concat([x, x], 1)
    tf.concat([x, [[1, 2, 3]]], axis=-2, name="named")
    tf.concat([x], 0)
    tf.concat([[1, 2], [3, 4, 5]], 0)
    tf.concat(values=[x, x], axis=tf.placeholder(tf.int64, [], name="axis"))


def splits():
    x = x23()
    tf.split(x, 3, 1)
    tf.split(x, [1, -1], axis=0, name="named")
    tf.split(x, 2)
    sizes = tf.placeholder(tf.int64, [None], name="sizes")
    tf.split(x, sizes, num=2)
    tf.unstack(x)
    tf.unstack(open_x(), axis=-1)
    tf.unstack(tf.placeholder(tf.float32, name="u"), num=2, name="named_1")
    tf.unstack([1, 2])


def stacks():
    x = tf.placeholder(tf.float32, [], name="x")
    tf.stack([1, 2])
    tf.stack([[1, 2], [3, 4]], name="named")
    tf.stack([x, 2, x], axis=0)


def slices():
    x = x23()
    tf.slice(x, [0, 1], [2, -1])
    tf.strided_slice(x, [0, 0], [2, 3], [1, 2])
    tf.strided_slice(x, [1], [2])
    tf.strided_slice(x, [1, 0], [2, 1], [1, 1], begin_mask=2, shrink_axis_mask=1, name="named")
    tf.reverse(x, [0])
    tf.reverse(x, axis=[-1], name="turned")


def subscripts():
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    x[0]
    x[-1, 2]
    x[:, 0]
    x[1:3, :-1, ::2]
    x[..., 0]
    x[:, tf.newaxis]
    x[::-1]
    x[0, ..., 1:]


def subscripts_of_tensors():
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    i = tf.placeholder(tf.int32, [], name="i")
    n = tf.placeholder(tf.int64, [], name="n")
    x[i]
    x[i, :i]
    x[n]
    x[n:, 1]
    x[:n]
    tf.shape(x)[0]


def pads():
    x = open_x()
    tf.pad(x, [[1, 0], [0, 2]])
    tf.pad(x, [[1, 0], [0, 2]], constant_values=1)
    tf.pad(x, [[1, 1], [1, 1]], "REFLECT", name="named")
    tf.pad(x, [[1, 1], [1, 1]], mode="symmetric")


def one_hots():
    i = tf.placeholder(tf.int32, [None], name="i")
    tf.one_hot(i, 10)
    tf.one_hot(i, depth=3, dtype=tf.int64, name="named")
    tf.one_hot(i, 3, on_value=5.0, off_value=-1.0, axis=0)
    tf.one_hot(i, 3, on_value=True, off_value=False, dtype=tf.bool)
    tf.one_hot([0, 2], 3, on_value=2)


def scans():
    x = x23()
    tf.cumsum(x)
    tf.cumsum(x, 1, exclusive=True, reverse=True, name="named")
    tf.cumprod(x, axis=-1)


def clips():
    x = open_x()
    y = tf.placeholder(tf.float32, [2], name="y")
    tf.clip_by_value(x, -1.0, 1)
    tf.clip_by_value(x, 0.0, 1.0, name="named")
    tf.clip_by_norm(x, 5.0)
    tf.clip_by_norm(x, 5.0, axes=[1], name="named_2")
    tf.global_norm([x, y])
    tf.clip_by_global_norm([x, None, y], 5.0)
    tf.clip_by_global_norm([x], 5.0, use_norm=tf.constant(2.0), name="named_3")


def masks():
    x = tf.placeholder(tf.float32, [None, 3, 4], name="x")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    tf.sequence_mask(lengths)
    tf.sequence_mask(lengths, 5, dtype=tf.float32, name="named")
    tf.boolean_mask(x, tf.placeholder(tf.bool, [None], name="rows"))
    tf.boolean_mask(x, tf.placeholder(tf.bool, [3, 4], name="parts"), axis=1, name="named_2")
    tf.where(tf.placeholder(tf.bool, [2, None], name="condition"))
    tf.where([True, False], name="named_3")


def counts_and_norms():
    x = open_x()
    tf.count_nonzero(x)
    tf.count_nonzero([True, False], axis=0, keepdims=True, dtype=tf.int32, name="named")
    tf.norm(x)
    tf.norm(x, ord=1, axis=1, keepdims=True)
    tf.norm(x, ord=3, axis=0, name="named_2")
    tf.norm(x, ord=float("inf"))
    tf.norm(x, axis=[-2, -1])
    tf.norm(x, "fro", axis=(0, 1), keepdims=True)
    tf.norm(x, 1, axis=[0, 1])
    tf.norm(x, float("inf"), axis=[1, 0])
    tf.norm(tf.placeholder(tf.complex64, [2], name="c"), 2)
    tf.to_float(tf.placeholder(tf.int32, [], name="i"))
    tf.to_int32(x, name="named_3")


def checks():
    x = open_x()
    p = tf.placeholder(tf.bool, [], name="p")
    tf.Assert(p, ["message", 3])
    tf.Assert(p, [x], summarize=5, name="named")
    tf.Print(x, [x, "text"], "message", first_n=2, summarize=4)


def batches():
    x = tf.placeholder(tf.float32, [None, 2, 3], name="x")
    tf.matmul(x, [[1.0], [2.0], [3.0]])
    tf.matmul(x, x, transpose_b=True, name="named")
    table = tf.Variable(tf.zeros([10, 4]), name="table")
    tf.nn.embedding_lookup(table, tf.placeholder(tf.int32, [None, 2], name="ids"))
    tf.nn.embedding_lookup(table, [1, 2], name="named_2")


def gradient(name, build):
    def case():
        x = [tf.placeholder(tf.float32, s, name="x%d" % i) for i, s in enumerate(build[:-1])]
        tf.gradients(build[-1](*x), x)
    case.__name__ = "gradient of " + name
    return case


axis = lambda: tf.placeholder(tf.int32, [], name="axis")  # noqa: E731
GRADIENTS = {
    "concat": ([2, 3], [4, 3], lambda x, y: tf.concat([x, y], 0)),
    "concat open": ([None, 3], [None, 3], lambda x, y: tf.concat([x, y], -1)),
    "concat half open": ([2, 3], [None, 3], lambda x, y: tf.concat([x, y], 0)),
    "concat at run time": ([2, 3], [2, 3], lambda x, y: tf.concat([x, y], axis())),
    "concat of many": ([2, 3], lambda x: tf.concat([x] * 17, 1)),
    "split": ([2, 6], lambda x: tf.split(x, 2, 1)[1]),
    "split_v": ([None, 6], lambda x: tf.split(x, [2, 4], 1)),
    "stack": ([3], [3], lambda x, y: tf.stack([x, y], axis=1)),
    "unstack": ([2, 3], lambda x: tf.unstack(x, axis=1)[0]),
    "slice": ([4, 3], lambda x: tf.slice(x, [1, 0], [2, -1])),
    "slice open": ([None, 3], lambda x: tf.slice(x, [1, 0], [2, -1])),
    "subscript": ([4, 3], lambda x: x[1:, 0]),
    "subscript open": ([None, 3], lambda x: x[1:, 0]),
    "subscript twice": ([4, 3], lambda x: tf.gradients(tf.square(x[1:, 0]), x)[0]),
    "reverse": ([4, 3], lambda x: tf.reverse(x, [0])),
    "pad": ([4, 3], lambda x: tf.pad(x, [[1, 1], [0, 2]])),
    "pad open": ([None, 3], lambda x: tf.pad(x, [[1, 1], [0, 2]], constant_values=2)),
    "cumsum": ([4, 3], lambda x: tf.cumsum(x, 1, reverse=True)),
    "cumprod": ([4, 3], lambda x: tf.cumprod(x, 1)),
    "prod": ([4, 3], lambda x: tf.reduce_prod(x, 1)),
    "prod open": ([None, 3], lambda x: tf.reduce_prod(x)),
    "batch matmul": ([None, 2, 3], [3, 4], tf.matmul),
    "batch matmul same": ([5, 2, 3], [5, 3, 4], lambda x, y: tf.matmul(x, y, adjoint_a=False)),
    "gather": ([5, 3], lambda x: tf.gather(x, [1, 1], axis=1)),
    "gather_nd": ([5, 3], lambda x: tf.gather_nd(x, [[1, 1], [0, 2]])),
    "segment_sum": ([3, 2], lambda x: tf.segment_sum(x, [0, 0, 1])),
    "segment_mean": ([3, 2], lambda x: tf.segment_mean(x, [0, 0, 1])),
    "segment_max": ([3, 2], lambda x: tf.segment_max(x, [0, 0, 1])),
    "unsorted_segment_sum": ([3, 2], lambda x: tf.unsorted_segment_sum(x, [0, 0, 1], 2)),
    "unsorted_segment_max": ([None, 2], lambda x: tf.unsorted_segment_max(x, [0, 0, 1], 2)),
    "mirror": ([4, 3], lambda x: tf.pad(x, [[1, 1], [0, 2]], "REFLECT")),
}

graph_listing.write("array_builders.txt", [
    concats, splits, stacks, slices, subscripts, subscripts_of_tensors, pads, one_hots,
    scans, clips, masks, counts_and_norms, checks, batches,
] + [gradient(name, build) for name, build in GRADIENTS.items()])
