"""What TensorFlow's kernels compute: kernel_values.txt, a line "NAME value ..." for each tensor.

    python3 tests/golden/kernel_values.py        (TensorFlow 2.15.1)

Inputs are `wave(shape, seed)`, which tests/golden_values.h makes too.
"""

import os

import numpy as np

from graph_listing import tf, wave

raw = tf.raw_ops
values = {}


def incomplete_gamma():
    a, x = np.meshgrid([0.01, 0.3, 1.0, 2.5, 7.0, 40.0, 300.0],
                       [0.0, 1e-3, 0.4, 1.0, 1.5, 6.0, 39.0, 45.0, 310.0])
    values["igamma"] = tf.igamma(a, x)
    values["igammac"] = tf.igammac(a, x)
    values["igamma_grad_a"] = raw.IgammaGradA(a=a, x=x)


def fake_quant():
    x = wave([40], 3, 8)
    grad = wave([40], 5)
    for name, options in [("default", {}), ("narrow", {"num_bits": 4, "narrow_range": True}),
                          ("shifted", {"min": -1.3, "max": 5.2, "num_bits": 5}),
                          ("above", {"min": 1.0, "max": 5.0, "num_bits": 4})]:
        values["fake_quant_args_" + name] = raw.FakeQuantWithMinMaxArgs(inputs=x, **options)
        values["fake_quant_args_grad_" + name] = raw.FakeQuantWithMinMaxArgsGradient(
            gradients=grad, inputs=x, **options)
    for name, low, high in [("", -2.7, 3.1), ("_empty", 0.0, 0.0)]:
        values["fake_quant_vars" + name] = raw.FakeQuantWithMinMaxVars(
            inputs=x, min=low, max=high, num_bits=6)
        for i, part in enumerate(raw.FakeQuantWithMinMaxVarsGradient(
                gradients=grad, inputs=x, min=low, max=high, num_bits=6)):
            values["fake_quant_vars_grad%s_%d" % (name, i)] = part
    low, high = wave([4], 1) - 2, wave([4], 2) + 2
    x, grad = x.reshape([10, 4]), grad.reshape([10, 4])
    values["fake_quant_channels"] = raw.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=low,
                                                                          max=high)
    for i, part in enumerate(raw.FakeQuantWithMinMaxVarsPerChannelGradient(
            gradients=grad, inputs=x, min=low, max=high)):
        values["fake_quant_channels_grad_%d" % i] = part


def non_max_suppression():
    boxes = wave([30, 4], 11) + np.array([0, 0, 1.5, 1.5], np.float32)
    scores = wave([30], 17)
    most = 12
    values["nms_v1"] = raw.NonMaxSuppression(boxes=boxes, scores=scores, max_output_size=most,
                                             iou_threshold=0.3)
    for dtype in [np.float32, np.float16]:
        b, s = boxes.astype(dtype), scores.astype(dtype)
        threshold, least, sigma = dtype(0.3), dtype(-0.5), dtype(0.4)
        suffix = np.dtype(dtype).name
        values["nms_v2_" + suffix] = raw.NonMaxSuppressionV2(
            boxes=b, scores=s, max_output_size=most, iou_threshold=threshold)
        values["nms_v3_" + suffix] = raw.NonMaxSuppressionV3(
            boxes=b, scores=s, max_output_size=most, iou_threshold=threshold,
            score_threshold=least)
        for i, part in enumerate(raw.NonMaxSuppressionV4(
                boxes=b, scores=s, max_output_size=25, iou_threshold=threshold,
                score_threshold=least, pad_to_max_output_size=True)):
            values["nms_v4_%s_%d" % (suffix, i)] = part
        for soft in [0, sigma]:
            for i, part in enumerate(raw.NonMaxSuppressionV5(
                    boxes=b, scores=s, max_output_size=25, iou_threshold=threshold,
                    score_threshold=dtype(0.05), soft_nms_sigma=dtype(soft))):
                values["nms_v5_%s%s_%d" % (suffix, "_soft" if soft else "", i)] = part
    values["nms_overlaps"] = raw.NonMaxSuppressionWithOverlaps(
        overlaps=wave([30, 30], 23), scores=scores, max_output_size=most, overlap_threshold=0.6,
        score_threshold=-0.7)


