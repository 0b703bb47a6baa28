#include "sessile/bench/raw/convolution.h"

#include <omp.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sessile::bench::raw {
namespace {

constexpr auto kDirect = dnnl::algorithm::convolution_direct;

struct Descs {
  Desc input, weights, bias, output;
  Dims stride, pad_before, pad_after;
};

Descs DescsOf(const ConvLayer& l, int64_t batch) {
  return {FloatDesc({batch, l.in, l.size, l.size}, Tag::nhwc),
          FloatDesc({l.out, l.in, 3, 3}, Tag::any),
          FloatDesc({l.out}, Tag::a),
          FloatDesc({batch, l.out, l.out_size, l.out_size}, Tag::nhwc),
          {l.stride, l.stride},
          {l.pad_before, l.pad_before},
          {l.pad_after, l.pad_after}};
}

bool IsReference(const char* name) { return std::strstr(name, "ref") != nullptr; }

// Below this many microseconds a second thread costs more than it gives.
constexpr double kWorthThreads = 6;

using ArgumentDescs = std::vector<std::pair<int, Desc>>;

// Times every implementation on one thread, which other processes disturb least, and makes the
// fastest one for as many threads as its work is worth. A reference implementation is taken only
// where there is no other. next_impl() leads from one to the next, which is why oneDNN's cache has
// to be off.
template <typename Primitive, typename Make, typename Arguments>
auto Fastest(const char* what, int max_threads, const Make& make, const Arguments& arguments) {
  Chosen<typename Primitive::primitive_desc> best;
  std::string name;
  omp_set_num_threads(1);
  auto desc = make();
  do {
    if (IsReference(desc.impl_info_str()) && !name.empty()) break;
    const double time = MicrosecondsOf(Primitive(desc), 1, arguments(desc));
    if (name.empty() || time < best.microseconds) {
      best.microseconds = time;
      name = desc.impl_info_str();
    }
  } while (!IsReference(desc.impl_info_str()) && desc.next_impl());

  best.threads = best.microseconds < kWorthThreads ? 1 : max_threads;
  omp_set_num_threads(best.threads);
  auto candidates = make();
  while (name != candidates.impl_info_str()) {
    if (!candidates.next_impl()) throw std::runtime_error("lost implementation " + name);
  }
  best.desc = candidates;
  if (std::getenv("RAW_ONEDNN_VERBOSE") != nullptr) {
    std::fprintf(stderr, "%s %s: %.1f us on one thread, takes %d\n", what, name.c_str(),
                 best.microseconds, best.threads);
  }
  return best;
}

Chosen<ForwardDesc> Forward(const ConvLayer& layer, int64_t batch, int threads, bool inference) {
  const Descs d = DescsOf(layer, batch);
  dnnl::primitive_attr attributes = UserScratchpad();
  if (inference) {
    dnnl::post_ops relu;
    onednn::AppendRelu(relu);
    attributes.set_post_ops(relu);
  }
  using Forward = dnnl::convolution_forward;
  const auto make = [&] {
    if (inference) {
      return onednn::Describe<Forward>(Engine(), attributes, dnnl::prop_kind::forward_inference,
                                       kDirect, d.input, d.weights, d.bias, d.output, d.stride,
                                       d.pad_before, d.pad_after);
    }
    return onednn::Describe<Forward>(Engine(), attributes, dnnl::prop_kind::forward_training,
                                     kDirect, d.input, d.weights, d.output, d.stride, d.pad_before,
                                     d.pad_after);
  };
  return Fastest<Forward>("forward", threads, make, [&](const ForwardDesc& made) {
    return ArgumentDescs{{DNNL_ARG_SRC, made.src_desc()},
                         {DNNL_ARG_WEIGHTS, made.weights_desc()},
                         {DNNL_ARG_BIAS, inference ? d.bias : Desc()},
                         {DNNL_ARG_DST, made.dst_desc()},
                         {DNNL_ARG_SCRATCHPAD, made.scratchpad_desc()}};
  });
}

}  // namespace

Desc FilterDesc(const ConvLayer& layer) {
  return FloatDesc({layer.out, layer.in, 3, 3}, Tag::hwio);
}

Chosen<ForwardDesc> TrainingForward(const ConvLayer& layer, int64_t batch, int threads) {
  return Forward(layer, batch, threads, false);
}

Chosen<ForwardDesc> InferenceForward(const ConvLayer& layer, int64_t batch, int threads) {
  return Forward(layer, batch, threads, true);
}

Chosen<BackwardDataDesc> BackwardData(const ConvLayer& layer, int64_t batch, int threads,
                                      const ForwardDesc& forward) {
  const Descs d = DescsOf(layer, batch);
  using Backward = dnnl::convolution_backward_data;
  return Fastest<Backward>(
      "backward data", threads,
      [&] {
        return onednn::DescribeGradient<Backward>(Engine(), UserScratchpad(), forward, kDirect,
                                                  d.input, d.weights, d.output, d.stride,
                                                  d.pad_before, d.pad_after);
      },
      [](const BackwardDataDesc& made) {
        return ArgumentDescs{{DNNL_ARG_DIFF_SRC, made.diff_src_desc()},
                             {DNNL_ARG_WEIGHTS, made.weights_desc()},
                             {DNNL_ARG_DIFF_DST, made.diff_dst_desc()},
                             {DNNL_ARG_SCRATCHPAD, made.scratchpad_desc()}};
      });
}

Chosen<BackwardWeightsDesc> BackwardWeights(const ConvLayer& layer, int64_t batch, int threads,
                                            const ForwardDesc& forward) {
  const Descs d = DescsOf(layer, batch);
  using Backward = dnnl::convolution_backward_weights;
  const auto make = [&](const Desc& weights) {
    return onednn::DescribeGradient<Backward>(Engine(), UserScratchpad(), forward, kDirect, d.input,
                                              weights, d.output, d.stride, d.pad_before,
                                              d.pad_after);
  };
  const auto fastest = [&](const Desc& weights) {
    return Fastest<Backward>(
        "backward weights", threads, [&] { return make(weights); },
        [](const BackwardWeightsDesc& made) {
          return ArgumentDescs{{DNNL_ARG_SRC, made.src_desc()},
                               {DNNL_ARG_DIFF_WEIGHTS, made.diff_weights_desc()},
                               {DNNL_ARG_DIFF_DST, made.diff_dst_desc()},
                               {DNNL_ARG_SCRATCHPAD, made.scratchpad_desc()}};
        });
  };
  const Chosen<BackwardWeightsDesc> free = fastest(d.weights);
  if (free.desc.diff_weights_desc() == forward.weights_desc()) return free;
  try {
    if (IsReference(make(forward.weights_desc()).impl_info_str())) return free;
  } catch (const dnnl::error&) {
    return free;
  }
  // Another layout costs a reorder of the gradient.
  const Chosen<BackwardWeightsDesc> same = fastest(forward.weights_desc());
  const dnnl::reorder::primitive_desc reorder(Engine(), free.desc.diff_weights_desc(), Engine(),
                                              forward.weights_desc());
  const double copy = MicrosecondsOf(
      dnnl::reorder(reorder), 1,
      {{DNNL_ARG_FROM, free.desc.diff_weights_desc()}, {DNNL_ARG_TO, forward.weights_desc()}});
  return same.microseconds <= free.microseconds + copy ? same : free;
}

}  // namespace sessile::bench::raw
