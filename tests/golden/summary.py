"""Graphs and values of summaries: summary.txt and summary_values.txt.

    python3 tests/golden/summary.py        (TensorFlow 2.15.1)

A line of values: NAME and the bytes of the Summary in hexadecimal. Images have their pixels in place
of a PNG file, whose bytes depend on the compressor.
"""

import os

import numpy as np

import graph_listing
from graph_listing import tf


def builders():
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    s = tf.placeholder(tf.float32, [], name="s")
    tf.summary.scalar("loss", s)
    with tf.name_scope("train"):
        tf.summary.scalar("rate of learning", s)
        tf.summary.scalar("loss", 0.5, family="losses")
        tf.summary.histogram("weights", x)
        tf.summary.histogram("unseen", x, collections=["other"])
    tf.summary.scalar("loss", s)
    tf.summary.image("pictures", tf.placeholder(tf.float32, [None, 4, 4, 3], name="i"))
    tf.summary.image("one", tf.placeholder(tf.uint8, [1, 4, 4, 1], name="u"), max_outputs=1)
    tf.summary.text("note", tf.constant("text"))
    tf.summary.merge_all()
    tf.summary.merge(tf.get_collection("other"), name="few")
    tf.summary.merge_all(scope="train")


def values():
    numbers = [0.0, 1.0, -1.5, 3e-5, 2e10, 1.0, 1e-14, -7.0, 1e30]
    inner = tf.constant(numbers, tf.float64)
    floats = np.linspace(-1, 2, 12).reshape([1, 2, 2, 3]).astype(np.float32)
    floats[0, 1, 0, 2] = np.nan
    return {
        "scalar": tf.summary.scalar("loss", 0.25),
        "integer": tf.summary.scalar("step", 7),
        "histogram": tf.summary.histogram("h", inner),
        "empty": tf.summary.histogram("nothing", tf.zeros([0])),
        "merged": tf.summary.merge([tf.summary.scalar("a", 1.0), tf.summary.scalar("b", 2.0)]),
        "text": tf.summary.text("note", tf.constant(["one", "two"])),
        "grey": tf.summary.image("grey", tf.constant([[[[0], [10]], [[20], [255]]]], tf.uint8)),
        "signed": tf.summary.image("signed", floats),
        "positive": tf.summary.image("positive", np.abs(floats), max_outputs=1),
    }


def with_pixels(session, summary):
    message = tf.Summary.FromString(summary)
    for value in message.value:
        if value.HasField("image"):
            pixels = session.run(tf.image.decode_png(value.image.encoded_image_string))
            value.image.encoded_image_string = pixels.tobytes()
    return message.SerializeToString(deterministic=True)


graph_listing.write("summary.txt", [builders])
with tf.Graph().as_default(), tf.Session() as session:
    results = {k: with_pixels(session, v) for k, v in session.run(values()).items()}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "summary_values.txt")
with open(path, "w") as out:
    for name, value in results.items():
        out.write("%s %s\n" % (name, value.hex()))
