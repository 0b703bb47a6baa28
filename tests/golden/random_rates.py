"""Samples of RandomGamma and RandomPoisson (random_rates.txt), a line "NAME value ..." for each run, and
derivatives of gamma samples: python3 tests/golden/random_rates.py (TensorFlow 2.15.1)."""

import os

import numpy as np

from graph_listing import tf

RATES = [0.25, 1.0, 3.5, 9.99, 10.0, 55.5, 1e6]
ALPHAS = [0.0625, 0.5, 1.0, 1.5, 40.0, 1e4]
ops = {}
for dtype in [tf.float16, tf.float32, tf.float64]:
    ops["gamma_" + dtype.name] = tf.raw_ops.RandomGamma(
        shape=[3], alpha=tf.constant(ALPHAS[:5], dtype), seed=7, seed2=11)
for dtype in [tf.float16, tf.float32, tf.float64, tf.int32, tf.int64]:
    ops["poisson_" + dtype.name] = tf.raw_ops.RandomPoissonV2(
        shape=[3], rate=tf.constant(RATES[:6], tf.float32), dtype=dtype, seed=7, seed2=13)
ops["poisson_int_rates"] = tf.raw_ops.RandomPoissonV2(
    shape=[2], rate=tf.constant([0, 3, 200, 1000000]), dtype=tf.int64, seed=7, seed2=14)
ops["gamma_large"] = tf.raw_ops.RandomGamma(
    shape=[2], alpha=tf.constant(ALPHAS, tf.float64), seed=1, seed2=2)
alpha, sample = np.meshgrid([0.05, 0.5, 1.0, 3.0, 50.0], [1e-4, 0.3, 1.0, 4.0, 60.0])
path = os.path.splitext(os.path.abspath(__file__))[0] + ".txt"
with tf.Session() as session, open(path, "w") as out:
    for run in range(2):
        for name, value in session.run(ops).items():
            out.write("%s_%d %s\n" % (name, run, " ".join("%.9g" % v for v in np.ravel(value))))
    value = session.run(tf.raw_ops.RandomGammaGrad(alpha=alpha, sample=sample))
    out.write("gamma_grad %s\n" % " ".join("%.9g" % v for v in value.ravel()))
