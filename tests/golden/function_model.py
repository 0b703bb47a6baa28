"""A SavedModel of TensorFlow 2, whose functions take variables: python3 tests/golden/function_model.py (2.15.1).

Writes function_model/, and function_model.txt: what its signature gives for INPUT, a line "KEY value value ..." each.
"""

import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow as tf  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
INPUT = [[1.0, -1.0], [2.0, 3.0]]


class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
        self.n = tf.Variable(5, name="n", dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    def serve(self, x):
        y = tf.matmul(x, self.w)
        if tf.reduce_sum(y) > 0:
            y = y + tf.gather(self.w, 1)
        else:
            y = y * 2.0
        for i in tf.range(3):
            y = y + tf.cast(i, tf.float32) * self.w[0]
        return {"n": self.n + tf.shape(x, tf.int64)[0], "y": y}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, "k")])
    def count(self, k):
        return {"n": self.n.assign_add(k)}


if __name__ == "__main__":
    folder = os.path.join(HERE, "function_model")
    shutil.rmtree(folder, ignore_errors=True)
    model = Model()
    results = model.serve(tf.constant(INPUT))
    signatures = {"serving_default": model.serve.get_concrete_function(),
                  "count": model.count.get_concrete_function()}
    tf.saved_model.save(model, folder, signatures=signatures)
    for extra in ("fingerprint.pb", "assets"):
        path = os.path.join(folder, extra)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    with open(os.path.join(HERE, "function_model.txt"), "w") as out:
        for key, value in sorted(results.items()):
            out.write("%s %s\n" % (key, " ".join("%.9g" % v for v in value.numpy().flat)))
