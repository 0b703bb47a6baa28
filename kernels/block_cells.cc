// LSTMBlockCell, LSTMBlockCellGrad and GRUBlockCell: a row of the batch after the other. With xh =
// [x, h_prev] and the gates of LSTM in the order i, ci, f, o:
//
//   i = sigmoid((xh w + b)_i + cs_prev wci)        ci = tanh((xh w + b)_ci)
//   f = sigmoid((xh w + b)_f + forget_bias + cs_prev wcf)
//   cs = ci i + cs_prev f, cut to [-cell_clip, cell_clip] if that is above 0
//   o = sigmoid((xh w + b)_o + cs wco)             co = tanh(cs)            h = co o
//
// (peepholes wci, wcf, wco only with use_peephole), and of GRU:
//
//   [r, u] = sigmoid(xh w_ru + b_ru)     c = tanh([x, h_prev r] w_c + b_c)     h = u h_prev + (1 -
//   u) c

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/blocks.h"
#include "sessile/kernels/numeric.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"
#include "sessile/kernels/vector_math.h"

namespace sessile {
namespace {

struct CellSizes {
  int64_t batch = 0;
  int64_t inputs = 0;
  int64_t cells = 0;
};

absl::Status ExpectCellShape(const PrepareContext& ctx, int input, const char* name,
                             const Shape& wanted) {
  if (ctx.input_shape(input) == wanted) return absl::OkStatus();
  return InvalidArgument(name, " must have shape ", wanted.ToString(), ", got ",
                         ctx.input_shape(input).ToString());
}

// x is input 0, the state of shape [batch, cells] is input 1.
absl::StatusOr<CellSizes> CellSizesOf(const PrepareContext& ctx, const char* state) {
  const Shape& x = ctx.input_shape(0);
  const Shape& previous = ctx.input_shape(1);
  if (x.rank() != 2) return InvalidArgument("x must be rank 2 but is rank ", x.rank());
  if (previous.rank() != 2) {
    return InvalidArgument(state, " must be rank 2 but is rank ", previous.rank());
  }
  if (previous.dim(0) != x.dim(0)) {
    return InvalidArgument(state, ".dims(0) != batch_size: ", previous.dim(0), " vs. ", x.dim(0));
  }
  const CellSizes sizes = {x.dim(0), x.dim(1), previous.dim(1)};
  const std::array<int64_t, 2> gates = {sizes.batch, 4};
  SESSILE_RETURN_IF_ERROR(Shape::FromDims(gates).status());
  if (sizes.cells > (int64_t{1} << 29) || sizes.inputs > (int64_t{1} << 29)) {
    return InvalidArgument("a cell of ", sizes.inputs, " inputs and ", sizes.cells,
                           " outputs is too large");
  }
  return sizes;
}

// sums[j] += sum over k of row[k] * weights[k, j]; `scale` multiplies
// the row where it is not null.
template <typename T>
void AddProducts(const T* row, const T* scale, int64_t count, const T* weights, int64_t columns,
                 Wide<T>* sums) {
  for (int64_t k = 0; k < count; ++k) {
    const Wide<T> value = scale == nullptr ? Widen(row[k]) : Widen(row[k]) * Widen(scale[k]);
    const T* const w = weights + k * columns;
    for (int64_t j = 0; j < columns; ++j) sums[j] += value * Widen(w[j]);
  }
}

template <typename W>
W LogisticOf(W x) {
  return vector_math::Sigmoid(x);
}

template <typename T>
class LstmCell final : public Prepared {
 public:
  enum { kX, kState, kH, kW, kWci, kWcf, kWco, kB };
  using W = Wide<T>;

  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const CellSizes s, CellSizesOf(ctx, "cs_prev"));
    SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, kH, "h_prev", ctx.input_shape(kState)));
    SESSILE_RETURN_IF_ERROR(
        ExpectCellShape(ctx, kW, "w", Shape({s.inputs + s.cells, 4 * s.cells})));
    SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, kB, "b", Shape({4 * s.cells})));
    SESSILE_ASSIGN_OR_RETURN(const bool peepholes, ctx.Attr<bool>("use_peephole"));
    if (peepholes) {
      constexpr std::array<const char*, 3> kNames = {"wci", "wcf", "wco"};
      for (int i = 0; i < 3; ++i) {
        SESSILE_RETURN_IF_ERROR(
            ExpectCellShape(ctx, kWci + i, kNames[static_cast<size_t>(i)], Shape({s.cells})));
      }
    }
    SESSILE_ASSIGN_OR_RETURN(const float forget_bias, ctx.Attr<float>("forget_bias"));
    SESSILE_ASSIGN_OR_RETURN(const float clip, ctx.Attr<float>("cell_clip"));
    return std::make_unique<LstmCell>(ctx, s, peepholes, forget_bias, clip);
  }

  LstmCell(const PrepareContext& ctx, const CellSizes& sizes, bool peepholes, float forget_bias,
           float clip)
      : s_(sizes), peepholes_(peepholes), forget_bias_(forget_bias), clip_(clip) {
    for (int i = 0; i < 7; ++i) AddOutput(DataTypeOf<T>::value, ctx.input_shape(kState));
    if (s_.batch == 0 || s_.cells == 0) return;
    AddPhase(BlocksOfWork(
        s_.batch, static_cast<double>(s_.inputs + s_.cells) * 4 * static_cast<double>(s_.cells)));
    SetScratch(num_blocks(0), static_cast<size_t>(4 * s_.cells) * sizeof(W));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    W* const gates = scratch.slot<W>(block);
    const int64_t n = s_.cells;
    for (const int64_t b : BlockRange(s_.batch, block, num_blocks(0))) {
      const T* const weights = in[kW].template data<T>();
      for (int64_t j = 0; j < 4 * n; ++j) gates[j] = Widen(in[kB].template data<T>()[j]);
      AddProducts<T>(in[kX].template data<T>() + b * s_.inputs, nullptr, s_.inputs, weights, 4 * n,
                     gates);
      AddProducts<T>(in[kH].template data<T>() + b * n, nullptr, n, weights + s_.inputs * 4 * n,
                     4 * n, gates);
      for (int64_t c = 0; c < n; ++c) Step(in, out, gates, b, c);
    }
    return absl::OkStatus();
  }

 private:
  void Step(Inputs in, Outputs out, const W* gates, int64_t b, int64_t c) const {
    const int64_t n = s_.cells;
    const auto peephole = [&](int i, W state) {
      return peepholes_ ? state * Widen(in[static_cast<size_t>(i)].template data<T>()[c]) : W{0};
    };
    const W previous = Widen(in[kState].template data<T>()[b * n + c]);
    const W i = LogisticOf(gates[c] + peephole(kWci, previous));
    const W ci = vector_math::Tanh(gates[n + c]);
    const W f =
        LogisticOf(gates[2 * n + c] + static_cast<W>(forget_bias_) + peephole(kWcf, previous));
    W cs = i * ci + f * previous;
    const W clip = static_cast<W>(clip_);
    if (clip > 0) cs = cs < -clip ? -clip : cs > clip ? clip : cs;
    const W o = LogisticOf(gates[3 * n + c] + peephole(kWco, cs));
    const W co = vector_math::Tanh(cs);
    const std::array<W, 7> results = {i, cs, f, o, ci, co, o * co};
    for (size_t k = 0; k < results.size(); ++k) {
      out[k].template data<T>()[b * n + c] = Narrow<T>(results[k]);
    }
  }

  const CellSizes s_;
  const bool peepholes_;
  const float forget_bias_;
  const float clip_;
};

