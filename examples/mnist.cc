#include "sessile/examples/mnist.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/examples/idx.h"

namespace sessile::input_data {
namespace internal {

constexpr int kClasses = 10;
constexpr const char* kAdvice = "; tools/fetch_mnist DIR gets the data set";

// The content of a pair of files; several data sets may use parts of it.
struct Bytes {
  std::string images_path;  // for messages
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;

  int64_t count() const { return static_cast<int64_t>(labels.size()); }
  int64_t pixels_per_image() const { return height * width; }
};

// Some examples of a pair of files, in an order.
class Examples {
 public:
  Examples(std::shared_ptr<const Bytes> bytes, std::vector<uint32_t> order,
           const ReadDataSetsOptions& options, uint32_t seed)
      : bytes_(std::move(bytes)),
        order_(std::move(order)),
        one_hot_(options.one_hot),
        flat_(options.reshape),
        random_(seed) {}

  int64_t size() const { return static_cast<int64_t>(order_.size()); }
  std::span<const uint32_t> order() const { return order_; }
  int64_t epochs() const { return epochs_; }

  absl::StatusOr<Tensor> ImagesOf(std::span<const uint32_t> rows) const;
  absl::StatusOr<Tensor> LabelsOf(std::span<const uint32_t> rows) const;
  absl::StatusOr<std::pair<Tensor, Tensor>> NextBatch(int64_t batch_size, bool shuffle);

 private:
  void Shuffle();

  std::shared_ptr<const Bytes> bytes_;
  std::vector<uint32_t> order_;
  bool one_hot_;
  bool flat_;
  std::mt19937 random_;
  int64_t position_ = 0;  // in the epoch
  int64_t epochs_ = 0;
};

absl::StatusOr<Tensor> Examples::ImagesOf(std::span<const uint32_t> rows) const {
  const int64_t n = static_cast<int64_t>(rows.size());
  const int64_t pixels = bytes_->pixels_per_image();
  const Shape shape = flat_ ? Shape({n, pixels}) : Shape({n, bytes_->height, bytes_->width, 1});
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DataTypeOf<float>::value, shape));
  float* out = tensor.mutable_data<float>();
  constexpr auto kScale = static_cast<float>(1.0 / 255.0);
  for (uint32_t row : rows) {
    const uint8_t* in = bytes_->pixels.data() + row * pixels;
    for (int64_t i = 0; i < pixels; ++i) *out++ = static_cast<float>(in[i]) * kScale;
  }
  return tensor;
}

absl::StatusOr<Tensor> Examples::LabelsOf(std::span<const uint32_t> rows) const {
  const int64_t n = static_cast<int64_t>(rows.size());
  if (!one_hot_) {
    SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(DataTypeOf<uint8_t>::value, {n}));
    uint8_t* out = tensor.mutable_data<uint8_t>();
    for (uint32_t row : rows) *out++ = bytes_->labels[row];
    return tensor;
  }
  SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Zeros(DataTypeOf<float>::value, {n, kClasses}));
  float* out = tensor.mutable_data<float>();
  for (uint32_t row : rows) {
    out[bytes_->labels[row]] = 1;
    out += kClasses;
  }
  return tensor;
}

absl::StatusOr<std::pair<Tensor, Tensor>> Examples::NextBatch(int64_t batch_size, bool shuffle) {
  if (batch_size < 1 || batch_size > size()) {
    return InvalidArgument("next_batch: expected a batch size from 1 to ", size(),
                           ", the number of examples, got ", batch_size);
  }
  if (shuffle && epochs_ == 0 && position_ == 0) Shuffle();
  const auto take = [&](int64_t n) {
    const auto begin = order_.begin() + position_;
    position_ += n;
    return std::vector<uint32_t>(begin, begin + n);
  };
  const int64_t left = size() - position_;
  std::vector<uint32_t> rows = take(std::min(batch_size, left));
  if (batch_size > left) {
    ++epochs_;
    if (shuffle) Shuffle();
    position_ = 0;
    const std::vector<uint32_t> more = take(batch_size - left);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  SESSILE_ASSIGN_OR_RETURN(Tensor images, ImagesOf(rows));
  SESSILE_ASSIGN_OR_RETURN(Tensor labels, LabelsOf(rows));
  return std::pair(std::move(images), std::move(labels));
}

// numpy.random.shuffle, as its RandomState draws: Fisher and Yates, each number below a bound by
// the lower bits of draws until one fits.
void Examples::Shuffle() {
  for (size_t last = order_.size(); last-- > 1;) {
    const auto mask = static_cast<uint32_t>(std::bit_ceil(last + 1) - 1);
    size_t draw = random_() & mask;
    while (draw > last) draw = random_() & mask;
    std::swap(order_[last], order_[draw]);
  }
}

namespace {

// The element of `all` that a user asked for.
absl::StatusOr<std::span<const uint32_t>> RowAt(std::span<const uint32_t> all, int64_t i) {
  if (i < 0 || i >= static_cast<int64_t>(all.size())) {
    return absl::OutOfRangeError(
        absl::StrCat("index ", i, " is out of range for a data set of ", all.size(), " examples"));
  }
  return all.subspan(static_cast<size_t>(i), 1);
}

// `dir`/`name`, or with .gz if only that is there.
absl::StatusOr<std::string> Find(const std::string& dir, const std::string& name) {
  const std::string plain = (std::filesystem::path(dir) / name).string();
  std::error_code error;
  for (const std::string& path : {plain, plain + ".gz"}) {
    if (std::filesystem::exists(path, error)) return path;
  }
  return NotFound(plain, ": expected this file or ", name, ".gz, got neither", kAdvice);
}

absl::StatusOr<IdxArray> ReadOrAdvise(const std::string& path, int rank) {
  absl::StatusOr<IdxArray> array = ReadIdx(path, rank);
  if (array.ok()) return array;
  return WithSuffix(array.status(), kAdvice);
}

absl::StatusOr<std::shared_ptr<const Bytes>> ReadPair(const std::string& dir,
                                                      const std::string& stem) {
  auto bytes = std::make_shared<Bytes>();
  SESSILE_ASSIGN_OR_RETURN(bytes->images_path, Find(dir, stem + "-images-idx3-ubyte"));
  SESSILE_ASSIGN_OR_RETURN(const std::string labels_path, Find(dir, stem + "-labels-idx1-ubyte"));
  SESSILE_ASSIGN_OR_RETURN(IdxArray images, ReadOrAdvise(bytes->images_path, 3));
  SESSILE_ASSIGN_OR_RETURN(IdxArray labels, ReadOrAdvise(labels_path, 1));
  if (images.dims[0] != labels.dims[0]) {
    return InvalidArgument(labels_path, ": expected ", images.dims[0],
                           " labels, one for each image of ", bytes->images_path, ", got ",
                           labels.dims[0]);
  }
  const auto wrong = std::find_if(labels.bytes.begin(), labels.bytes.end(),
                                  [](uint8_t label) { return label >= kClasses; });
  if (wrong != labels.bytes.end()) {
    return InvalidArgument(labels_path, ": expected labels from 0 to ", kClasses - 1, ", got ",
                           int{*wrong}, " at ", wrong - labels.bytes.begin());
  }
  bytes->height = images.dims[1];
  bytes->width = images.dims[2];
  bytes->pixels = std::move(images.bytes);
  bytes->labels = std::move(labels.bytes);
  return bytes;
}

}  // namespace
}  // namespace internal

