// What TensorBoard shows of a training: numbers, distributions, images and texts.
//
//   tf::summary::scalar("loss", loss);
//   tf::summary::histogram("weights", w);
//   auto merged = tf::summary::merge_all();
//   tf::summary::FileWriter writer("/tmp/logs", sess.graph());
//   for (int step = 0; ...; ++step) {
//     auto values = sess.run({merged, train_op}, feeds);
//     writer.add_summary(values[0], step);
//   }
//
// Each builder gives a string tensor, the bytes of a Summary message, and adds it to `collections`
// (by default GraphKeys::SUMMARIES). The name becomes the tag under which TensorBoard shows it,
// with the name scope before it; characters that no name may have become underscores. A `family`
// stands before the tag. As elsewhere in ops/: nodes go to the graph of the inputs, errors are
// thrown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/file_writer.h"
#include "sessile/ops/input.h"

namespace sessile::summary {

struct SummaryOptions {
  std::optional<std::vector<std::string>> collections = {};
  std::string family = {};
};
// A number.
Output scalar(std::string_view name, Input tensor, const SummaryOptions& options = {});
// How the elements of `values` are distributed. A run fails for NaN and infinity.
Output histogram(std::string_view name, Input values, const SummaryOptions& options = {});

struct ImageSummaryOptions {
  int64_t max_outputs = 3;
  std::optional<std::vector<std::string>> collections = {};
  std::string family = {};
};
// The first images of a batch [batch, height, width, channels] with 1 (grey), 3 (RGB) or 4 (RGBA)
// channels. uint8 is shown as it is; floats are scaled so that the largest is 255, or if there are
// negative ones so that 0 is 128.
Output image(std::string_view name, Input tensor, const ImageSummaryOptions& options = {});

struct TextSummaryOptions {
  std::optional<std::vector<std::string>> collections = {};
};
// Strings, which TensorBoard shows as Markdown; a vector or a matrix becomes a table.
Output text(std::string_view name, Input tensor, const TextSummaryOptions& options = {});

struct MergeSummaryOptions {
  std::vector<std::string> collections = {};
  std::string name = {};
};
// Several summaries as one. A run fails if two of them have the same tag.
Output merge(const InputList& inputs, const MergeSummaryOptions& options = {});

struct MergeAllOptions {
  std::string key = "summaries";  // GraphKeys::SUMMARIES
  std::string scope = {};         // those whose names begin so
  std::string name = {};
};
// All summaries of the default graph as one; empty if there are none.
Output merge_all(const MergeAllOptions& options = {});

}  // namespace sessile::summary
