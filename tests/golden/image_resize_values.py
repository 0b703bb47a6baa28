"""Resized images: image_resize_values.txt, a line "NAME value ..." each.

    python3 tests/golden/image_resize_values.py        (TensorFlow 2.15.1)
"""

import os

import numpy as np

from graph_listing import tf

images = (np.arange(24.0, dtype=np.float32) ** 2).reshape([1, 4, 3, 2])
resized = {}
for suffix, options in [("", {}), ("_align", {"align_corners": True}),
                        ("_half", {"half_pixel_centers": True})]:
    for name, size in [("_up", [7, 5]), ("_down", [2, 2]), ("_one", [1, 1])]:
        resized["bilinear" + suffix + name] = tf.image.resize_bilinear(images, size, **options)
        resized["nearest" + suffix + name] = tf.image.resize_nearest_neighbor(images, size, **options)
with tf.Session() as session:
    values = session.run(resized)
path = os.path.splitext(os.path.abspath(__file__))[0] + ".txt"
with open(path, "w") as out:
    for name, value in values.items():
        out.write("%s %s\n" % (name, " ".join("%.9g" % v for v in value.ravel())))
