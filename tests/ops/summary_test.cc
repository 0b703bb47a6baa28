// Summaries are TensorFlow's: nodes, and the bytes of the messages.

#include "sessile/ops/summary.h"

#include <zlib.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/core/io/proto_io.h"
#include "sessile/ops/array.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/math.h"
#include "sessile/proto/summary.pb.h"
#include "sessile/tests/graph_listing.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class SummaryTest : public ::testing::Test {
 protected:
  const Graph graph_;
  const DefaultGraphScope with_ = graph_.as_default();
};

std::map<std::string, std::string> ReadSummaries() {
  std::map<std::string, std::string> golden;
  std::ifstream file(SESSILE_TEST_DATA_DIR "/summary_values.txt");
  std::string name;
  std::string hex;
  while (file >> name >> hex) golden[name] = absl::HexStringToBytes(hex);
  return golden;
}

uint32_t BigEndian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes.at(i));
  return value;
}

// The pixels of a PNG file of 8 bits that has one IDAT chunk and the filters "none" and "up".
std::string Pixels(const std::string& png, size_t height, size_t row) {
  std::string rows(height * (row + 1), '\0');
  size_t at = 8;
  while (png.compare(at + 4, 4, "IDAT") != 0) at += BigEndian(png, at) + 12;
  uLongf size = rows.size();
  EXPECT_EQ(Z_OK,
            uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                       reinterpret_cast<const Bytef*>(png.data()) + at + 8, BigEndian(png, at)));
  std::string pixels;
  for (size_t y = 0; y < height; ++y) {
    const char filter = rows.at(y * (row + 1));
    EXPECT_TRUE(filter == 0 || filter == 2) << static_cast<int>(filter);
    for (size_t i = 0; i < row; ++i) {
      const char above = y == 0 || filter == 0 ? '\0' : pixels.at((y - 1) * row + i);
      pixels.push_back(static_cast<char>(rows.at(y * (row + 1) + 1 + i) + above));
    }
  }
  return pixels;
}

// With an image's pixels in place of its file, as summary.py writes it.
std::string WithPixels(const std::string& bytes) {
  pb::Summary message;
  EXPECT_TRUE(ParseProto(bytes, &message, "a summary").ok());
  for (pb::Summary::Value& value : *message.mutable_value()) {
    if (!value.has_image()) continue;
    pb::Summary::Image& image = *value.mutable_image();
    const auto row = static_cast<size_t>(image.width() * image.colorspace());
    image.set_encoded_image_string(
        Pixels(image.encoded_image_string(), static_cast<size_t>(image.height()), row));
  }
  return message.SerializeAsString();
}

TEST_F(SummaryTest, BuildersMakeTensorFlowsNodes) {
  const Output x = placeholder(float32, {None, 3}, "x");
  const Output s = placeholder(float32, Shape(), "s");
  summary::scalar("loss", s);
  {
    const name_scope scope("train");
    summary::scalar("rate of learning", s);
    summary::scalar("loss", 0.5, {.family = "losses"});
    summary::histogram("weights", x);
    summary::histogram("unseen", x, {.collections = {{"other"}}});
  }
  summary::scalar("loss", s);
  summary::image("pictures", placeholder(float32, {None, 4, 4, 3}, "i"));
  summary::image("one", placeholder(uint8, {1, 4, 4, 1}, "u"), {.max_outputs = 1});
  summary::text("note", constant("text"));
  summary::merge_all();
  const std::vector<Output> other = get_collection<Output>("other");
  summary::merge({other.begin(), other.end()}, {.name = "few"});
  summary::merge_all({.scope = "train"});
  ExpectListing("summary.txt", "builders", graph_);
}

// A default stands in a node as it stands in the operation's definition, not packed.
TEST_F(SummaryTest, TheColourOfWhatIsNoNumberIsWrittenAsTensorFlowDoes) {
  summary::image("pictures", placeholder(float32, {1, 4, 4, 3}));
  EXPECT_THAT(
      *graph_.as_graph_def().SerializeToText(),
      ::testing::ContainsRegex("int_val: 255[ \n]+int_val: 0[ \n]+int_val: 0[ \n]+int_val: 255"));
}

TEST_F(SummaryTest, ValuesAreTensorFlowsBytes) {
  const Output numbers =
      constant({0.0, 1.0, -1.5, 3e-5, 2e10, 1.0, 1e-14, -7.0, 1e30}, {.dtype = float64});
  std::vector<float> floats(12);
  for (size_t i = 0; i < floats.size(); ++i) {
    floats[i] = static_cast<float>(-1.0 + 3.0 * static_cast<double>(i) / 11.0);
  }
  floats[8] = std::numeric_limits<float>::quiet_NaN();
  const Output image = constant(floats, {.shape = Shape({1, 2, 2, 3})});
  const Output a = summary::scalar("a", 1.0);
  const Output b = summary::scalar("b", 2.0);
  const std::map<std::string, Output> summaries = {
      {"scalar", summary::scalar("loss", 0.25)},
      {"integer", summary::scalar("step", 7)},
      {"histogram", summary::histogram("h", numbers)},
      {"empty", summary::histogram("nothing", zeros({0}))},
      {"merged", summary::merge({a, b})},
      {"text", summary::text("note", constant({"one", "two"}))},
      {"grey", summary::image("grey", constant({{{{0}, {10}}, {{20}, {255}}}}, {.dtype = uint8}))},
      {"signed", summary::image("signed", image)},
      {"positive", summary::image("positive", abs(image), {.max_outputs = 1})},
  };
  const auto golden = ReadSummaries();
  ASSERT_EQ(golden.size(), summaries.size());
  Session session;
  for (const auto& [name, bytes] : golden) {
    SCOPED_TRACE(name);
    EXPECT_EQ(
        absl::BytesToHexString(WithPixels(session.run(summaries.at(name)).scalar<std::string>())),
        absl::BytesToHexString(bytes));
  }
}

TEST_F(SummaryTest, RefusesWhatCannotBeShown) {
  Session session;
  const auto error = [&](const Output& summary) { return ErrorOf([&] { session.run(summary); }); };
  const Output nan = constant(std::numeric_limits<double>::quiet_NaN());
  EXPECT_NE(error(summary::histogram("h", nan)).find("Nan in summary histogram for: h"),
            std::string::npos);
  EXPECT_NE(error(summary::image("i", zeros({2, 3, 3, 2}))).find("with last dim 1, 3, or 4"),
            std::string::npos);
  EXPECT_NE(error(summary::image("e", zeros({1, 0, 3, 1}))).find("A PNG cannot have 0 rows"),
            std::string::npos);
  EXPECT_NE(error(summary::scalar("v", zeros({2}))).find("are not the same shape"),
            std::string::npos);
  const Output same = summary::scalar("same", 1.0);
  EXPECT_NE(error(summary::merge({same, same})).find("Duplicate tag same"), std::string::npos);
  EXPECT_NE(error(summary::merge({"no message"})).find("one of the summary inputs"),
            std::string::npos);
  EXPECT_NE(ErrorOf([] { summary::text("t", 1.0); }).size(), 0);
}

TEST_F(SummaryTest, MergeAllOfNothingIsEmpty) { EXPECT_FALSE(summary::merge_all().has_value()); }

}  // namespace
}  // namespace sessile
