#include "sessile/examples/mnist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "sessile/core/framework/errors.h"
#include "sessile/tests/idx_files.h"
#include "sessile/tests/mnist_data.h"

namespace sessile::input_data {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

// Which image of IdxFolder::WriteDataSet's each one in a batch is.
std::vector<int> Ids(const Tensor& images) {
  std::vector<int> ids;
  const int64_t pixels = images.num_elements() / images.dim(0);
  for (int64_t i = 0; i < images.dim(0); ++i) {
    ids.push_back(static_cast<int>(images.data<float>()[i * pixels] * 255 + 0.5f));
  }
  return ids;
}

std::vector<int> Range(int begin, int end) {
  std::vector<int> ids(static_cast<size_t>(end - begin));
  std::iota(ids.begin(), ids.end(), begin);
  return ids;
}

class MnistTest : public ::testing::Test {
 protected:
  MnistTest() { folder_.WriteDataSet(/*train=*/30, /*test=*/12); }

  DataSets Read(const ReadDataSetsOptions& options) {
    return read_data_sets(folder_.path(), options);
  }
  std::string ErrorOf(const ReadDataSetsOptions& options = {.validation_size = 10}) {
    const absl::StatusOr<DataSets> sets = ReadDataSets(folder_.path(), options);
    return sets.ok() ? "no error" : sets.status().ToString();
  }

  IdxFolder folder_;
  const ReadDataSetsOptions notebook_ = {
      .one_hot = true, .reshape = false, .validation_size = 10, .seed = 1};
};

TEST_F(MnistTest, SplitsValidationFromTheFrontOfTraining) {
  const DataSets mnist = Read(notebook_);
  EXPECT_EQ(Ids(mnist.validation.images), Range(0, 10));
  EXPECT_EQ(Ids(mnist.train.images), Range(10, 30));
  EXPECT_EQ(Ids(mnist.test.images), Range(0, 12));
  EXPECT_EQ(mnist.train.num_examples(), 20);
}

TEST_F(MnistTest, GivesImagesFromZeroToOne) {
  const DataSets mnist = Read(notebook_);
  const Tensor images = mnist.test.images;
  EXPECT_EQ(images.shape(), Shape({12, 28, 28, 1}));
  EXPECT_EQ(images.dtype(), float32);
  EXPECT_THAT(images[11].flat<float>(), Each(11 * static_cast<float>(1.0 / 255.0)));
  const Tensor one = mnist.test.images[11];
  EXPECT_EQ(one.shape(), Shape({28, 28, 1}));
  EXPECT_TRUE(SameTensor(one, images[11]));
}

TEST_F(MnistTest, FlattensImagesByDefault) {
  const DataSets mnist = Read({.validation_size = 0});
  EXPECT_EQ(Tensor(mnist.train.images).shape(), Shape({30, 784}));
  EXPECT_EQ(mnist.train.images[0].shape(), Shape({784}));
  EXPECT_EQ(Tensor(mnist.validation.images).shape(), Shape({0, 784}));
}

TEST_F(MnistTest, GivesLabelsAsNumbersOrOneHot) {
  const Tensor numbers = Read({.validation_size = 10}).test.labels;
  EXPECT_THAT(numbers.flat<uint8_t>(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1));
  const DataSets mnist = Read(notebook_);
  const Tensor one_hot = mnist.test.labels;
  EXPECT_EQ(one_hot.shape(), Shape({12, 10}));
  EXPECT_THAT(one_hot[11].flat<float>(), ElementsAre(0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_TRUE(SameTensor(mnist.test.labels[11], one_hot[11]));
}

TEST_F(MnistTest, BatchesMeetEachExampleOnceAnEpoch) {
  DataSets mnist = Read(notebook_);
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<int> seen;
    for (int i = 0; i < 4; ++i) {
      const auto [images, labels] = mnist.train.next_batch(5);
      ASSERT_EQ(images.shape(), Shape({5, 28, 28, 1}));
      ASSERT_EQ(labels.shape(), Shape({5, 10}));
      const std::vector<int> ids = Ids(images);
      for (int k = 0; k < 5; ++k) EXPECT_EQ(labels[k].flat<float>()[ids[k] % 10], 1);
      seen.insert(seen.end(), ids.begin(), ids.end());
    }
    EXPECT_THAT(seen, UnorderedElementsAreArray(Range(10, 30)));
    EXPECT_NE(seen, Range(10, 30));
  }
  EXPECT_EQ(mnist.train.epochs_completed(), 2);
}

TEST_F(MnistTest, ABatchOverTheEndOfAnEpochHasItsRestAndTheStartOfTheNext) {
  DataSets mnist = Read(notebook_);
  const std::vector<int> first = Ids(mnist.train.next_batch(15).first);
  const std::vector<int> over = Ids(mnist.train.next_batch(15).first);
  EXPECT_EQ(mnist.train.epochs_completed(), 1);
  const std::vector<int> last = Ids(mnist.train.next_batch(10).first);

  std::vector<int> epoch = first;
  epoch.insert(epoch.end(), over.begin(), over.begin() + 5);
  EXPECT_THAT(epoch, UnorderedElementsAreArray(Range(10, 30)));
  std::vector<int> next(over.begin() + 5, over.end());
  next.insert(next.end(), last.begin(), last.end());
  EXPECT_THAT(next, UnorderedElementsAreArray(Range(10, 30)));
  // As in TensorFlow, the data set itself is in the order of the present epoch.
  EXPECT_EQ(Ids(mnist.train.images), next);
}

TEST_F(MnistTest, KeepsTheOrderWithoutShuffling) {
  DataSets mnist = Read(notebook_);
  EXPECT_EQ(Ids(mnist.train.next_batch(15, /*shuffle=*/false).first), Range(10, 25));
  EXPECT_THAT(Ids(mnist.train.next_batch(7, /*shuffle=*/false).first),
              ElementsAre(25, 26, 27, 28, 29, 10, 11));
}

// numpy.random.seed(1), and for each epoch p = numpy.arange(20), numpy.random.shuffle(p), images =
// images[p].
TEST_F(MnistTest, TheOrderIsThatOfNumpy) {
  DataSet train = Read(notebook_).train;
  EXPECT_THAT(Ids(train.next_batch(20).first), ElementsAre(13, 26, 16, 20, 12, 24, 14, 27, 17, 11,
                                                           23, 10, 29, 28, 19, 25, 18, 22, 21, 15));
  EXPECT_THAT(Ids(train.next_batch(20).first), ElementsAre(25, 17, 18, 20, 15, 22, 24, 14, 13, 29,
                                                           26, 11, 28, 27, 12, 16, 19, 23, 10, 21));
  ReadDataSetsOptions other = notebook_;
  other.seed = 2;
  EXPECT_NE(Ids(Read(notebook_).train.next_batch(20).first),
            Ids(Read(other).train.next_batch(20).first));
}

TEST_F(MnistTest, RefusesWrongBatchSizesAndIndices) {
  DataSets mnist = Read(notebook_);
  for (const int64_t size : {-1, 0, 21}) {
    try {
      mnist.train.next_batch(size);
      FAIL() << size;
    } catch (const errors::InvalidArgumentError& e) {
      EXPECT_EQ(e.message(),
                "next_batch: expected a batch size from 1 to 20, the number of examples, got " +
                    std::to_string(size));
    }
  }
  EXPECT_THROW(mnist.test.images[12], errors::OutOfRangeError);
  EXPECT_THROW(mnist.test.labels[-1], errors::OutOfRangeError);
}

TEST_F(MnistTest, ReadsCompressedFilesWherePlainOnesAreMissing) {
  const std::string plain = folder_.file("t10k-labels-idx1-ubyte");
  std::filesystem::remove(plain);
  folder_.WriteGzip("t10k-labels-idx1-ubyte.gz", IdxBytes({12}, std::string(12, '\3')));
  EXPECT_THAT(Tensor(Read({.validation_size = 10}).test.labels).flat<uint8_t>(), Each(3));
}

TEST_F(MnistTest, NamesAMissingFile) {
  const std::string path = folder_.file("t10k-images-idx3-ubyte");
  std::filesystem::remove(path);
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("NOT_FOUND"), HasSubstr(path + ": expected this file or"),
                               HasSubstr("tools/fetch_mnist")));
  EXPECT_THROW(Read(notebook_), errors::NotFoundError);
}

