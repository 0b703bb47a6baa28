// Trains 20 convolutional layers on MNIST with tf.nn.batch_normalization.
//
//   tools/run nn_bn
//
// The notebook's text, cell by cell: docs/porting.md has the Python beside it.

#include <cstdio>

#include "sessile/examples/example.h"
#include "sessile/examples/mnist.h"
#include "sessile/examples/progress_bar.h"
#include "sessile/examples/python_format.h"
#include "sessile/sessile.h"

namespace tf = sessile;

namespace {

tf::Output fully_connected(tf::Output prev_layer, int num_units, tf::Output is_training) {
  auto layer = tf::layers::dense(prev_layer, num_units, {.use_bias = false});

  auto gamma = tf::Variable(tf::ones({num_units}));
  auto beta = tf::Variable(tf::zeros({num_units}));

  auto pop_mean = tf::Variable(tf::zeros({num_units}), {.trainable = false});
  auto pop_variance = tf::Variable(tf::ones({num_units}), {.trainable = false});

  const double epsilon = 1e-3;

  auto batch_norm_training = [&] {
    auto [batch_mean, batch_variance] = tf::nn::moments(layer, {0});

    const double decay = 0.99;
    auto kept_mean = pop_mean * decay;
    auto new_mean = batch_mean * (1 - decay);
    auto train_mean = tf::assign(pop_mean, kept_mean + new_mean);
    auto kept_variance = pop_variance * decay;
    auto new_variance = batch_variance * (1 - decay);
    auto train_variance = tf::assign(pop_variance, kept_variance + new_variance);

    tf::control_dependencies with({train_mean, train_variance});
    return tf::nn::batch_normalization(layer, batch_mean, batch_variance, beta, gamma, epsilon);
  };

  auto batch_norm_inference = [&] {
    return tf::nn::batch_normalization(layer, pop_mean, pop_variance, beta, gamma, epsilon);
  };

  auto batch_normalized_output = tf::cond(is_training, batch_norm_training, batch_norm_inference);
  return tf::nn::relu(batch_normalized_output);
}

tf::Output conv_layer(tf::Output prev_layer, int layer_depth, tf::Output is_training) {
  const int strides = layer_depth % 3 == 0 ? 2 : 1;

  const auto in_channels = prev_layer.get_shape().as_list()[3];
  const int out_channels = layer_depth * 4;

  auto weights =
      tf::Variable(tf::truncated_normal({3, 3, in_channels, out_channels}, {.stddev = 0.05}));

  auto layer =
      tf::nn::conv2d(prev_layer, weights, {.strides = {1, strides, strides, 1}, .padding = "SAME"});

  auto gamma = tf::Variable(tf::ones({out_channels}));
  auto beta = tf::Variable(tf::zeros({out_channels}));

  auto pop_mean = tf::Variable(tf::zeros({out_channels}), {.trainable = false});
  auto pop_variance = tf::Variable(tf::ones({out_channels}), {.trainable = false});

  const double epsilon = 1e-3;

  auto batch_norm_training = [&] {
    auto [batch_mean, batch_variance] = tf::nn::moments(layer, {0, 1, 2}, {.keep_dims = false});

    const double decay = 0.99;
    auto kept_mean = pop_mean * decay;
    auto new_mean = batch_mean * (1 - decay);
    auto train_mean = tf::assign(pop_mean, kept_mean + new_mean);
    auto kept_variance = pop_variance * decay;
    auto new_variance = batch_variance * (1 - decay);
    auto train_variance = tf::assign(pop_variance, kept_variance + new_variance);

    tf::control_dependencies with({train_mean, train_variance});
    return tf::nn::batch_normalization(layer, batch_mean, batch_variance, beta, gamma, epsilon);
  };

  auto batch_norm_inference = [&] {
    return tf::nn::batch_normalization(layer, pop_mean, pop_variance, beta, gamma, epsilon);
  };

  auto batch_normalized_output = tf::cond(is_training, batch_norm_training, batch_norm_inference);
  return tf::nn::relu(batch_normalized_output);
}

void train(int64_t num_batches, int64_t batch_size, double learning_rate,
           const tf::ExampleOptions& options) {
  // Build placeholders for the input samples and labels
  auto inputs = tf::placeholder(tf::float32, {tf::None, 28, 28, 1});
  auto labels = tf::placeholder(tf::float32, {tf::None, 10});

  // Add placeholder to indicate whether or not we're training the model
  auto is_training = tf::placeholder(tf::bool_);

  // Feed the inputs into a series of 20 convolutional layers
  tf::Output layer = inputs;
  for (int layer_i = 1; layer_i < 20; ++layer_i) {
    layer = conv_layer(layer, layer_i, is_training);
  }

  // Flatten the output from the convolutional layers
  const auto orig_shape = layer.get_shape().as_list();
  layer = tf::reshape(layer, {-1, orig_shape[1] * orig_shape[2] * orig_shape[3]});

  // Add one fully connected layer
  layer = fully_connected(layer, 100, is_training);

  // Create the output layer with 1 node for each
  auto logits = tf::layers::dense(layer, 10);

  // Define loss and training operations
  auto model_loss = tf::reduce_mean(
      tf::nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits}));
  auto train_opt = tf::train::AdamOptimizer(learning_rate).minimize(model_loss);

  // Create operations to test accuracy
  auto predicted = tf::argmax(logits, 1);
  auto expected = tf::argmax(labels, 1);
  auto correct_prediction = tf::equal(predicted, expected);
  auto accuracy = tf::reduce_mean(tf::cast(correct_prediction, tf::float32));

  auto init = tf::global_variables_initializer();
  tf::SaveGraph(options);
  if (num_batches == 0) return;
  auto mnist = options.ReadData();

  // Train and test the network
  tf::Session sess(options.config());
  sess.run(init);
  tf::TrainingLog log(options);
  tf::RestoreVariables(options, sess);
  tf::ProgressBar bar(num_batches);
  for (int64_t batch_i = 0; batch_i < num_batches; ++batch_i) {
    bar.show(batch_i);
    auto [batch_xs, batch_ys] = mnist.train.next_batch(batch_size);

    // train this batch
    sess.run(train_opt, {{inputs, batch_xs}, {labels, batch_ys}, {is_training, true}});

    // Periodically check the validation or training loss and accuracy
    if (batch_i % 100 == 0) {
      auto [loss, acc] =
          sess.run<float, float>({model_loss, accuracy}, {{inputs, mnist.validation.images},
                                                          {labels, mnist.validation.labels},
                                                          {is_training, false}});
      bar.hide();
      std::printf("Batch: %s: Validation loss: %s, Validation accuracy: %s\n",
                  tf::python::format(batch_i, 2).c_str(), tf::python::format(loss, 3, 5).c_str(),
                  tf::python::format(acc, 3, 5).c_str());
      log.Add("validation", batch_i, loss, acc);
    } else if (batch_i % 25 == 0) {
      auto [loss, acc] = sess.run<float, float>(
          {model_loss, accuracy}, {{inputs, batch_xs}, {labels, batch_ys}, {is_training, false}});
      bar.hide();
      std::printf("Batch: %s: Training loss: %s, Training accuracy: %s\n",
                  tf::python::format(batch_i, 2).c_str(), tf::python::format(loss, 3, 5).c_str(),
                  tf::python::format(acc, 3, 5).c_str());
      log.Add("train", batch_i, loss, acc);
    }
  }
  bar.hide();
  tf::SaveVariables(options, sess);

  // At the end, score the final accuracy for both the validation and test sets
  float acc = sess.run<float>(
      accuracy,
      {{inputs, mnist.validation.images}, {labels, mnist.validation.labels}, {is_training, false}});
  std::printf("Final validation accuracy: %s\n", tf::python::format(acc, 3, 5).c_str());
  acc = sess.run<float>(
      accuracy, {{inputs, mnist.test.images}, {labels, mnist.test.labels}, {is_training, false}});
  std::printf("Final test accuracy: %s\n", tf::python::format(acc, 3, 5).c_str());

  // Score the first 100 test images individually, just to make sure batch normalization really
  // worked
  double correct = 0;
  for (int i = 0; i < 100; ++i) {
    correct += sess.run<float>(
        accuracy,
        {{inputs, {mnist.test.images[i]}}, {labels, {mnist.test.labels[i]}}, {is_training, false}});
  }
  std::printf("Accuracy on 100 samples: %s\n", tf::python::str(correct / 100).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  tf::ExampleOptions options;
  tf::FlagSet flags("nn_bn",
                    "Trains 20 convolutional layers on MNIST with tf.nn.batch_normalization.");
  tf::AddFlags(&options, &flags);
  flags.ParseOrExit(argc, argv);
  return tf::RunExample([&] {
    tf::SeedGraph(options);
    train(options.batches, options.batch_size, options.learning_rate, options);
  });
}
