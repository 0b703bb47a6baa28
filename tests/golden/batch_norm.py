#!/usr/bin/env python3
"""Writes batch_norm.txt: FusedBatchNormV3 and its gradient as TensorFlow 2.15.1 computes them.

A case is a line "case IS_TRAINING EXPONENTIAL_AVG_FACTOR EPSILON", then one line for each tensor:
its name, "[d0,d1,...]", and its elements.
"""

import os

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def write(out, name, value):
  value = np.asarray(value, np.float32)
  shape = ','.join(str(d) for d in value.shape)
  elements = ''.join(' %.9g' % v for v in value.ravel())
  out.write('%s [%s]%s\n' % (name, shape, elements))


def write_case(out, shape, training, factor, epsilon, spread):
  random = np.random.RandomState(len(shape))
  channels = shape[-1]
  draw = lambda *s: random.standard_normal(s).astype(np.float32)
  feeds = {
      'x': draw(*shape) * np.float32(spread) + 3,
      'scale': draw(channels),
      'offset': draw(channels),
      'mean': draw(channels),
      'variance': draw(channels)**2,
      'g': draw(*shape),
  }
  if training and factor == 1:
    feeds['mean'] = feeds['variance'] = np.zeros(0, np.float32)
  with tf.Graph().as_default(), tf.Session() as session:
    t = {k: tf.placeholder(tf.float32, v.shape, k) for k, v in feeds.items()}
    options = dict(epsilon=epsilon, is_training=training,
                   data_format='NHWC' if len(shape) == 4 else 'NDHWC')
    forward = tf.raw_ops.FusedBatchNormV3(
        x=t['x'], scale=t['scale'], offset=t['offset'], mean=t['mean'], variance=t['variance'],
        exponential_avg_factor=factor, **options)
    saved = forward[3:5] if training else [t['mean'], t['variance']]
    backward = tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=t['g'], x=t['x'], scale=t['scale'], reserve_space_1=saved[0],
        reserve_space_2=saved[1], reserve_space_3=forward[5], **options)
    forward, backward = session.run([forward, backward],
                                    {t[k]: v for k, v in feeds.items()})
  out.write('case %d %.9g %.9g\n' % (training, factor, epsilon))
  for name, value in feeds.items():
    write(out, name, value)
  for result in (forward, backward):
    for name in result._fields:
      prefix = 'grad_' if result is backward else ''
      write(out, prefix + name, getattr(result, name))


def main():
  path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'batch_norm.txt')
  with open(path, 'w') as out:
    out.write('# written by batch_norm.py from TensorFlow %s\n' % tf.__version__)
    write_case(out, (2, 2, 3, 3), True, 1.0, 1e-3, 1)
    write_case(out, (2, 2, 3, 3), True, 0.25, 1e-3, 1)
    write_case(out, (2, 2, 3, 3), False, 1.0, 1e-3, 1)
    write_case(out, (2, 2, 2, 1, 2), True, 1.0, 1e-4, 10)
    write_case(out, (1, 1, 1, 2), True, 1.0, 1e-3, 1)


if __name__ == '__main__':
  main()
