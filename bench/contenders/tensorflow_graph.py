"""TensorFlow on a GraphDef: tensorflow_graph.py GRAPH DATA THREADS."""
import time
START = time.perf_counter()
import os
import sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow.compat.v1 as tf

import protocol

tf.disable_v2_behavior()


class TensorFlow:
    """Runs by make_callable, TensorFlow's shortest way into a session."""

    def __init__(self, path, data, threads):
        self.data = data
        graph_def = tf.GraphDef()
        with open(path, "rb") as file:
            graph_def.ParseFromString(file.read())
        graph = tf.Graph()
        with graph.as_default():
            tf.import_graph_def(graph_def, name="")
        config = tf.ConfigProto(intra_op_parallelism_threads=threads,
                                inter_op_parallelism_threads=threads)
        session = tf.Session(graph=graph, config=config)
        session.run("init")
        train, loss = graph.get_operation_by_name("Adam"), "Mean:0"
        feeds = ["Placeholder:0", "Placeholder_1:0", "Placeholder_2:0"]
        self.train_call = session.make_callable(train, feed_list=feeds)
        self.loss_call = session.make_callable([loss, train], feed_list=feeds)
        self.eval_call = session.make_callable(loss, feed_list=feeds)
        self.infer_call = session.make_callable("dense_1/BiasAdd:0", feed_list=[feeds[0], feeds[2]])

    def train(self):
        self.train_call(*self.data.next_batch(), True)

    def train_with_loss(self):
        return self.loss_call(*self.data.next_batch(), True)[0]

    def infer(self, batch):
        self.infer_call(self.data.images[:batch], False)

    def eval(self, batch):
        return self.eval_call(self.data.images[:batch], self.data.labels[:batch], False)


graph, folder, threads = sys.argv[1:]
protocol.serve(TensorFlow(graph, protocol.Data(folder), int(threads)), START)
