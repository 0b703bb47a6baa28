"""What bench/ops and bench/networks share: one GraphDef, run by this library and by TensorFlow in turn."""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    import numpy as np
    import tensorflow.compat.v1 as tf
except ImportError as error:
    sys.exit(f"{sys.argv[0]}: {error}; run it with a Python that has TensorFlow")

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNS = 20


class TensorFlow:
    def __init__(self, graph, init, feeds, threads):
        config = tf.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads)
        self.session = tf.Session(graph=graph, config=config)
        if init:
            self.session.run(graph.get_operation_by_name(init))
        self.graph, self.feeds = graph, feeds

    def least_ms(self, wanted):
        """Nothing is fetched: what it would cost to hand the result to Python is left out."""
        run = self.session.make_callable(self.graph.get_operation_by_name(wanted.split(":")[0]), list(self.feeds))
        run(*self.feeds.values())
        return 1e3 * min(self.seconds(run) for _ in range(RUNS))

    def seconds(self, run):
        start = time.perf_counter()
        run(*self.feeds.values())
        return time.perf_counter() - start


class Ours:
    def __init__(self, tool, graph, init, feeds, threads, folder):
        path = folder / "graph.pb"
        path.write_bytes(graph.as_graph_def().SerializeToString())
        self.command = [str(tool), "bench", str(path), "--runs", str(RUNS), "--traced", "0", "--threads", str(threads)]
        if init:
            self.command += ["--init", init]
        for name, value in feeds.items():
            file = folder / f"{name.split(':')[0]}.npy"
            np.save(file, value)
            self.command += ["--feed", f"{name}={file}"]

    def least_ms(self, wanted):
        """A tensor is fetched: what nobody wants is not computed."""
        kind = "--fetch" if ":" in wanted else "--target"
        done = subprocess.run(self.command + [kind, wanted], capture_output=True, text=True)
        least = re.search(r"least ([0-9.]+)", done.stdout)
        if done.returncode != 0 or least is None:
            raise RuntimeError(done.stderr.strip() or done.stdout.strip())
        return float(least.group(1))


def compare(graph, wanted, feeds, args, init=None):
    """The least ms, (ours, TensorFlow's), of each name of a tensor or an operation. `init` initializes the variables."""
    with tempfile.TemporaryDirectory() as folder:
        contenders = [Ours(args.tool, graph, init, feeds, args.threads, pathlib.Path(folder)),
                      TensorFlow(graph, init, feeds, args.threads)]
        times = {}
        for name in wanted:
            rounds = [[contender.least_ms(name) for contender in contenders] for _ in range(args.rounds)]
            times[name] = [min(of_one) for of_one in zip(*rounds)]
        return times


def arguments(description, rows, threads):
    """The flags of both programs; exits where one is wrong."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; default: all")
    parser.add_argument("--tool", type=pathlib.Path, default=ROOT / "build/release/bin/sessile")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=threads)
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in rows]
    if unknown:
        parser.error(f"there is no {unknown[0]!r}, only: {', '.join(rows)}")
    if not args.tool.exists():
        parser.error(f"no {args.tool}; build it first: cmake --build build/release --target sessile_tool")
    args.names = args.names or list(rows)
    return args


def report(times, args):
    print(f"least ms of {args.rounds} x {RUNS} runs, threads: {args.threads}\n    ours  TensorFlow  ratio")
    for name, (ours, theirs) in sorted(times.items(), key=lambda row: -row[1][0] / row[1][1]):
        print(f"{ours:8.3f}  {theirs:10.3f}  {ours / theirs:5.2f}  {name}")
