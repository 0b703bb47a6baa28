"""Writes graphs as text, a line a node, for tests/graph_listing.h.

    name op(input, input:1, ^control) attr=value ...

Control inputs and attributes are sorted by name. A file holds cases: a line "# NAME", then the nodes.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402
from tensorflow.python.framework import tensor_util  # noqa: E402

tf.disable_v2_behavior()


def wave(shape, seed, scale=1.0):
    """Uneven numbers between -scale and scale, which Wave of tests/golden_values.h makes too."""
    i = np.arange(np.prod(shape, dtype=np.int64))
    return ((((i * 7919 + seed) % 1009) / 504.5 - 1) * scale).astype(np.float32).reshape(shape)


def _number(value):
    if isinstance(value, bytes):
        return value.decode().replace("\n", "\\n")
    if str(getattr(value, "dtype", "")) == "bool":
        return "true" if value else "false"
    return "%.9g" % value


def _value(value):
    kind = value.WhichOneof("value")
    if kind == "type":
        return tf.as_dtype(value.type).name
    if kind == "b":
        return "true" if value.b else "false"
    if kind == "s":
        return value.s.decode()
    if kind == "f":
        return "%.9g" % value.f
    if kind == "shape":
        if value.shape.unknown_rank:
            return "<unknown>"
        return "[" + ",".join("?" if d.size < 0 else str(d.size) for d in value.shape.dim) + "]"
    if kind == "tensor":
        array = tensor_util.MakeNdarray(value.tensor)
        values = " ".join(_number(v) for v in array.flat[:8])
        return "%s%s{%s}" % (array.dtype if array.dtype != object else "string",
                             "[" + ",".join(str(d) for d in array.shape) + "]", values)
    if kind == "list":
        l = value.list
        items = ([s.decode() for s in l.s] + ["%d" % i for i in l.i] + ["%.9g" % f for f in l.f]
                 + [tf.as_dtype(t).name for t in l.type])
        return "[" + ",".join(items) + "]"
    return str(getattr(value, kind))


def lines(graph):
    for node in graph.as_graph_def().node:
        data = [i for i in node.input if not i.startswith("^")]
        control = sorted(i for i in node.input if i.startswith("^"))
        attrs = "".join(" %s=%s" % (k, _value(node.attr[k])) for k in sorted(node.attr))
        yield "%s %s(%s)%s" % (node.name, node.op, ", ".join(data + control), attrs)


def write(path, cases):
    """cases: functions that build in the default graph; the case has the function's name."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), path), "w") as out:
        for case in cases:
            with tf.Graph().as_default() as graph:
                case()
                out.write("# %s\n" % case.__name__)
                out.writelines(line + "\n" for line in lines(graph))