TEST_F(MnistTest, SaysWhereToGetAFileThatIsDamaged) {
  folder_.Write("t10k-labels-idx1-ubyte", "cut");
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("expected a header of 8 bytes, got 3"),
                               HasSubstr("tools/fetch_mnist")));
}

TEST_F(MnistTest, RefusesFilesThatDoNotBelongTogether) {
  const std::string labels = folder_.Write("train-labels-idx1-ubyte", IdxBytes({2}, "\1\2"));
  EXPECT_THAT(ErrorOf(), HasSubstr(labels + ": expected 30 labels, one for each image of"));
  folder_.WriteDataSet(30, 12);
  folder_.Write("t10k-images-idx3-ubyte", IdxBytes({12, 2, 3}, std::string(72, 'x')));
  EXPECT_THAT(ErrorOf(), HasSubstr("expected images of 28 x 28 as in"));
}

TEST_F(MnistTest, RefusesLabelsThatAreNoDigits) {
  const std::string path =
      folder_.Write("t10k-labels-idx1-ubyte", IdxBytes({12}, std::string(11, '\1') + '\12'));
  EXPECT_THAT(ErrorOf(), HasSubstr(path + ": expected labels from 0 to 9, got 10 at 11"));
}

TEST_F(MnistTest, RefusesAnImpossibleValidationSize) {
  EXPECT_THAT(ErrorOf({.validation_size = 31}),
              HasSubstr("Validation size should be between 0 and 30. Received: 31."));
  EXPECT_THAT(ErrorOf({.validation_size = -1}), HasSubstr("Received: -1."));
  EXPECT_EQ(Read({.validation_size = 30}).train.num_examples(), 0);
}

TEST(MnistFilesTest, HoldTheWellKnownDigits) {
  const std::optional<std::string> dir = MnistFolder(DefaultFolder());
  if (!dir) return;
  const DataSets mnist = read_data_sets(*dir, {.reshape = false});
  EXPECT_EQ(mnist.train.num_examples(), 55000);
  const Tensor validation = mnist.validation.labels;
  EXPECT_EQ(validation.num_elements(), 5000);
  EXPECT_THAT(validation.flat<uint8_t>().first(5), ElementsAre(5, 0, 4, 1, 9));
  const Tensor test = mnist.test.labels;
  EXPECT_THAT(test.flat<uint8_t>().first(5), ElementsAre(7, 2, 1, 0, 4));
  const Tensor images = mnist.test.images;
  ASSERT_EQ(images.shape(), Shape({10000, 28, 28, 1}));
  double sum = 0;
  for (float pixel : images.flat<float>()) sum += pixel;
  EXPECT_NEAR(sum / static_cast<double>(images.num_elements()), 0.1325, 1e-4);
}

}  // namespace
}  // namespace sessile::input_data
