"""The Python side of bench/compare's protocol; bench/contender.h describes it.

A contender is an object with
  train()            trains on the next 64 images
  train_with_loss()  the same; returns the loss before the update
  infer(batch)       computes the logits of the first images
  eval(batch)        the loss of the first images, not training
One without train() answers "unsupported" to what it lacks.
"""
import sys
import time

TRAIN_BATCH = 64
MOST_IMAGES = 5000


class Data:
    """The data that `step --save` wrote: images [n,28,28,1] in 0 to 1, one-hot labels [n,10]."""

    def __init__(self, folder):
        import numpy as np
        images = np.fromfile(folder + "/images.u8", np.uint8).reshape(-1, 28, 28, 1)
        self.images = images.astype(np.float32) * np.float32(1 / 255)
        self.labels = np.eye(10, dtype=np.float32)[np.fromfile(folder + "/labels.u8", np.uint8)]
        self.weights = np.fromfile(folder + "/weights.f32", np.float32)
        self.step = 0

    def next_batch(self):
        first = self.step % (len(self.images) // TRAIN_BATCH) * TRAIN_BATCH
        self.step += 1
        return self.images[first:first + TRAIN_BATCH], self.labels[first:first + TRAIN_BATCH]


def unpack(weights):
    """The initial weights as a list: kernel, gamma, beta of each layer; the last has kernel, bias."""
    shapes, channels = [], 1
    for i in range(1, 20):
        shapes += [(3, 3, channels, 4 * i), (4 * i,), (4 * i,)]
        channels = 4 * i
    shapes += [(channels, 100), (100,), (100,), (100, 10), (10,)]
    values, at = [], 0
    for shape in shapes:
        size = 1
        for dim in shape:
            size *= dim
        values.append(weights[at:at + size].reshape(shape))
        at += size
    if at != len(weights):
        sys.exit(f"expected {at} weights, got {len(weights)}")
    return values


def stride(layer):
    return 2 if layer % 3 == 0 else 1


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def times(n, call):
    milliseconds = []
    for _ in range(n):
        start = time.perf_counter()
        call()
        milliseconds.append((time.perf_counter() - start) * 1e3)
    return milliseconds


NEEDS = {"train": "train", "losses": "train_with_loss", "infer": "infer", "eval": "eval"}


def answer(contender, request, a, b):
    """The numbers, or None for what the contender does not do."""
    if request in NEEDS and not hasattr(contender, NEEDS[request]):
        return None
    if request == "train":
        return times(a, contender.train)
    if request == "losses":
        return [contender.train_with_loss() for _ in range(a)]
    if request == "infer":
        return times(b, lambda: contender.infer(a))
    if request == "eval":
        return [contender.eval(a)]
    if request == "memory":
        return [peak_memory()]
    sys.exit(f"unknown request '{request}'")


def serve(contender, start):
    """Trains a step, tells how long it took since `start` (time.perf_counter()), and serves."""
    loss = contender.train_with_loss() if hasattr(contender, "train_with_loss") else float("nan")
    print(f"ready {(time.perf_counter() - start) * 1e3:.3f} {loss:.7g}", flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            return
        a, b = ([int(word) for word in words[1:]] + [0, 0])[:2]
        numbers = answer(contender, words[0], a, b)
        print("unsupported" if numbers is None else " ".join(f"{float(v):.7g}" for v in numbers), flush=True)
