// The README's program: fits a line to three points.

#include <cstdio>

#include "sessile/sessile.h"

namespace tf = sessile;

int main() {
  auto x = tf::placeholder(tf::float32, {tf::None, 1}, "x");
  auto y = tf::placeholder(tf::float32, {tf::None, 1}, "y");

  auto prediction = tf::layers::dense(x, 1);
  auto loss = tf::reduce_mean(tf::square(prediction - y));
  auto train = tf::train::GradientDescentOptimizer(0.1).minimize(loss);

  tf::Session sess;
  sess.run(tf::global_variables_initializer());
  for (int step = 0; step < 200; ++step) {
    sess.run(train, {{x, {{0.0}, {1.0}, {2.0}}}, {y, {{1.0}, {3.0}, {5.0}}}});
  }
  std::printf("f(10) = %.3f\n", sess.run<float>(prediction, {{x, {{10.0}}}}));
}
