"""Inference of the network of examples/layers_bn in ONNX Runtime: onnxruntime_network.py DATA THREADS."""
import time
START = time.perf_counter()
import sys
import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

import protocol


def model(weights):
    nodes, constants, last = [], [], "images"

    def constant(name, value):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value, numpy.float32), name))
        return name

    def node(op, inputs, output, **attributes):
        nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    for i in range(20):
        kernel, gamma, beta = weights[3 * i:3 * i + 3]
        if i < 19:
            s = protocol.stride(i + 1)
            kernel = constant(f"kernel{i}", kernel.transpose(3, 2, 0, 1))
            last = node("Conv", [last, kernel], f"conv{i}", auto_pad="SAME_UPPER", strides=[s, s])
        else:
            last = node("Flatten", [last], "flat")
            last = node("MatMul", [last, constant(f"kernel{i}", kernel)], f"conv{i}")
        norm = [constant(f"gamma{i}", gamma), constant(f"beta{i}", beta),
                constant(f"mean{i}", gamma * 0), constant(f"variance{i}", gamma * 0 + 1)]
        last = node("BatchNormalization", [last] + norm, f"norm{i}", epsilon=1e-3)
        last = node("Relu", [last], f"relu{i}")
    node("Gemm", [last, constant("kernel", weights[-2]), constant("bias", weights[-1])], "logits")
    value = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "network", [value("images", ["n", 1, 28, 28])],
                              [value("logits", ["n", 10])], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


class OnnxRuntime:
    def __init__(self, data, threads):
        self.images = numpy.ascontiguousarray(data.images.transpose(0, 3, 1, 2))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        proto = model(protocol.unpack(data.weights)).SerializeToString()
        self.session = onnxruntime.InferenceSession(proto, options, providers=["CPUExecutionProvider"])

    def infer(self, batch):
        self.session.run(None, {"images": self.images[:batch]})


folder, threads = sys.argv[1:]
protocol.serve(OnnxRuntime(protocol.Data(folder), int(threads)), START)
