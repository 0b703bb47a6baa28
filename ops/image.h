// tf.image: sizes of images [batch, height, width, channels].
//
//   auto small = tf::image::resize_bilinear(images, {14, 14});
//
// As elsewhere in ops/: nodes go to the graph of the inputs, errors are thrown.
#pragma once

#include <string>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile::image {

struct ResizeOptions {
  bool align_corners = false;       // the corner pixels keep their places
  bool half_pixel_centers = false;  // pixels are squares, and no points
  std::string name = {};
};
// Images of `size` {height, width}: each pixel is interpolated from four (the result is float32),
// or is the nearest one.
Output resize_bilinear(Input images, Input size, const ResizeOptions& options = {});
Output resize_nearest_neighbor(Input images, Input size, const ResizeOptions& options = {});

}  // namespace sessile::image
