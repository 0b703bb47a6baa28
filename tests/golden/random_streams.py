"""Writes random_streams.txt: seeds and random values of TensorFlow on a CPU.

    python random_streams.py            # needs TensorFlow 2.15.1

Lines of the output:

    seeds GRAPH_SEED OP_SEED EARLIER SEED SEED2
        what the attributes of an op became; "none" where the user gave no seed, EARLIER the number
        of earlier ops of the graph that took their seed from the graph
    draw DISTRIBUTION DTYPE SEED SEED2 LOW HIGH RUN SIZE CHECK SUM SUM_OF_SQUARES [INDEX:BITS ...]
        run number RUN of one op in one session; the lines of a session follow each other. CHECK is
        the sum of bits * (2 * index + 1) modulo 2^64 over all values, SUM and SUM_OF_SQUARES are
        in float64. LOW and HIGH are 0 where the distribution has none.
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

SESSIONS = [
    # seed, seed2, the shapes of its runs
    (87654321, 5, [[1], [3], [4], [5], [0], [1000], [100003], [100003]]),
    (0, 2**31 - 1, [[100003], [7, 11, 13], []]),
    (-3, 2**40 + 7, [[1000], [1000]]),
]
FLOATS = {
    "uniform": tf.raw_ops.RandomUniform,
    "normal": tf.raw_ops.RandomStandardNormal,
    "truncated_normal": tf.raw_ops.TruncatedNormal,
}
INT_RANGES = {
    tf.int32: [(-7, 100), (-(2**31), 2**31 - 1)],
    tf.int64: [(-7, 100), (-(2**63), 2**63 - 1)],
}
GRAPH_SEEDS = [None, 0, 1, -1, 87654321, 2**31 - 1, 2**40]
OP_SEEDS = [None, 0, None, 5, -5, None, 2**31 - 1, 2**40]


def seed_lines():
    for graph_seed in GRAPH_SEEDS:
        with tf.Graph().as_default():
            if graph_seed is not None:
                tf.set_random_seed(graph_seed)
            earlier = 0
            for op_seed in OP_SEEDS:
                op = tf.random_uniform([1], seed=op_seed).op
                while op.type != "RandomUniform":
                    op = op.inputs[0].op
                shown = ["none" if s is None else s for s in (graph_seed, op_seed)]
                yield "seeds", *shown, earlier, op.get_attr("seed"), op.get_attr("seed2")
                earlier += graph_seed is not None and op_seed is None


def sampled(size):
    """All indices of a small output; the first, the last and some others of a big one."""
    if size <= 8:
        return list(range(size))
    spread = range(size // 7, size - size // 7, size // 5)
    return sorted({*range(4), *spread, *range(size - 4, size)})


def value_fields(values):
    bits = values.view(np.uint32 if values.dtype.itemsize == 4 else np.uint64)
    weights = 2 * np.arange(bits.size, dtype=np.uint64) + np.uint64(1)
    wide = values.astype(np.float64)
    yield f"{np.sum(bits.astype(np.uint64) * weights, dtype=np.uint64):x}"
    yield f"{wide.sum():.17g}"
    yield f"{np.square(wide).sum():.17g}"
    for i in sampled(bits.size):
        yield f"{i}:{bits[i]:x}"


def draw_lines(name, dtype, make, bounds=(0, 0)):
    for seed, seed2, shapes in SESSIONS:
        with tf.Graph().as_default(), tf.device("/cpu:0"), tf.Session() as session:
            shape = tf.placeholder(tf.int32, [None])
            drawn = make(shape, seed, seed2)
            for run, dims in enumerate(shapes):
                values = session.run(drawn, {shape: dims}).reshape(-1)
                head = name, dtype.name, seed, seed2, *bounds, run, values.size
                yield "draw", *head, *value_fields(values)


def all_lines():
    yield "#", "written by random_streams.py from TensorFlow", tf.__version__
    yield from seed_lines()
    for name, op in FLOATS.items():
        for dtype in (tf.float32, tf.float64):
            yield from draw_lines(
                name, dtype, lambda shape, s, s2: op(shape=shape, dtype=dtype, seed=s, seed2=s2)
            )
    for dtype, ranges in INT_RANGES.items():
        for low, high in ranges:
            yield from draw_lines(
                "uniform_int",
                dtype,
                lambda shape, s, s2: tf.raw_ops.RandomUniformInt(
                    shape=shape,
                    minval=tf.constant(low, dtype),
                    maxval=tf.constant(high, dtype),
                    seed=s,
                    seed2=s2,
                ),
                (low, high),
            )


if __name__ == "__main__":
    lines = [" ".join(map(str, fields)) + "\n" for fields in all_lines()]
    pathlib.Path(__file__).with_suffix(".txt").write_text("".join(lines))
