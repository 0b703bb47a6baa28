// tf.image: sizes of images [batch, height, width, channels], their patches, and boxes in them.
//
//   auto small = tf::image::resize_bilinear(images, {14, 14});
//
// As elsewhere in ops/: nodes go to the graph of the inputs, errors are thrown.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile::image {

struct ResizeOptions {
  bool align_corners = false;       // the corner pixels keep their places
  bool half_pixel_centers = false;  // pixels are squares, and no points
  std::string name = {};
};
// Images of `size` {height, width}: each pixel is interpolated from four or from sixteen (the
// result is float32), or is the nearest one.
Output resize_bilinear(Input images, Input size, const ResizeOptions& options = {});
Output resize_bicubic(Input images, Input size, const ResizeOptions& options = {});
Output resize_nearest_neighbor(Input images, Input size, const ResizeOptions& options = {});

struct ImagePatchesOptions {
  std::vector<int64_t> sizes = {};    // {1, rows, columns, 1} of the window; required
  std::vector<int64_t> strides = {};  // from one window to the next, in the same form; required
  std::vector<int64_t> rates = {1, 1, 1, 1};  // from one pixel of a window to the next
  std::string padding = "VALID";              // or "SAME"
  std::string name = {};
};
// What a window sees at each of its places: [batch, places down, places across, rows * columns *
// channels], with zeros for pixels outside of the image. There is no gradient yet.
Output extract_image_patches(Input images, const ImagePatchesOptions& options);

struct NonMaxSuppressionOptions {
  Input iou_threshold = 0.5;  // boxes that have more in common (intersection by union) overlap
  Input score_threshold = -std::numeric_limits<double>::infinity();
  std::string name = {};
};
// The numbers of at most `max_output_size` of the `boxes` [n, 4], each {y1, x1, y2, x2} of two
// opposite corners: the best by `scores` [n], without those that overlap better ones.
Output non_max_suppression(Input boxes, Input scores, Input max_output_size,
                           const NonMaxSuppressionOptions& options = {});

}  // namespace sessile::image