def images():
    x = wave([2, 6, 5, 3], 7)
    for name, options in [("valid", dict(ksizes=[1, 3, 2, 1], strides=[1, 2, 1, 1],
                                         rates=[1, 1, 2, 1], padding="VALID")),
                          ("same", dict(ksizes=[1, 3, 3, 1], strides=[1, 1, 2, 1],
                                        rates=[1, 2, 1, 1], padding="SAME"))]:
        values["patches_" + name] = raw.ExtractImagePatches(images=x, **options)
    f = wave([3, 2, 3], 9)
    for name, options in [("valid", dict(strides=[1, 2, 1, 1], rates=[1, 1, 2, 1],
                                         padding="VALID")),
                          ("same", dict(strides=[1, 1, 2, 1], rates=[1, 2, 1, 1],
                                        padding="SAME"))]:
        y = raw.Dilation2D(input=x, filter=f, **options)
        values["dilation_" + name] = y
        grad = wave(y.shape.as_list(), 13)
        values["dilation_by_input_" + name] = raw.Dilation2DBackpropInput(
            input=x, filter=f, out_backprop=grad, **options)
        values["dilation_by_filter_" + name] = raw.Dilation2DBackpropFilter(
            input=x, filter=f, out_backprop=grad, **options)
    for suffix, options in [("", {}), ("_align", {"align_corners": True}),
                            ("_half", {"half_pixel_centers": True})]:
        for name, size in [("_up", [9, 11]), ("_down", [2, 2]), ("_one", [1, 1])]:
            values["bicubic" + suffix + name] = raw.ResizeBicubic(images=x, size=size, **options)
            values["bicubic_grad" + suffix + name] = raw.ResizeBicubicGrad(
                grads=wave([2] + size + [3], 19), original_image=x, **options)


def cells():
    x, cs, h = wave([3, 4], 1, 2), wave([3, 5], 2, 2), wave([3, 5], 3)
    w, b = wave([9, 20], 4), wave([20], 5)
    peepholes = {name: wave([5], 6 + i) for i, name in enumerate(["wci", "wcf", "wco"])}
    for name, options in [("plain", {"cell_clip": 0.5, "forget_bias": 0.25}),
                          ("peephole", {"cell_clip": -1.0, "use_peephole": True})]:
        parts = raw.LSTMBlockCell(x=x, cs_prev=cs, h_prev=h, w=w, b=b, **peepholes, **options)
        for part, value in zip(parts._fields, parts):
            values["lstm_%s_%s" % (name, part)] = value
        grads = raw.LSTMBlockCellGrad(
            x=x, cs_prev=cs, h_prev=h, w=w, b=b, **peepholes, i=parts.i, cs=parts.cs, f=parts.f,
            o=parts.o, ci=parts.ci, co=parts.co, cs_grad=wave([3, 5], 10), h_grad=wave([3, 5], 11),
            use_peephole=options.get("use_peephole", False))
        for part, value in zip(grads._fields, grads):
            values["lstm_grad_%s_%s" % (name, part)] = value
    parts = raw.GRUBlockCell(x=x, h_prev=h, w_ru=wave([9, 10], 12), w_c=wave([9, 5], 13),
                             b_ru=wave([10], 14), b_c=wave([5], 15))
    for part, value in zip(parts._fields, parts):
        values["gru_" + part] = value


EINSUMS = [("ij->ji", [2, 3]), ("ii->i", [3, 3]), ("i->ii", [3]), ("ijk->j", [2, 3, 4]),
           ("ij,jk->ki", [2, 3], [3, 4]), ("bij,bkj->bik", [2, 3, 4], [2, 5, 4]),
           ("iij,kjj->ki", [3, 3, 2], [4, 2, 2]), ("...ij,jk->...ik", [2, 5, 3, 4], [4, 2]),
           ("ab...,ac...->...bc", [2, 3, 1, 5], [2, 4, 6, 1]), ("i,j->ij", [3], [4]),
           ("ijl,jk->ik", [2, 3, 5], [3, 4]), ("ij,ij->", [2, 3], [2, 3]),
           ("ji,jk->ik", [3, 2], [3, 4]), ("bji,bkj->bik", [2, 4, 3], [2, 5, 4]),
           ("bihd,bjhd->bhij", [2, 3, 2, 4], [2, 5, 2, 4])]


def einsums():
    for i, (equation, *shapes) in enumerate(EINSUMS):
        values["einsum_%d" % i] = raw.Einsum(
            inputs=[wave(shape, 3 + k) for k, shape in enumerate(shapes)], equation=equation)


for family in [incomplete_gamma, fake_quant, non_max_suppression, images, cells, einsums]:
    family()
with tf.Session() as session:
    results = session.run(values)
path = os.path.splitext(os.path.abspath(__file__))[0] + ".txt"
with open(path, "w") as out:
    for name, value in results.items():
        out.write("%s %s\n" % (name, " ".join("%.9g" % v for v in np.ravel(value))))
