// MNIST as TensorFlow 1's tutorials read it (input_data.read_data_sets):
//
//   auto mnist = tf::input_data::read_data_sets(dir, {.one_hot = true, .reshape = false});
//   auto [batch_xs, batch_ys] = mnist.train.next_batch(64);   // float [64,28,28,1], float [64,10]
//   tf::Tensor all = mnist.validation.images;                 // float [5000,28,28,1]
//   tf::Tensor one = mnist.test.images[0];                    // float [28,28,1]
//
// Images stay bytes in memory; a Tensor of them, in 0 to 1, is made on demand. As Python's objects,
// copies of a DataSet are the same data set. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "sessile/core/framework/tensor.h"

namespace sessile::input_data {

struct ReadDataSetsOptions {
  bool one_hot = false;
  // Images as [784] instead of [28,28,1].
  bool reshape = true;
  // How many of the first training examples become the validation set.
  int64_t validation_size = 5000;
  // Of the order of batches, which is that of TensorFlow's data sets if numpy.random.seed(seed) is
  // called once they are read; without one, each call has an order of its own.
  std::optional<uint32_t> seed = std::nullopt;
};

namespace internal {
class Examples;
}

// The images of a data set, in its present order: each byte x as x * float(1/255).
class Images {
 public:
  explicit Images(std::shared_ptr<const internal::Examples> examples)
      : examples_(std::move(examples)) {}
  int64_t size() const;
  // All of them, [n,28,28,1] or [n,784].
  operator Tensor() const;  // NOLINT: meant to convert
  // One of them, [28,28,1] or [784]. Throws errors::OutOfRangeError.
  Tensor operator[](int64_t i) const;

 private:
  std::shared_ptr<const internal::Examples> examples_;
};

// Their labels: with one_hot float [n,10] (TensorFlow has float64 there, and feeds it as float32),
// else uint8 [n].
class Labels {
 public:
  explicit Labels(std::shared_ptr<const internal::Examples> examples)
      : examples_(std::move(examples)) {}
  int64_t size() const;
  operator Tensor() const;  // NOLINT: meant to convert
  // One of them, float [10] or a uint8 scalar. Throws errors::OutOfRangeError.
  Tensor operator[](int64_t i) const;

 private:
  std::shared_ptr<const internal::Examples> examples_;
};

class DataSet {
 public:
  explicit DataSet(std::shared_ptr<internal::Examples> examples);

  Images images;
  Labels labels;

  int64_t num_examples() const { return images.size(); }
  int64_t epochs_completed() const;

  // The next examples, images and labels. Each epoch begins by shuffling; a batch over its end has
  // what is left of it and then the first ones of the next epoch. Throws
  // errors::InvalidArgumentError unless 0 < batch_size <= num_examples().
  std::pair<Tensor, Tensor> next_batch(int64_t batch_size, bool shuffle = true);

 private:
  std::shared_ptr<internal::Examples> examples_;
};

struct DataSets {
  DataSet train;
  DataSet validation;
  DataSet test;
};

// Where tools/fetch_mnist puts the four files unless told otherwise:
// ${XDG_CACHE_HOME:-$HOME/.cache}/sessile/mnist.
std::string DefaultFolder();

// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
// t10k-labels-idx1-ubyte, each plain or with .gz, from `dir`. NOT_FOUND for a missing file,
// INVALID_ARGUMENT for a damaged one or for files that do not belong together, with the file's
// name, what was expected and what came.
absl::StatusOr<DataSets> ReadDataSets(const std::string& dir, const ReadDataSetsOptions& options);

// The same with TensorFlow's name; throws the error's class.
DataSets read_data_sets(const std::string& dir, const ReadDataSetsOptions& options = {});

}  // namespace sessile::input_data