// With d... the gradients: do = o (1 - o) h_grad co;  dcs = (1 - co^2) h_grad o + cs_grad + do wco;
// dci = (1 - ci^2) dcs i;  df = f (1 - f) dcs cs_prev;  di = i (1 - i) dcs ci;
// cs_prev_grad = dcs f + di wci + df wcf. Those of peepholes are sums over the batch.
template <typename T>
class LstmCellGrad final : public Prepared {
 public:
  enum { kX, kState, kH, kW, kWci, kWcf, kWco, kB, kI, kCs, kF, kO, kCi, kCo, kCsGrad, kHGrad };
  using W = Wide<T>;

  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const CellSizes s, CellSizesOf(ctx, "cs_prev"));
    constexpr std::array<const char*, 8> kNames = {"i",  "cs", "f",       "o",
                                                   "ci", "co", "cs_grad", "h_grad"};
    for (int i = 0; i < 8; ++i) {
      SESSILE_RETURN_IF_ERROR(
          ExpectCellShape(ctx, kI + i, kNames[static_cast<size_t>(i)], ctx.input_shape(kState)));
    }
    SESSILE_ASSIGN_OR_RETURN(const bool peepholes, ctx.Attr<bool>("use_peephole"));
    for (int i = kWci; i <= kWco; ++i) {
      SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, i, "a peephole", Shape({s.cells})));
    }
    const std::array<int64_t, 2> gates = {s.batch, 4 * s.cells};
    SESSILE_ASSIGN_OR_RETURN(const Shape gate_shape, Shape::FromDims(gates));
    return std::make_unique<LstmCellGrad>(ctx, s, peepholes, gate_shape);
  }

  LstmCellGrad(const PrepareContext& ctx, const CellSizes& sizes, bool peepholes,
               const Shape& gates)
      : s_(sizes), peepholes_(peepholes) {
    AddOutput(DataTypeOf<T>::value, ctx.input_shape(kState));
    AddOutput(DataTypeOf<T>::value, gates);
    for (int i = 0; i < 3; ++i) AddOutput(DataTypeOf<T>::value, Shape({s_.cells}));
    AddPhase(BlocksOf(s_.cells, s_.batch * 14 * static_cast<int64_t>(sizeof(T))));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int,
                   int64_t block) const override {
    const int64_t n = s_.cells;
    for (const int64_t c : BlockRange(n, block, num_blocks(0))) {
      std::array<double, 3> sums = {0, 0, 0};
      for (int64_t b = 0; b < s_.batch; ++b) Step(in, out, b, c, &sums);
      for (size_t k = 0; k < 3; ++k) {
        out[2 + k].template data<T>()[c] = Narrow<T>(static_cast<W>(sums[k]));
      }
    }
    return absl::OkStatus();
  }

 private:
  void Step(Inputs in, Outputs out, int64_t b, int64_t c, std::array<double, 3>* sums) const {
    const int64_t n = s_.cells;
    const auto at = [&](int i) {
      return Widen(in[static_cast<size_t>(i)].template data<T>()[b * n + c]);
    };
    const auto peephole = [&](int i) {
      return Widen(in[static_cast<size_t>(i)].template data<T>()[c]);
    };
    const W one = 1;
    const W by_o = at(kO) * (one - at(kO)) * at(kHGrad) * at(kCo);
    W by_state = (one - at(kCo) * at(kCo)) * at(kHGrad) * at(kO) + at(kCsGrad);
    if (peepholes_) by_state += by_o * peephole(kWco);
    const W by_ci = (one - at(kCi) * at(kCi)) * by_state * at(kI);
    const W by_f = at(kF) * (one - at(kF)) * by_state * at(kState);
    const W by_i = at(kI) * (one - at(kI)) * by_state * at(kCi);
    W by_previous = by_state * at(kF);
    if (peepholes_) {
      by_previous += by_i * peephole(kWci) + by_f * peephole(kWcf);
      (*sums)[0] += static_cast<double>(by_i * at(kState));
      (*sums)[1] += static_cast<double>(by_f * at(kState));
      (*sums)[2] += static_cast<double>(by_o * at(kCs));
    }
    out[0].template data<T>()[b * n + c] = Narrow<T>(by_previous);
    T* const gates = out[1].template data<T>() + b * 4 * n + c;
    const std::array<W, 4> grads = {by_i, by_ci, by_f, by_o};
    for (size_t k = 0; k < 4; ++k) gates[static_cast<int64_t>(k) * n] = Narrow<T>(grads[k]);
  }

  const CellSizes s_;
  const bool peepholes_;
};

