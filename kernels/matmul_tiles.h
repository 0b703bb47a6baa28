// float32 matrix products by loops of our own, on tiles of results in vector registers: for b as it
// is and of many columns, whose rows lie so far apart that oneDNN takes up to twice as long.
#pragma once

#include <memory>

#include "sessile/core/framework/kernel.h"
#include "sessile/kernels/matmul_dims.h"

namespace sessile {

// Null for shapes, and on machines, that these loops are not made for.
std::unique_ptr<Prepared> TiledMatMul(const MatMulDims& dims);

}  // namespace sessile
