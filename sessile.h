// Sessile: TensorFlow 1 graphs and sessions for C++. The one include.
//
//   #include "sessile/sessile.h"
//   namespace tf = sessile;
//
// Each header below documents its part; docs/porting.md puts Python and C++ side by side.
#pragma once

// Graphs, tensors, errors.
#include "sessile/core/framework/data_type.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/shape.h"
#include "sessile/core/framework/tensor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/graph_def.h"
#include "sessile/core/graph/import.h"
#include "sessile/core/graph/output.h"
#include "sessile/core/graph/scope.h"

// Running them.
#include "sessile/core/session/session.h"

// Building them.
#include "sessile/ops/array.h"
#include "sessile/ops/assert.h"
#include "sessile/ops/check.h"
#include "sessile/ops/checkpoints.h"
#include "sessile/ops/collection_ref.h"
#include "sessile/ops/collections.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/control_flow.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/graph_util.h"
#include "sessile/ops/grouping.h"
#include "sessile/ops/higher_order.h"
#include "sessile/ops/image.h"
#include "sessile/ops/indexed_slices.h"
#include "sessile/ops/initializers.h"
#include "sessile/ops/layers.h"
#include "sessile/ops/linalg.h"
#include "sessile/ops/losses.h"
#include "sessile/ops/math.h"
#include "sessile/ops/meta_graph.h"
#include "sessile/ops/nn.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/quantization.h"
#include "sessile/ops/random.h"
#include "sessile/ops/regularizers.h"
#include "sessile/ops/saved_model.h"
#include "sessile/ops/saver.h"
#include "sessile/ops/state.h"
#include "sessile/ops/summary.h"
#include "sessile/ops/tensor_array.h"
#include "sessile/ops/train.h"
#include "sessile/ops/variable.h"
#include "sessile/ops/variable_scope.h"

// Operations and kernels of one's own.
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/op_registry.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/ops/grad_context.h"
#include "sessile/ops/op_builder.h"

namespace sessile {

// "0.1.0".
const char* version();

}  // namespace sessile
