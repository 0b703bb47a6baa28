"""The network of examples/layers_bn in JAX, compiled by XLA: jax_network.py DATA THREADS."""
import time
START = time.perf_counter()
import os
import sys
import functools
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp

import protocol


def norm(x, gamma, beta, mean, variance):
    return (x - mean) * (gamma * jax.lax.rsqrt(variance + 1e-3)) + beta


def logits_of(weights, running, x, training):
    """The logits, and the running statistics after this batch."""
    moved = []
    for i in range(20):
        kernel, gamma, beta = weights[3 * i:3 * i + 3]
        if i < 19:
            s = protocol.stride(i + 1)
            x = jax.lax.conv_general_dilated(x, kernel, (s, s), "SAME",
                                             dimension_numbers=("NHWC", "HWIO", "NHWC"))
        else:
            x = x.reshape(x.shape[0], -1) @ kernel
        mean, variance = running[i]
        if training:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axes), x.var(axes)
            n = x.size // x.shape[-1]
            moved.append((running[i][0] * .99 + mean * .01,
                          running[i][1] * .99 + variance * (n / (n - 1) * .01)))
        x = jax.nn.relu(norm(x, gamma, beta, mean, variance))
    return x @ weights[-2] + weights[-1], moved


def loss_of(weights, running, x, y, training):
    logits, moved = logits_of(weights, running, x, training)
    return jnp.mean(jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits)))), moved


@functools.partial(jax.jit, donate_argnums=(0, 1, 2, 3))
def train_step(weights, running, m, v, step, x, y):
    (loss, running), gradients = jax.value_and_grad(loss_of, has_aux=True)(weights, running, x, y, True)
    rate = 0.002 * jnp.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step)
    m = [a + (g - a) * 0.1 for a, g in zip(m, gradients)]
    v = [a + (g * g - a) * 0.001 for a, g in zip(v, gradients)]
    weights = [w - rate * a / (jnp.sqrt(b) + 1e-8) for w, a, b in zip(weights, m, v)]
    return weights, running, m, v, loss


infer = jax.jit(lambda weights, running, x: logits_of(weights, running, x, False)[0])
evaluate = jax.jit(lambda weights, running, x, y: loss_of(weights, running, x, y, False)[0])


class Jax:
    def __init__(self, data):
        self.data = data
        self.weights = [jnp.asarray(w) for w in protocol.unpack(data.weights)]
        self.running = [(jnp.zeros_like(g), jnp.ones_like(g)) for g in self.weights[1:-1:3]]
        self.m = [jnp.zeros_like(w) for w in self.weights]
        self.v = [jnp.zeros_like(w) for w in self.weights]
        self.step = 0

    def train_with_loss(self):
        self.step += 1
        self.weights, self.running, self.m, self.v, loss = train_step(
            self.weights, self.running, self.m, self.v, float(self.step), *self.data.next_batch())
        return float(loss)

    def train(self):
        self.train_with_loss()

    def infer(self, batch):
        infer(self.weights, self.running, self.data.images[:batch]).block_until_ready()

    def eval(self, batch):
        return float(evaluate(self.weights, self.running, self.data.images[:batch],
                              self.data.labels[:batch]))


folder, threads = sys.argv[1:]
protocol.serve(Jax(protocol.Data(folder)), START)
