"""The network of examples/layers_bn in PyTorch, eager: torch_network.py DATA THREADS."""
import time
START = time.perf_counter()
import sys
import numpy
import torch
import torch.nn.functional as F

import protocol


class Network(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.kernels = torch.nn.ParameterList()
        self.norms = torch.nn.ModuleList()
        for i in range(20):
            kernel, gamma, beta = weights[3 * i:3 * i + 3]
            order = (3, 2, 0, 1) if i < 19 else (1, 0)
            self.kernels.append(torch.nn.Parameter(torch.from_numpy(kernel.transpose(order).copy())))
            norm = (torch.nn.BatchNorm2d if i < 19 else torch.nn.BatchNorm1d)(len(gamma), 1e-3, 0.01)
            norm.weight.data.copy_(torch.from_numpy(gamma.copy()))
            norm.bias.data.copy_(torch.from_numpy(beta.copy()))
            self.norms.append(norm)
        self.kernel = torch.nn.Parameter(torch.from_numpy(weights[-2].T.copy()))
        self.bias = torch.nn.Parameter(torch.from_numpy(weights[-1].copy()))

    def forward(self, x):
        for i in range(19):
            stride, size = protocol.stride(i + 1), x.shape[2]
            total = max(((size + stride - 1) // stride - 1) * stride + 3 - size, 0)
            if total % 2:  # TensorFlow's SAME pads one more behind
                x, padding = F.pad(x, (total // 2, total - total // 2) * 2), 0
            else:
                padding = total // 2
            x = F.relu(self.norms[i](F.conv2d(x, self.kernels[i], stride=stride, padding=padding)))
        x = F.relu(self.norms[19](F.linear(x.flatten(1), self.kernels[19])))
        return F.linear(x, self.kernel, self.bias)


class PyTorch:
    def __init__(self, data):
        self.data = data
        self.images = torch.from_numpy(numpy.ascontiguousarray(data.images.transpose(0, 3, 1, 2)))
        self.labels = torch.from_numpy(data.labels)
        self.network = Network(protocol.unpack(data.weights))
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.002, eps=1e-8)

    def step(self):
        x, y = self.data.next_batch()
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        logits = self.network(torch.from_numpy(x).permute(0, 3, 1, 2).contiguous())
        loss = F.binary_cross_entropy_with_logits(logits, torch.from_numpy(y))
        loss.backward()
        self.optimizer.step()
        return loss

    def train(self):
        self.step()

    def train_with_loss(self):
        return self.step().item()

    def infer(self, batch):
        self.network.eval()
        with torch.inference_mode():
            return self.network(self.images[:batch])

    def eval(self, batch):
        return F.binary_cross_entropy_with_logits(self.infer(batch), self.labels[:batch]).item()


folder, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
protocol.serve(PyTorch(protocol.Data(folder)), START)