template <typename T>
class GruCell final : public Prepared {
 public:
  enum { kX, kH, kWru, kWc, kBru, kBc };

  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const CellSizes s, CellSizesOf(ctx, "h_prev"));
    const int64_t rows = s.inputs + s.cells;
    SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, kWru, "w_ru", Shape({rows, 2 * s.cells})));
    SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, kWc, "w_c", Shape({rows, s.cells})));
    SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, kBru, "b_ru", Shape({2 * s.cells})));
    SESSILE_RETURN_IF_ERROR(ExpectCellShape(ctx, kBc, "b_c", Shape({s.cells})));
    return std::make_unique<GruCell>(ctx, s);
  }
  GruCell(const PrepareContext& ctx, const CellSizes& sizes) : s_(sizes) {
    for (int i = 0; i < 4; ++i) AddOutput(DataTypeOf<T>::value, ctx.input_shape(kH));
    if (s_.batch == 0 || s_.cells == 0) return;
    AddPhase(BlocksOfWork(
        s_.batch, static_cast<double>(s_.inputs + s_.cells) * 3 * static_cast<double>(s_.cells)));
    SetScratch(num_blocks(0), static_cast<size_t>(2 * s_.cells) * sizeof(T));
  }

  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch scratch, int,
                   int64_t block) const override {
    T* const sums = scratch.slot<T>(block);
    const int64_t n = s_.cells;
    for (const int64_t b : BlockRange(s_.batch, block, num_blocks(0))) {
      const T* const x = in[kX].template data<T>() + b * s_.inputs;
      const T* const h = in[kH].template data<T>() + b * n;
      std::array<T*, 4> to = {};
      for (size_t k = 0; k < 4; ++k) to[k] = out[k].template data<T>() + b * n;
      const auto [r, u, c, next] = to;
      const auto multiply = [&](int weights, int bias, const T* scale, int64_t columns) {
        const T* const w = in[static_cast<size_t>(weights)].template data<T>();
        std::copy_n(in[static_cast<size_t>(bias)].template data<T>(), columns, sums);
        AddProducts<T>(x, nullptr, s_.inputs, w, columns, sums);
        AddProducts<T>(h, scale, n, w + s_.inputs * columns, columns, sums);
      };
      multiply(kWru, kBru, nullptr, 2 * n);
      for (int64_t i = 0; i < n; ++i) r[i] = LogisticOf(sums[i]);
      for (int64_t i = 0; i < n; ++i) u[i] = LogisticOf(sums[n + i]);
      multiply(kWc, kBc, r, n);
      for (int64_t i = 0; i < n; ++i) {
        c[i] = vector_math::Tanh(sums[i]);
        next[i] = u[i] * h[i] + (T{1} - u[i]) * c[i];
      }
    }
    return absl::OkStatus();
  }

 private:
  const CellSizes s_;
};

}  // namespace

void RegisterBlockCells(KernelRegistry& kernels) {
  kernels.Add<LstmCell>("LSTMBlockCell").For<TypeList<float, Half>>("T");
  kernels.Add<LstmCell>("LSTMBlockCell").For<TypeList<double>>("T").YardstickOnly();
  kernels.Add<LstmCellGrad>("LSTMBlockCellGrad").For<TypeList<float, Half>>("T");
  kernels.Add<LstmCellGrad>("LSTMBlockCellGrad").For<TypeList<double>>("T").YardstickOnly();
  kernels.Add<GruCell>("GRUBlockCell").For<TypeList<float>>("T");
  kernels.Add<GruCell>("GRUBlockCell").For<TypeList<double>>("T").YardstickOnly();
}

}  // namespace sessile