using internal::Bytes;
using internal::Examples;

int64_t Images::size() const { return examples_->size(); }

Images::operator Tensor() const {
  return errors::ValueOrThrow(examples_->ImagesOf(examples_->order()));
}

Tensor Images::operator[](int64_t i) const {
  const auto row = errors::ValueOrThrow(internal::RowAt(examples_->order(), i));
  return errors::ValueOrThrow(examples_->ImagesOf(row))[0];
}

int64_t Labels::size() const { return examples_->size(); }

Labels::operator Tensor() const {
  return errors::ValueOrThrow(examples_->LabelsOf(examples_->order()));
}

Tensor Labels::operator[](int64_t i) const {
  const auto row = errors::ValueOrThrow(internal::RowAt(examples_->order(), i));
  return errors::ValueOrThrow(examples_->LabelsOf(row))[0];
}

DataSet::DataSet(std::shared_ptr<Examples> examples)
    : images(examples), labels(examples), examples_(std::move(examples)) {}

int64_t DataSet::epochs_completed() const { return examples_->epochs(); }

std::pair<Tensor, Tensor> DataSet::next_batch(int64_t batch_size, bool shuffle) {
  return errors::ValueOrThrow(examples_->NextBatch(batch_size, shuffle));
}

std::string DefaultFolder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string cache = variable("XDG_CACHE_HOME");
  if (cache.empty()) cache = variable("HOME") + "/.cache";
  return cache + "/sessile/mnist";
}

absl::StatusOr<DataSets> ReadDataSets(const std::string& dir, const ReadDataSetsOptions& options) {
  SESSILE_ASSIGN_OR_RETURN(const std::shared_ptr<const Bytes> train,
                           internal::ReadPair(dir, "train"));
  SESSILE_ASSIGN_OR_RETURN(const std::shared_ptr<const Bytes> test,
                           internal::ReadPair(dir, "t10k"));
  if (test->height != train->height || test->width != train->width) {
    return InvalidArgument(test->images_path, ": expected images of ", train->height, " x ",
                           train->width, " as in ", train->images_path, ", got ", test->height,
                           " x ", test->width);
  }
  const int64_t validation_size = options.validation_size;
  if (validation_size < 0 || validation_size > train->count()) {
    return InvalidArgument("Validation size should be between 0 and ", train->count(),
                           ". Received: ", validation_size, ".");
  }
  const uint32_t seed = options.seed ? *options.seed : std::random_device()();
  // Each has a generator of its own: batches of one do not depend on those taken from another.
  const auto data_set = [&](const std::shared_ptr<const Bytes>& bytes, int64_t begin, int64_t end) {
    std::vector<uint32_t> order(static_cast<size_t>(end - begin));
    std::iota(order.begin(), order.end(), static_cast<uint32_t>(begin));
    return DataSet(std::make_shared<Examples>(bytes, std::move(order), options, seed));
  };
  return DataSets{.train = data_set(train, validation_size, train->count()),
                  .validation = data_set(train, 0, validation_size),
                  .test = data_set(test, 0, test->count())};
}

DataSets read_data_sets(const std::string& dir, const ReadDataSetsOptions& options) {
  return errors::ValueOrThrow(ReadDataSets(dir, options));
}

}  // namespace sessile::input_data
