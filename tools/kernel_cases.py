"""The cases of tools/compare_kernels: which operations, on what values."""
import inspect
import itertools
import re

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.python.framework import op_def_registry

raw = tf.raw_ops

FLOATS = ["half", "bfloat16", "float", "double"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
COMPLEX = ["complex64", "complex128"]
TYPES = FLOATS + INTEGERS + COMPLEX + ["bool"]
SMALL_FLOATS = ["half", "bfloat16"]


# What the arrays hold.

def integers(dtype, edges, count, draw):
    limits = np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    full = np.frombuffer(draw.bytes(count * np.dtype(dtype).itemsize), dtype)
    small = draw.integers(0, 20, count).astype(dtype)
    listed = [low, high, 0, 1, 2, 3, 5, 7, high // 2, high // 2 + 1, high - 1, low + 1, 100]
    listed += [-1, -2, -3, -7, -100] if low < 0 else [high - 2, 255]
    values = np.where(draw.random(count) < 0.5, full, small)
    return np.where(draw.random(count) < edges, draw.choice(np.array(listed, dtype), count), values)


def floats(dtype, edges, count, draw):
    listed = [tf.as_dtype(dtype).min, tf.as_dtype(dtype).max, 0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2, 2.5, 3, -3, 7, 1 / 3, -1 / 3, 0.1]
    listed += [100, -100, np.inf, -np.inf, np.nan]
    listed += [6e-8, -6e-8, 1e-5] if dtype == np.float16 else [1e-30, -1e-30]
    values = np.where(draw.random(count) < 0.5, draw.normal(0, 4, count), draw.uniform(-1, 1, count))
    return np.where(draw.random(count) < edges, draw.choice(np.array(listed), count), values).astype(dtype)


def array(type_name, shape, kind, draw):
    """Values of a type. The kinds:

    edge      edge values among random ones
    finite    the same without infinities, NaN and large numbers
    special   infinities, NaN and zeros among numbers of about 1, of which squares do not overflow
    exact     sums and products of pairs are exact in every order: small whole numbers; integers wrap, so theirs may be any
    rare      the same with a few infinities and NaN
    factors   long products are exact in every order
    positive  at least 0.5
    small     at most 0.1
    counts    from 0 to 11
    divisors  edge values; integers are not 0, nor are complex numbers, whose quotients Eigen computes in two ways
    """
    dtype, count = tf.as_dtype(type_name).as_numpy_dtype, int(np.prod(shape))
    small = np.array([-4, -3, -2, -1, 0, 1, 2, 3, 4])
    if type_name == "bool":
        values = draw.random(count) < 0.5
    elif kind == "counts":
        values = draw.integers(0, 12, count)
    elif kind == "small":
        values = draw.uniform(-0.1, 0.1, count)
    elif kind == "positive":
        values = draw.uniform(0.5, 4, count) if type_name not in INTEGERS else draw.integers(1, 12, count)
    elif type_name in INTEGERS:
        values = integers(dtype, 0.4, count, draw)
        if kind == "divisors":
            values = np.where(values == 0, dtype(3), values)
    elif type_name in COMPLEX:
        if kind == "factors":
            values = draw.choice([1, -1, 1j, -1j], count)
        elif kind in ("exact", "rare"):
            values = draw.choice(small, count) + 1j * draw.choice(small, count)
        else:
            values = draw.normal(size=count) + 1j * draw.normal(size=count)
            listed = [0, 1, -1, 1j, -1j, 2 + 3j, -0.5 + 0.25j, 30 - 7j]
            values = np.where(draw.random(count) < 0.4, draw.choice(listed, count), values)
            if kind == "divisors":
                values = np.where(values == 0, 1, values)
    elif kind == "factors":
        values = draw.choice([1, -1, 2, 0.5], count, p=[0.55, 0.35, 0.05, 0.05])
    elif kind == "exact":
        values = draw.choice(small, count)
    elif kind == "rare":
        values = np.where(draw.random(count) < 0.01, draw.choice([np.inf, -np.inf, np.nan], count), draw.choice(small, count))
    else:
        values = floats(dtype, 0.4, count, draw)
        if kind == "finite":
            values = np.where(np.abs(values.astype(np.float64)) < 1e4, values, dtype(1.5))
        elif kind == "special":
            size = np.abs(values.astype(np.float64))
            values = np.where((size == 0) | (size > 1e-2) & (size < 10) | ~np.isfinite(size), values, dtype(1.5))
    return values.astype(dtype).reshape(shape)


class Graph:
    """The cases of one type."""

    def __init__(self, type_name, seed):
        self.type, self.seed = type_name, seed
        self.graph, self.feeds, self.made = tf.Graph(), {}, {}

    def fed(self, value):
        """A placeholder that is fed a value."""
        value = np.asarray(value)
        placeholder = tf.placeholder(value.dtype, value.shape, name=f"input_{len(self.feeds)}")
        self.feeds[placeholder.name] = value
        return placeholder

    def input(self, shape, kind="edge", which=0, type_name=None):
        """A fed array; the same one for the same arguments."""
        key = (tuple(shape), kind, which, type_name or self.type)
        if key not in self.made:
            draw = np.random.default_rng([self.seed, which, *shape, *kind.encode()])
            self.made[key] = self.fed(array(key[3], shape, kind, draw))
        return self.made[key]

    def scalar(self, value):
        return self.fed(np.array(value).astype(tf.as_dtype(self.type).as_numpy_dtype))


# The cases. Each function yields, for an operation, what varies and the arguments.

def argument_names(op):
    return [name for name in inspect.signature(getattr(raw, op)).parameters if name != "name"]


def part_type(graph, op):
    """The type of a complex number that is made, or of its parts."""
    types = dict(float=tf.complex64, double=tf.complex128) if op == "Complex" else dict(complex64=tf.float32, complex128=tf.float64)
    return {"Tout": types.get(graph.type, tf.float32)} if "Tout" in argument_names(op) else {}


def unary(graph, op):
    name = argument_names(op)[0]
    for kind, shape in [("edge", (257,)), ("edge", (3, 7)), ("finite", (40000,))]:
        kind = "divisors" if op in ("Reciprocal", "Inv") else kind
        yield f"{kind} {shape}", {name: graph.input(shape, kind), **part_type(graph, op)}


def binary(graph, op):
    left, right = argument_names(op)[:2]
    first = "special" if op == "FloorDiv" else "edge"  # subnormal quotients would differ by 1
    second = "counts" if op == "Pow" else "divisors" if re.search("[Dd]iv(?!NoNan)|Mod", op) else "edge"
    for a, b in [((257,), (257,)), ((7,), (7,)), ((300, 1), (1, 7)), ((5, 300), (300,)), ((300,), (5, 300)), ((), (300,)),
                 ((300,), ()), ((40, 3, 1), (1, 3, 9)), ((0, 1), (1, 7)), ((40000,), (40000,))]:
        yield f"{first} {a} {b}", {left: graph.input(a, first), right: graph.input(b, second, 1),
                                     **part_type(graph, op)}
    if second == "edge":
        same = graph.input((300,))
        yield "edge, an operand twice", {left: same, right: same}


def gradient(graph, op):
    left, right = argument_names(op)[:2]
    for kind in ("special",) if graph.type in SMALL_FLOATS else ("divisors",) if graph.type in COMPLEX else ("special", "edge"):
        yield kind, {left: graph.input((1000,), kind), right: graph.input((1000,), kind, 1)}


def cast(graph, op):
    """To each type, of values that it can hold (what others become, C++ leaves open)."""
    for target in TYPES:
        value = array(graph.type, (1000,), "edge", np.random.default_rng(graph.seed))
        if target in INTEGERS and graph.type not in INTEGERS + ["bool"]:
            limits = np.iinfo(target)
            wide = value.real.astype(np.float64)
            value = np.where((wide > float(limits.min) - 1) & (wide < float(limits.max)), value, value.dtype.type(2.5))
            value = np.where(value.real < 0, value.dtype.type(0), value) if limits.min == 0 else value
        yield f"to {target}", dict(x=graph.fed(value), DstT=tf.as_dtype(target))


def reduction(*kinds):
    def cases(graph, op):
        for kind in kinds:
            for shape, axes in [((7,), [0]), ((257,), [0]), ((5, 300), [0]), ((5, 300), [1]), ((300, 6), [0]), ((4, 5, 6), [0, 2]),
                                ((4, 5, 6), [1]), ((4, 5, 6), []), ((2, 3, 4, 5), [1, 3]), ((0, 3), [0]), ((3, 0), [1]),
                                ((40, 300), [0, 1])]:
                if op == "EuclideanNorm" and np.prod(shape) > 2000:
                    continue  # the sum of squares overflows half
                for keep in (False, True):
                    yield f"{kind} {shape} axes {axes} keep_dims {keep}", dict(
                        input=graph.input(shape, kind), axis=np.array(axes, np.int32), keep_dims=keep)
    return cases


def scan(graph, op):
    kind = "factors" if op == "Cumprod" else "exact" if op == "Cumsum" else "finite"
    for shape, axis in [((7,), 0), ((257,), 0), ((5, 300), 1), ((30, 20), 0), ((3, 4, 300), 1), ((0, 3), 0)]:
        for exclusive, reverse in itertools.product([False, True], repeat=2):
            yield f"{kind} {shape} axis {axis} exclusive {exclusive} reverse {reverse}", dict(
                x=graph.input(shape, kind), axis=np.int32(axis), exclusive=exclusive, reverse=reverse)


def arg_extreme(graph, op):
    for shape, axis in [((257,), 0), ((5, 300), 0), ((5, 300), 1), ((1,), 0), ((4, 5, 6), 1)]:
        for kind, output in [("edge", tf.int64), ("exact", tf.int32)]:
            yield f"{kind} {shape} axis {axis}", dict(
                input=graph.input(shape, kind), dimension=np.int32(axis), output_type=output)


def ordered(graph, op):
    """The first of the sorted."""
    for kind, shape, count in [("finite", (257,), 7), ("edge", (5, 300), 300), ("exact", (5, 300), 20), ("edge", (3, 7), 0),
                               ("exact", (1000,), 17)]:
        argument = dict(n=np.int32(count)) if op == "NthElement" else dict(k=np.int32(count))
        if count < shape[-1] or op != "NthElement":
            yield f"{kind} {shape} {count}", dict(input=graph.input(shape, kind), **argument)


def unique(graph, op):
    for kind, shape in [("edge", (257,)), ("exact", (1000,)), ("finite", (1,)), ("edge", (0,))]:
        if op == "UniqueV2":
            for axis in ([0], []):
                yield f"{kind} {shape} axis {axis}", dict(x=graph.input(shape, kind), axis=np.array(axis, np.int32))
        elif op == "ListDiff":
            yield f"{kind} {shape}", dict(x=graph.input(shape, kind), y=graph.input((9,), kind, 1))
        else:
            yield f"{kind} {shape}", dict(x=graph.input(shape, kind))


def bounds(graph, op):
    """Of values among sorted ones; NaN has no place there."""
    rows = np.sort(array(graph.type, (2, 257), "finite", np.random.default_rng(graph.seed)), axis=1)
    yield "finite", dict(sorted_inputs=graph.fed(rows), values=graph.input((2, 300), "finite"))


ROWS = [(300,), (300, 5), (300, 80)]


def segment_kinds(op):
    return ("edge", "exact") if re.search("Max|Min", op) else ("factors",) if "Prod" in op else ("exact", "rare")


def segment(graph, op):
    draw = np.random.default_rng(graph.seed)
    sorted_ids = np.sort(draw.choice(np.delete(np.arange(40), 7), 300))
    any_ids = draw.integers(-1, 50, 300)
    for kind, shape, ids in itertools.product(segment_kinds(op), ROWS, (np.int32, np.int64)):
        if op.startswith("Unsorted"):
            arguments = dict(segment_ids=any_ids.astype(ids), num_segments=np.int32(60))
        else:
            arguments = dict(segment_ids=sorted_ids.astype(ids))
        yield f"{kind} {shape} {ids.__name__}", dict(data=graph.input(shape, kind), **arguments)
    if not op.startswith("Unsorted"):
        yield "one segment", dict(data=graph.input((200, 2), segment_kinds(op)[0]), segment_ids=np.zeros(200, np.int32))


def sparse_segment(graph, op):
    draw = np.random.default_rng(graph.seed)
    indices, ids = draw.integers(0, 300, 64).astype(np.int32), np.sort(draw.integers(0, 9, 64)).astype(np.int32)
    for shape in ROWS:
        if op.endswith("Grad"):
            # Powers of two of rows each, of which means are exact.
            yield f"exact {shape}", dict(grad=graph.input((16, *shape[1:]), "exact"), indices=indices,
                                         segment_ids=np.repeat(np.arange(16, dtype=np.int32), 4), output_dim0=np.int32(300))
        else:
            more = dict(num_segments=np.int32(12)) if op.endswith("NumSegments") else {}
            yield f"exact {shape}", dict(data=graph.input(shape, "exact"), indices=indices, segment_ids=ids, **more)


def gather(graph, op):
    indices = np.random.default_rng(graph.seed).integers(0, 5, (2, 9)).astype(np.int32)
    for shape in [(5,), (5, 7), (5, 5, 30)]:
        if op == "GatherNd":
            yield f"{shape}", dict(params=graph.input(shape), indices=np.stack([indices[0] % 5] * min(len(shape), 2), axis=-1))
        elif op == "GatherV2":
            for axis in range(len(shape)):
                yield f"{shape} axis {axis}", dict(params=graph.input(shape), indices=indices, axis=np.int32(axis), batch_dims=0)
        else:
            yield f"{shape}", dict(params=graph.input(shape), indices=indices)


def row_updates(graph, op):
    """Scatters: into variables, into copies of tensors, into zeros. Rows occur several times where their order does not matter."""
    draw = np.random.default_rng(graph.seed)
    kinds = {"Mul": "factors", "Div": "factors", "Min": "edge", "Max": "edge", "Update": "edge"}
    kind = next((value for key, value in kinds.items() if op.endswith(key)), "exact")
    target = argument_names(op)[0]
    # TensorFlow crashes where it divides the least integer by -1.
    new = "positive" if op.endswith("Div") and graph.type in INTEGERS else kind
    for shape in ROWS:
        rows = draw.permutation(300)[:64] if kind == "edge" else draw.integers(0, 300, 64)
        updates = graph.input((64, *shape[1:]), new, 1)
        rows = rows.astype(np.int32)
        if "Nd" in op or op.startswith("Tensor"):
            rows = rows[:, None]
        if op == "ScatterNd":
            yield f"{kind} {shape}", dict(indices=rows, updates=updates, shape=np.array(shape, np.int32))
            continue
        arguments = {target: graph.input(shape, kind), "indices": rows, "updates": updates}
        yield f"{kind} {shape}", arguments
        if "Nd" not in op and not op.startswith("Tensor"):
            yield f"{kind} {shape}, one value", {**arguments, "updates": graph.input((), "positive", 1)}


def pool(graph, op):
    volumes = "3D" in op
    space = (4, 5, 6) if volumes else (9, 8)
    shape = (2, *space, 3)
    for size, stride, padding in [(2, 1, "SAME"), (2, 2, "VALID"), (4, 2, "SAME"), (3, 2, "SAME")]:
        kinds = ("edge", "exact") if op in ("MaxPool", "MaxPool3D") else ("exact",)
        if size > 2 and op.startswith("AvgPool") and "Grad" in op:
            continue  # thirds are not exact
        window = dict(ksize=[1] + [size] * len(space) + [1], strides=[1] + [stride] * len(space) + [1], padding=padding)
        for kind in kinds:
            image = graph.input(shape, kind)
            name = f"{kind} {size} / {stride} {padding}"
            if "Grad" not in op:
                yield name, {argument_names(op)[0]: image, **window}
                continue
            pooled = getattr(raw, op.split("Grad")[0])(**{("input" if op.startswith("Max") or volumes else "value"): image, **window})
            grad = image if op.endswith("GradGrad") else graph.input(pooled.shape.as_list(), kind, 1)
            if op.startswith("Avg"):
                yield name, dict(orig_input_shape=np.array(shape, np.int32), grad=grad, **window)
            else:
                yield name, dict(orig_input=image, orig_output=pooled, grad=grad, **window)


def softmax(graph, op):
    for kind, shape in [("finite", (7, 10)), ("edge", (50, 10)), ("finite", (3, 300)), ("finite", (2, 3, 5))]:
        yield f"{kind} {shape}", dict(logits=graph.input(shape, kind))


def cross_entropy(graph, op):
    for kind in ("finite", "edge"):
        labels = np.arange(50, dtype=np.int32) % 10 if op.startswith("Sparse") else graph.input((50, 10), "positive", 1)
        yield kind, dict(features=graph.input((50, 10), kind), labels=labels)


def matmul(graph, op):
    batch = op.startswith("Batch")
    names = ("adj_x", "adj_y") if batch else ("transpose_a", "transpose_b")
    left, right = argument_names(op)[:2]
    front = (3,) if batch else ()
    for rows, depth, columns in [(1, 1, 1), (3, 5, 7), (33, 17, 40), (1, 30, 9), (9, 30, 1), (2, 0, 3)]:
        for turned in itertools.product([False, True], repeat=2):
            a = front + ((depth, rows) if turned[0] else (rows, depth))
            b = front + ((columns, depth) if turned[1] else (depth, columns))
            more = dict(Tout=tf.as_dtype(graph.type)) if op == "BatchMatMulV3" else {}
            yield f"exact {a} {b} {turned}", {left: graph.input(a, "exact"), right: graph.input(b, "exact", 1),
                                              **dict(zip(names, turned)), **more}


def convolution(graph, op):
    for padding, stride in itertools.product(("SAME", "VALID"), (1, 2)):
        image, kernel = graph.input((2, 6, 7, 3), "exact"), graph.input((3, 2, 3, 4), "exact", 1)
        options = dict(strides=[1, stride, stride, 1], padding=padding)
        name = f"exact {padding} stride {stride}"
        if "Backprop" not in op:
            yield name, dict(input=image, filter=kernel, **options)
            continue
        grad = graph.input(raw.Conv2D(input=image, filter=kernel, **options).shape.as_list(), "exact", 2)
        if op.endswith("Input"):
            yield name, dict(input_sizes=np.array(image.shape, np.int32), filter=kernel, out_backprop=grad, **options)
        else:
            yield name, dict(input=image, filter_sizes=np.array(kernel.shape, np.int32), out_backprop=grad, **options)


def bias(graph, op):
    for shape in [(3, 7), (5, 300), (2, 3, 3, 5)]:
        if op == "BiasAddGrad":
            yield f"exact {shape}", dict(out_backprop=graph.input(shape, "exact"))
        else:
            yield f"edge {shape}", dict(value=graph.input(shape), bias=graph.input(shape[-1:], "edge", 1))


def choice(graph, op):
    for shape in [(257,), (5, 300)]:
        condition = graph.input(shape, "edge", 0, "bool")
        if op == "ClipByValue":
            for low in ((), shape):
                yield f"{shape} {low}", dict(t=graph.input(shape), clip_value_min=graph.input(low, "finite", 1),
                                             clip_value_max=graph.input(shape, "finite", 2))
        else:
            x, y = ("t", "e") if op == "SelectV2" else ("x", "y")
            yield f"{shape}", {"condition": condition, x: graph.input(shape), y: graph.input(shape, "edge", 1)}
    if op == "SelectV2":
        yield "broadcast", dict(condition=graph.input((5, 1), "edge", 0, "bool"), t=graph.input((1, 7)), e=graph.input((), "edge", 1))
    elif op == "Select":
        yield "rows", dict(condition=graph.input((5,), "edge", 0, "bool"), x=graph.input((5, 300)), y=graph.input((5, 300), "edge", 1))


def moved(graph, op):
    image = graph.input((4, 5, 6))
    pairs = np.array([[1, 2], [0, 1], [3, 0]], np.int32)
    if op.startswith("MirrorPad"):
        for mode in ("REFLECT", "SYMMETRIC"):
            padded = graph.input((4, 5, 6), "exact") if op.endswith("Grad") else image
            yield mode, dict(input=padded, paddings=np.array([[1, 1], [0, 1], [2, 0]], np.int32), mode=mode)
    else:
        yield "", {"Pad": dict(input=image, paddings=pairs), "Tile": dict(input=image, multiples=np.array([2, 1, 3], np.int32)),
                   "PadV2": dict(input=image, paddings=pairs, constant_values=graph.input(())),
                   "Transpose": dict(x=image, perm=np.array([2, 0, 1], np.int32)),
                   "ReverseV2": dict(tensor=image, axis=np.array([0, 2], np.int32)),
                   "ConcatV2": dict(values=[image, graph.input((4, 2, 6))], axis=np.int32(1))}[op]


def sequence(graph, op):
    if op == "LinSpace":
        for start, stop, count in [(0, 1, 7), (-3, 5, 100), (2, 2, 1)]:
            yield f"{start} {stop} {count}", dict(start=graph.scalar(start), stop=graph.scalar(stop), num=np.int32(count))
    else:
        for start, limit, delta in [(0, 10, 1), (3, 100, 7), (5, 5, 1)] + ([(10, -10, -3)] if not graph.type.startswith("u") else []):
            yield f"{start} {limit} {delta}", dict(start=graph.scalar(start), limit=graph.scalar(limit), delta=graph.scalar(delta))


def several(graph, op):
    for count in (1, 2, 3, 9):
        for kind in ("edge", "exact") if count < 3 or graph.type in INTEGERS else ("exact",):
            yield f"{kind} {count}", dict(inputs=[graph.input((257,), kind, i) for i in range(count)])


def loss(graph, op):
    yield "exact", dict(t=graph.input((20,), "exact"))


HYPERPARAMETERS = dict(alpha=0.5, lr=0.5, rho=0.9, epsilon=1e-3, momentum=0.9, beta1=0.9, beta2=0.99, beta1_power=0.9,
                       beta2_power=0.99, l1=0.1, l2=0.2, l2_shrinkage=0.1, lr_power=-0.5)
SLOT_KINDS = dict(accum="positive", accum_update="positive", ms="positive", v="positive")  # the others may have any sign


def optimizer(graph, op):
    """A step with every choice of its options; some rows get several."""
    definition = op_def_registry.get(op)
    options = [attr.name for attr in definition.attr if attr.type == "bool" and attr.name != "use_locking"]
    rows = np.array([3, 250, 3, *range(60)], np.int32) if "Sparse" in op else None
    for shape in [(300,), (300, 9)]:
        for chosen in itertools.product([False, True], repeat=len(options)):
            arguments = dict(zip(options, chosen))
            for number, arg in enumerate(definition.input_arg):
                if arg.name in HYPERPARAMETERS:
                    arguments[arg.name] = graph.scalar(HYPERPARAMETERS[arg.name])
                elif arg.name == "indices":
                    arguments[arg.name] = rows
                elif arg.name in ("grad", "delta"):
                    arguments[arg.name] = graph.input(shape if rows is None else (len(rows), *shape[1:]), "special")
                else:
                    arguments[arg.name] = graph.input(shape, SLOT_KINDS.get(arg.name, "small"), number)
            yield f"{shape}" + "".join(f" {name} {value}" for name, value in zip(options, chosen)), arguments


CASES = [
    ("Neg Abs Sign Square Reciprocal Inv Exp Expm1 Log Log1p Sqrt Rsqrt Tanh Sigmoid Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh "
     "Atanh Floor Ceil Round Rint Invert PopulationCount IsNan IsInf IsFinite Erf Erfc Lgamma Digamma Erfinv Ndtri Relu Relu6 Elu Selu "
     "Softplus Softsign LeakyRelu LogicalNot OnesLike ZerosLike Conj Real Imag ComplexAbs Angle", unary),
    ("Add AddV2 Sub Mul Div RealDiv FloorDiv FloorMod TruncateDiv TruncateMod Mod Maximum Minimum SquaredDifference Pow BitwiseAnd "
     "BitwiseOr BitwiseXor LeftShift RightShift Equal NotEqual Less LessEqual Greater GreaterEqual MulNoNan DivNoNan "
     "Atan2 Xlogy Xdivy Xlog1py NextAfter LogicalAnd LogicalOr Complex", binary),
    ("ReluGrad Relu6Grad LeakyReluGrad EluGrad SeluGrad SoftplusGrad SoftsignGrad SigmoidGrad TanhGrad SqrtGrad RsqrtGrad "
     "ReciprocalGrad InvGrad", gradient),
    ("Cast", cast),
    ("Sum Mean", reduction("exact", "rare")),
    ("Max Min", reduction("edge", "exact")),
    ("Prod", reduction("factors")),
    ("EuclideanNorm", reduction("exact")),
    ("All Any", reduction("edge")),
    ("Cumsum Cumprod CumulativeLogsumexp", scan),
    ("ArgMax ArgMin", arg_extreme),
    ("TopKV2 NthElement", ordered),
    ("Unique UniqueWithCounts UniqueV2 ListDiff", unique),
    ("LowerBound UpperBound", bounds),
    ("SegmentSum SegmentMean SegmentProd SegmentMax SegmentMin UnsortedSegmentSum UnsortedSegmentProd UnsortedSegmentMax "
     "UnsortedSegmentMin", segment),
    ("SparseSegmentSum SparseSegmentMean SparseSegmentSqrtN SparseSegmentSumWithNumSegments SparseSegmentMeanWithNumSegments "
     "SparseSegmentSqrtNWithNumSegments SparseSegmentSumGrad SparseSegmentMeanGrad SparseSegmentSqrtNGrad", sparse_segment),
    ("Gather GatherV2 GatherNd", gather),
    ("ScatterNd TensorScatterAdd TensorScatterSub TensorScatterUpdate TensorScatterMin TensorScatterMax ScatterAdd ScatterSub "
     "ScatterMul ScatterDiv ScatterMin ScatterMax ScatterUpdate ScatterNdAdd ScatterNdSub ScatterNdMin ScatterNdMax ScatterNdUpdate "
     "ResourceScatterAdd ResourceScatterSub ResourceScatterMul ResourceScatterDiv ResourceScatterMin ResourceScatterMax "
     "ResourceScatterUpdate", row_updates),
    ("MaxPool AvgPool MaxPool3D AvgPool3D MaxPoolGrad AvgPoolGrad MaxPool3DGrad AvgPool3DGrad MaxPoolGradGrad MaxPool3DGradGrad", pool),
    ("Softmax LogSoftmax", softmax),
    ("SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits", cross_entropy),
    ("MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3", matmul),
    ("Conv2D Conv2DBackpropInput Conv2DBackpropFilter DepthwiseConv2dNative", convolution),
    ("BiasAdd BiasAddV1 BiasAddGrad", bias),
    ("Select SelectV2 ClipByValue", choice),
    ("Pad PadV2 MirrorPad MirrorPadGrad Tile Transpose ReverseV2 ConcatV2", moved),
    ("Range LinSpace", sequence),
    ("AddN", several),
    ("L2Loss", loss),
    ("ApplyAdadelta ApplyAdagrad ApplyAdagradV2 ApplyAdam ApplyCenteredRMSProp ApplyFtrl ApplyFtrlV2 ApplyGradientDescent "
     "ApplyMomentum ApplyRMSProp ResourceApplyAdadelta ResourceApplyAdagrad ResourceApplyAdagradV2 ResourceApplyAdam "
     "ResourceApplyCenteredRMSProp ResourceApplyFtrl ResourceApplyFtrlV2 ResourceApplyGradientDescent ResourceApplyKerasMomentum "
     "ResourceApplyMomentum ResourceApplyRMSProp SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradV2 "
     "SparseApplyCenteredRMSProp SparseApplyFtrl SparseApplyFtrlV2 SparseApplyMomentum SparseApplyRMSProp ResourceSparseApplyAdadelta "
     "ResourceSparseApplyAdagrad ResourceSparseApplyAdagradV2 ResourceSparseApplyCenteredRMSProp ResourceSparseApplyFtrl "
     "ResourceSparseApplyFtrlV2 ResourceSparseApplyKerasMomentum ResourceSparseApplyMomentum ResourceSparseApplyRMSProp", optimizer),
]
