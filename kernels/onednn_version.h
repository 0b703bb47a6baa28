// What oneDNN 2 and oneDNN 3 write differently, and no other file needs to know.
//
//   auto candidates = onednn::Describe<dnnl::matmul>(engine, attr, a, b, c);
//   do { ... candidates.impl_info_str() ... } while (candidates.next_impl());
//   dnnl::matmul product(candidates);
//
// Sizes, descriptors and attributes are oneDNN's. All of it may throw dnnl::error.
#pragma once

#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

namespace sessile::onednn {

#if DNNL_VERSION_MAJOR >= 3

// A primitive descriptor whose next_impl() may be called as long as it lives, moved or not.
template <typename Primitive>
using Candidates = typename Primitive::primitive_desc;

// `operation` is what the primitive computes, in the order of oneDNN's own constructors.
template <typename Primitive, typename... Operation>
Candidates<Primitive> Describe(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                               const Operation&... operation) {
  return {engine, operation..., attr};
}

// The same of a gradient; `forward` describes the primitive that it is the gradient of.
template <typename Primitive, typename Forward, typename... Operation>
Candidates<Primitive> DescribeGradient(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                                       const Forward& forward, const Operation&... operation) {
  return {engine, operation..., forward, attr};
}

inline void AppendRelu(dnnl::post_ops& post_ops) {
  post_ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
}

inline dnnl::memory::dims DimsOf(const dnnl::memory::desc& desc) { return desc.get_dims(); }

#else

// Keeps the operation descriptor alive, which next_impl() refers to.
template <typename Primitive>
class Candidates : public Primitive::primitive_desc {
 public:
  using Operation = typename Primitive::desc;
  template <typename... Forward>
  Candidates(std::shared_ptr<const Operation> operation, const dnnl::engine& engine,
             const dnnl::primitive_attr& attr, const Forward&... forward)
      : Primitive::primitive_desc(*operation, attr, engine, forward...),
        operation_(std::move(operation)) {}

 private:
  std::shared_ptr<const Operation> operation_;
};

template <typename Primitive, typename... Operation>
Candidates<Primitive> Describe(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                               const Operation&... operation) {
  return {std::make_shared<const typename Primitive::desc>(operation...), engine, attr};
}

template <typename Primitive, typename Forward, typename... Operation>
Candidates<Primitive> DescribeGradient(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                                       const Forward& forward, const Operation&... operation) {
  return {std::make_shared<const typename Primitive::desc>(operation...), engine, attr, forward};
}

inline void AppendRelu(dnnl::post_ops& post_ops) {
  post_ops.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
}

inline dnnl::memory::dims DimsOf(const dnnl::memory::desc& desc) { return desc.dims(); }

#endif

}  // namespace sessile::onednn
