"""Complex numbers: the nodes of functions and of their gradients (complex.txt), and their values (complex_values.txt).

    python3 tests/golden/complex.py        (TensorFlow 2.15.1)

Every case is a function of z and w, complex64 [2,3]; its loss is the sum of Re(y) + 0.5 Im(y).
"""

import os
import re

import numpy as np
from tensorflow.python.training import gen_training_ops

import graph_listing
from graph_listing import tf, wave

Z = wave([2, 3], 1, 2.0) + 1j * wave([2, 3], 400, 1.5)
W = wave([2, 3], 700, 1.5) + 1j * wave([2, 3], 52, 2.0)

CASES = {name: (lambda z, w, f=getattr(tf.math, name): f(z)) for name in [
    "negative", "exp", "expm1", "log", "log1p", "reciprocal", "rsqrt", "sqrt", "square", "sign", "tanh", "sigmoid", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "conj", "abs", "real", "imag", "angle"]}
CASES.update({name: (lambda z, w, f=getattr(tf.math, name): f(z, w)) for name in [
    "add", "subtract", "multiply", "truediv", "divide_no_nan", "pow", "xlogy", "xdivy"]})
CASES.update({
    "complex": lambda z, w: tf.complex(tf.real(z), tf.imag(w)),
    "broadcast": lambda z, w: z * tf.reduce_sum(w, 0),
    "reduce_sum": lambda z, w: tf.reduce_sum(z * w, 1),
    "reduce_mean": lambda z, w: tf.reduce_mean(z, 0),
    "reduce_prod": lambda z, w: tf.reduce_prod(z, 1),
    "cumsum": lambda z, w: tf.cumsum(z, 1),
    "matmul": lambda z, w: tf.matmul(z, w, transpose_b=True),
    "matmul adjoint": lambda z, w: tf.matmul(z, w, adjoint_a=True),
    "batch matmul": lambda z, w: tf.matmul(tf.expand_dims(z, 0), tf.expand_dims(w, 0), adjoint_b=True),
    "batch matmul transposed": lambda z, w: tf.matmul(tf.expand_dims(z, 0), tf.expand_dims(w, 0), transpose_a=True),
    "einsum": lambda z, w: tf.einsum("ij,kj->ik", z, w),
    "add_n": lambda z, w: tf.add_n([z, w, z]),
    "segment_sum": lambda z, w: tf.segment_sum(z, [0, 0]),
    "inv": lambda z, w: tf.linalg.inv(tf.matmul(z, w, adjoint_b=True)),
    "inv adjoint": lambda z, w: tf.linalg.inv(tf.matmul(z, w, adjoint_b=True), adjoint=True),
    "det": lambda z, w: tf.linalg.det(tf.matmul(z, w, adjoint_b=True)),
    "solve": lambda z, w: tf.linalg.solve(tf.matmul(z, w, adjoint_b=True), z),
    "solve adjoint": lambda z, w: tf.linalg.solve(tf.matmul(z, w, adjoint_b=True), z, adjoint=True),
})

# The inputs of optimizers' steps after the variable: slots, scalars (rates), the gradient, indices.
STEPS = {
    "ApplyGradientDescent": "rg", "ApplyMomentum": "srgr", "ApplyAdagrad": "srg", "ApplyAdagradV2": "srrg",
    "ApplyAdadelta": "ssrrrg", "ApplyAdam": "ssrrrrrrg", "ApplyRMSProp": "ssrrrrg", "ApplyCenteredRMSProp": "sssrrrrg",
    "SparseApplyMomentum": "srgir", "SparseApplyAdagrad": "srgi"}


def build(make):
    z = tf.placeholder(tf.complex64, [2, 3], name="z")
    w = tf.placeholder(tf.complex64, [2, 3], name="w")
    y = make(z, w)
    loss = tf.reduce_sum(tf.real(y) + 0.5 * tf.imag(y))
    return z, w, y, tf.gradients(loss, [z, w])


def case(name):
    def listed():
        build(CASES[name])
    listed.__name__ = name
    return listed


def parts(value):
    value = np.asarray(value).ravel()
    return np.stack([value.real, value.imag], 1).ravel() if np.iscomplexobj(value) else value


def step(op, inputs):
    """What a complex variable is after a step. Input k is Z + k W if it is a slot, 0.2 + 0.05 k (1 + i) if it is a rate."""
    variable = tf.Variable(Z, name="z")
    def made(kind, k):
        if kind == "g":
            return W
        if kind == "i":
            return [1, 0]
        return (tf.Variable(Z + k * W) if kind == "s" else tf.constant(0.2 + 0.05 * k * (1 + 1j), tf.complex64))
    operands = [made(kind, k) for k, kind in enumerate(inputs, 1)]
    refs = [x._ref() if isinstance(x, tf.Variable) else x for x in operands]
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", op).lower().replace("rmsprop", "rms_prop").replace("adagradv2", "adagrad_v2")
    return getattr(gen_training_ops, name)(variable._ref(), *refs)


def write_line(file, name, value):
    file.write("%s %s\n" % (name.replace(" ", "_"), " ".join("%.9g" % v for v in parts(value))))


def values():
    with open(os.path.join(os.path.dirname(__file__), "complex_values.txt"), "w") as file:
        for name, make in CASES.items():
            with tf.Graph().as_default(), tf.Session() as session:
                z, w, y, grads = build(make)
                found = session.run({"y": y, **{"d%s" % n: g for n, g in zip("zw", grads) if g is not None}}, {z: Z, w: W})
            for key, value in found.items():
                write_line(file, "%s_%s" % (name, key), value)
        for op, inputs in STEPS.items():
            with tf.Graph().as_default(), tf.Session() as session:
                after = step(op, inputs)
                session.run(tf.global_variables_initializer())
                write_line(file, op, session.run(after))


if __name__ == "__main__":
    graph_listing.write("complex.txt", [case(name) for name in CASES])
    values()
