// Training on real digits: a small network in this process, and the notebook's programs for a few
// batches.
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/io/file.h"
#include "sessile/examples/mnist.h"
#include "sessile/sessile.h"
#include "sessile/tests/idx_files.h"
#include "sessile/tests/mnist_data.h"
#include "sessile/tests/sanitized.h"
#include "sessile/tests/temp_folder.h"

namespace tf = sessile;

namespace {

using ::testing::HasSubstr;

// The notebook's network with three convolutions instead of twenty.
struct Network {
  tf::Graph graph;
  tf::DefaultGraphScope with = graph.as_default();
  tf::Output images = tf::placeholder(tf::float32, {tf::None, 28, 28, 1});
  tf::Output labels = tf::placeholder(tf::float32, {tf::None, 10});
  tf::Output is_training = tf::placeholder(tf::bool_);
  tf::Output loss, answers, accuracy;
  tf::Operation train;

  Network() {
    tf::set_random_seed(1);
    tf::Output layer = images;
    for (const int filters : {4, 8, 12}) {
      layer = tf::layers::conv2d(layer, filters, 3,
                                 {.strides = 2, .padding = "same", .use_bias = false});
      layer = tf::layers::batch_normalization(layer, {.momentum = 0.8, .training = is_training});
      layer = tf::nn::relu(layer);
    }
    layer = tf::reshape(layer, {-1, 4 * 4 * 12});
    const tf::Output logits = tf::layers::dense(layer, 10);
    loss = tf::reduce_mean(
        tf::nn::sigmoid_cross_entropy_with_logits({.labels = labels, .logits = logits}));
    {
      tf::control_dependencies update(tf::get_collection(tf::GraphKeys::UPDATE_OPS));
      train = tf::train::AdamOptimizer(0.01).minimize(loss);
    }
    answers = tf::argmax(logits, 1);
    const tf::Output expected = tf::argmax(labels, 1);
    accuracy = tf::reduce_mean(tf::cast(tf::equal(answers, expected), tf::float32));
  }
};

struct Trained {
  std::vector<float> losses;
  float accuracy = 0;
  std::vector<int64_t> singly, together;  // the answers to the first 100 test images
};

Trained TrainWith(int threads, const std::string& folder) {
  const Network net;
  auto mnist =
      tf::input_data::read_data_sets(folder, {.one_hot = true, .reshape = false, .seed = 1});
  tf::Session sess(tf::ConfigProto{.intra_op_parallelism_threads = threads});
  sess.run(tf::global_variables_initializer());
  Trained result;
  for (int step = 0; step < 120; ++step) {
    const auto [images, labels] = mnist.train.next_batch(64);
    const auto values =
        sess.run({net.loss, net.train},
                 {{net.images, images}, {net.labels, labels}, {net.is_training, true}});
    result.losses.push_back(values[0].scalar<float>());
  }
  result.accuracy = sess.run<float>(net.accuracy, {{net.images, mnist.validation.images},
                                                   {net.labels, mnist.validation.labels},
                                                   {net.is_training, false}});
  std::vector<tf::Tensor> first;
  for (int i = 0; i < 100; ++i) first.push_back(mnist.test.images[i]);
  for (const tf::Tensor& image : first) {
    const tf::Tensor answer =
        sess.run(net.answers, {{net.images, {image}}, {net.is_training, false}});
    result.singly.push_back(answer.flat<int64_t>()[0]);
  }
  const tf::Tensor answers = sess.run(net.answers, {{net.images, first}, {net.is_training, false}});
  result.together.assign(answers.flat<int64_t>().begin(), answers.flat<int64_t>().end());
  return result;
}

TEST(TrainingTest, ANetworkLearnsTheDigitsWithAnyNumberOfThreads) {
  const std::optional<std::string> folder = sessile::MnistFolder(tf::input_data::DefaultFolder());
  if (!folder) return;
  const Trained one = TrainWith(1, *folder);
  EXPECT_LT(one.losses.back(), one.losses.front() / 4);
  EXPECT_GT(one.accuracy, 0.9);
  ASSERT_EQ(one.singly.size(), one.together.size());
  int differing = 0;
  for (size_t i = 0; i < one.singly.size(); ++i) differing += one.singly[i] != one.together[i];
  EXPECT_LE(differing, 1);
  const Trained four = TrainWith(4, *folder);
  EXPECT_EQ(four.losses, one.losses);
  EXPECT_EQ(four.accuracy, one.accuracy);
  EXPECT_EQ(four.singly, one.singly);
}

// What a program of the examples prints.
std::string OutputOf(const std::string& command) {
  const tf::TempFolder folder;
  const std::string file = folder.file("output");
  const std::string line =
      absl::StrCat("'", SESSILE_EXAMPLES_DIR, "'/", command, " > '", file, "' 2>&1 < /dev/null");
  const int status = std::system(line.c_str());
  const std::string text = *tf::ReadFile(file);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << line << "\n" << text;
  return text;
}

// The number that follows `before` in `text`.
double NumberAfter(const std::string& text, const std::string& before) {
  const size_t at = text.find(before);
  EXPECT_NE(at, std::string::npos) << "no '" << before << "' in\n" << text;
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + before.size());
}

class ProgramTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ProgramTest, LearnsInAFewBatches) {
  std::optional<std::string> folder = sessile::MnistFolder(tf::input_data::DefaultFolder());
  if (!folder) return;
  // With sanitizers the evaluations of all digits alone would take minutes.
  const sessile::IdxFolder few;
  if (sessile::kSanitized) {
    few.WriteDataSet(5200, 200);
    folder = few.path();
  }
  const int batches = sessile::kSanitized ? 1 : 26;
  const std::string text = OutputOf(
      absl::StrCat(GetParam(), " --batches ", batches, " --seed 1 --data '", *folder, "'"));
  EXPECT_THAT(text, HasSubstr("Batch:  0: Validation loss: "));
  EXPECT_THAT(text, HasSubstr("Final validation accuracy: "));
  EXPECT_THAT(text, HasSubstr("Accuracy on 100 samples: "));
  if (sessile::kSanitized) return;
  // The averages that inference uses are far behind yet, so the accuracy says nothing; the loss
  // does.
  EXPECT_LT(NumberAfter(text, "Batch: 25: Training loss: "),
            NumberAfter(text, "Batch:  0: Validation loss: ") - 0.05);
}

INSTANTIATE_TEST_SUITE_P(Examples, ProgramTest, ::testing::Values("layers_bn", "nn_bn"),
                         [](const auto& program) { return program.param; });

}  // namespace
