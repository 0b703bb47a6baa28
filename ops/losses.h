// tf.losses: losses that are weighted, averaged, and collected.
//
//   tf::losses::softmax_cross_entropy(labels, logits);
//   tf::losses::mean_squared_error(targets, values, {.weights = 0.5});
//   auto train_op = optimizer.minimize(tf::losses::get_total_loss());
//
// Each is a scalar of the collection LOSSES: the sum of weight * loss, divided by the number of
// elements whose weight is not zero (or as `reduction` says). `weights` is a number, or a tensor
// whose dimensions are those of the losses or 1. Throw errors::InvalidArgumentError where shapes do
// not fit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sessile/core/graph/output.h"
#include "sessile/ops/input.h"

namespace sessile::losses {

enum class Reduction {
  NONE,                    // the weighted losses as they are
  SUM,                     // their sum
  MEAN,                    // divided by the sum of weights
  SUM_OVER_BATCH_SIZE,     // ... by the number of losses
  SUM_BY_NONZERO_WEIGHTS,  // ... by the number of weights that are not zero
};

struct LossOptions {
  Input weights = 1.0;
  std::string scope = {};
  std::string loss_collection = "losses";  // "": none
  Reduction reduction = Reduction::SUM_BY_NONZERO_WEIGHTS;
};
// What all the others end with.
Output compute_weighted_loss(Input losses, const LossOptions& options = {});

Output absolute_difference(Input labels, Input predictions, const LossOptions& options = {});
Output mean_squared_error(Input labels, Input predictions, const LossOptions& options = {});

// max(0, 1 - (2 * labels - 1) * logits), for labels 0 and 1.
Output hinge_loss(Input labels, Input logits, const LossOptions& options = {});

// -labels * log(predictions + epsilon) - (1 - labels) * log(1 - predictions + epsilon).
struct LogLossOptions {
  Input weights = 1.0;
  double epsilon = 1e-7;
  std::string scope = {};
  std::string loss_collection = "losses";
  Reduction reduction = Reduction::SUM_BY_NONZERO_WEIGHTS;
};
Output log_loss(Input labels, Input predictions, const LogLossOptions& options = {});

// 1 - sum(labels * predictions) along `axis`, for vectors of length 1.
Output cosine_distance(Input labels, Input predictions, int64_t axis,
                       const LossOptions& options = {});

// Half the squared error where it is below `delta`, linear beyond.
struct HuberOptions {
  Input weights = 1.0;
  double delta = 1.0;
  std::string scope = {};
  std::string loss_collection = "losses";
  Reduction reduction = Reduction::SUM_BY_NONZERO_WEIGHTS;
};
Output huber_loss(Input labels, Input predictions, const HuberOptions& options = {});

// With label_smoothing the labels are drawn towards 1/2, or towards an equal part for each class.
struct CrossEntropyOptions {
  Input weights = 1.0;
  double label_smoothing = 0.0;
  std::string scope = {};
  std::string loss_collection = "losses";
  Reduction reduction = Reduction::SUM_BY_NONZERO_WEIGHTS;
};
Output sigmoid_cross_entropy(Input multi_class_labels, Input logits,
                             const CrossEntropyOptions& options = {});
Output softmax_cross_entropy(Input onehot_labels, Input logits,
                             const CrossEntropyOptions& options = {});
Output sparse_softmax_cross_entropy(Input labels, Input logits, const LossOptions& options = {});

void add_loss(const Output& loss, const std::string& loss_collection = "losses");
std::vector<Output> get_losses(const std::string& scope = {});
std::vector<Output> get_regularization_losses(const std::string& scope = {});
// The sum of all regularization losses; 0 if there are none.
Output get_regularization_loss(const std::string& scope = {},
                               const std::string& name = "total_regularization_loss");
// The sum of all losses, regularization included unless told otherwise.
Output get_total_loss(bool add_regularization_losses = true,
                      const std::string& name = "total_loss");

}  // namespace sessile::losses
