// Penalties on the size of a variable, for kernel_regularizer and its like.
//
//   tf::layers::dense(x, 10, {.kernel_regularizer = tf::regularizers::l2(1e-4)});
//   auto loss = data_loss + tf::losses::get_regularization_loss();
//
// The nodes are those of tf.keras.regularizers in TensorFlow 2.15. Small values, to be called with
// a tensor or a variable.
#pragma once

#include "sessile/ops/input.h"

namespace sessile::regularizers {

// l1 * sum(|x|).
class l1 {
 public:
  explicit l1(double factor = 0.01) : l1_(factor) {}
  Output operator()(const Output& x) const;

 private:
  double l1_;
};

// l2 * sum(x^2).
class l2 {
 public:
  explicit l2(double factor = 0.01) : l2_(factor) {}
  Output operator()(const Output& x) const;

 private:
  double l2_;
};

// The sum of both; a factor of 0 leaves its part out.
class l1_l2 {
 public:
  explicit l1_l2(double l1 = 0.01, double l2 = 0.01) : l1_(l1), l2_(l2) {}
  Output operator()(const Output& x) const;

 private:
  double l1_;
  double l2_;
};

}  // namespace sessile::regularizers
