// Functions of complex numbers make TensorFlow's nodes and compute its values, and so do their
// gradients.

#include <complex>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/session/session.h"
#include "sessile/ops/array.h"
#include "sessile/ops/constant.h"
#include "sessile/ops/gradients.h"
#include "sessile/ops/linalg.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/ops/operators.h"
#include "sessile/ops/variable.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/graph_listing.h"

namespace sessile {
namespace {

using Case = std::pair<std::string, std::function<Output(const Output& z, const Output& w)>>;
using Complex = std::complex<float>;
using UnaryFn = Output (*)(Input, std::string_view);
using BinaryFn = Output (*)(Input, Input, std::string_view);

Case Of(std::string name, UnaryFn fn) {
  return {std::move(name), [fn](const Output& z, const Output&) { return fn(z, {}); }};
}
Case Of(std::string name, BinaryFn fn) {
  return {std::move(name), [fn](const Output& z, const Output& w) { return fn(z, w, {}); }};
}

std::vector<Case> CasesOfOneNumber() {
  return {
      Of("negative", negative), Of("exp", exp),     Of("expm1", expm1),
      Of("log", log),           Of("log1p", log1p), Of("reciprocal", reciprocal),
      Of("rsqrt", rsqrt),       Of("sqrt", sqrt),   Of("square", square),
      Of("sign", sign),         Of("tanh", tanh),   Of("sigmoid", sigmoid),
      Of("sin", sin),           Of("cos", cos),     Of("tan", tan),
      Of("asin", asin),         Of("acos", acos),   Of("atan", atan),
      Of("sinh", sinh),         Of("cosh", cosh),   Of("asinh", asinh),
      Of("acosh", acosh),       Of("atanh", atanh), Of("conj", conj),
      Of("abs", abs),           Of("real", real),   Of("imag", imag),
      Of("angle", angle),
  };
}

std::vector<Case> CasesOfSeveral() {
  return {
      Of("add", add),
      Of("subtract", subtract),
      Of("multiply", multiply),
      Of("truediv", truediv),
      Of("divide_no_nan", div_no_nan),
      Of("pow", pow),
      Of("xlogy", xlogy),
      Of("xdivy", xdivy),
      {"complex",
       [](auto& z, auto& w) {
         const Output re = real(z);
         return complex(re, imag(w));
       }},
      {"broadcast", [](auto& z, auto& w) { return z * reduce_sum(w, {.axis = 0}); }},
      {"reduce_sum", [](auto& z, auto& w) { return reduce_sum(z * w, {.axis = 1}); }},
      {"reduce_mean", [](auto& z, auto&) { return reduce_mean(z, {.axis = 0}); }},
      {"reduce_prod", [](auto& z, auto&) { return reduce_prod(z, {.axis = 1}); }},
      {"cumsum", [](auto& z, auto&) { return cumsum(z, 1); }},
      {"matmul", [](auto& z, auto& w) { return matmul(z, w, {.transpose_b = true}); }},
      {"matmul adjoint", [](auto& z, auto& w) { return matmul(z, w, {.adjoint_a = true}); }},
      {"batch matmul",
       [](auto& z, auto& w) {
         const Output batch = expand_dims(z, 0);
         return matmul(batch, expand_dims(w, 0), {.adjoint_b = true});
       }},
      {"batch matmul transposed",
       [](auto& z, auto& w) {
         const Output batch = expand_dims(z, 0);
         return matmul(batch, expand_dims(w, 0), {.transpose_a = true});
       }},
      {"einsum",
       [](auto& z, auto& w) {
         return einsum("ij,kj->ik", {z, w});
       }},
      {"add_n",
       [](auto& z, auto& w) {
         return add_n({z, w, z});
       }},
      {"segment_sum",
       [](auto& z, auto&) {
         return segment_sum(z, {0, 0});
       }},
  };
}

Output Square(const Output& z, const Output& w) { return matmul(z, w, {.adjoint_b = true}); }

std::vector<Case> CasesOfMatrices() {
  return {
      {"inv", [](auto& z, auto& w) { return linalg::inv(Square(z, w)); }},
      {"inv adjoint",
       [](auto& z, auto& w) { return linalg::inv(Square(z, w), {.adjoint = true}); }},
      {"det", [](auto& z, auto& w) { return linalg::det(Square(z, w)); }},
      {"solve", [](auto& z, auto& w) { return linalg::solve(Square(z, w), z); }},
      {"solve adjoint",
       [](auto& z, auto& w) { return linalg::solve(Square(z, w), z, {.adjoint = true}); }},
  };
}

// Those of tests/golden/complex.py.
std::vector<Case> Cases() {
  std::vector<Case> cases = CasesOfOneNumber();
  for (Case& named : CasesOfSeveral()) cases.push_back(std::move(named));
  for (Case& named : CasesOfMatrices()) cases.push_back(std::move(named));
  return cases;
}

// y of a case, and the gradients of its loss by z and w.
struct Built {
  Output z = placeholder(complex64, {2, 3}, "z");
  Output w = placeholder(complex64, {2, 3}, "w");
  std::map<std::string, Output> wanted;

  explicit Built(const Case& named) {
    const Output y = named.second(z, w);
    const Output re = real(y);
    const Output loss = reduce_sum(re + 0.5 * imag(y));
    const std::vector<Output> grads = gradients(loss, {z, w});
    wanted = {{"y", y}, {"dz", grads[0]}, {"dw", grads[1]}};
  }
};

TEST(ComplexTest, NodesAreTensorFlows) {
  for (const Case& named : Cases()) {
    SCOPED_TRACE(named.first);
    const Graph graph;
    const DefaultGraphScope with = graph.as_default();
    const Built built(named);
    ExpectListing("complex.txt", named.first, graph);
  }
}

Tensor Numbers(int64_t re_seed, double re_scale, int64_t im_seed, double im_scale) {
  const Tensor re = Wave({2, 3}, re_seed, re_scale), im = Wave({2, 3}, im_seed, im_scale);
  std::vector<Complex> numbers;
  for (size_t i = 0; i < 6; ++i) numbers.emplace_back(re.flat<float>()[i], im.flat<float>()[i]);
  return errors::ValueOrThrow(Tensor::FromValues<Complex>({2, 3}, numbers));
}

// Real part, imaginary part, ..., or real numbers as they are.
std::vector<double> Parts(const Tensor& tensor) {
  std::vector<double> parts;
  if (tensor.dtype() == float32) {
    parts.assign(tensor.flat<float>().begin(), tensor.flat<float>().end());
    return parts;
  }
  for (const Complex& number : tensor.flat<Complex>()) {
    parts.push_back(number.real());
    parts.push_back(number.imag());
  }
  return parts;
}

TEST(ComplexTest, ValuesAreTensorFlows) {
  const auto golden = ReadGoldenValues("complex_values.txt");
  const Tensor z = Numbers(1, 2.0, 400, 1.5), w = Numbers(700, 1.5, 52, 2.0);
  for (const Case& named : Cases()) {
    const Graph graph;
    const DefaultGraphScope with = graph.as_default();
    const Built built(named);
    Session session;
    for (const auto& [key, output] : built.wanted) {
      if (!output.has_value()) continue;
      const std::string name = absl::StrReplaceAll(named.first, {{" ", "_"}}) + "_" + key;
      ASSERT_TRUE(golden.contains(name)) << name;
      const Tensor found = session.run(output, {{built.z, z}, {built.w, w}});
      EXPECT_THAT(Parts(found), ::testing::Pointwise(::testing::DoubleNear(2e-5), golden.at(name)))
          << name;
    }
  }
}

// A step of an optimizer on z, with inputs as tests/golden/complex.py makes them.
struct Step {
  const char* op;
  std::string_view inputs;
};

Output Build(const Step& step, const Tensor& z, const Tensor& w) {
  OpBuilder builder(step.op);
  builder.Input(Variable(z).ref());
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const float k = static_cast<float>(i + 1);
    switch (step.inputs[i]) {
      case 's': {
        const Output scaled = complex(k, 0.0f) * w;
        builder.Input(Variable(z + scaled).ref());
        break;
      }
      case 'r':
        builder.Input(complex(0.2f + 0.05f * k, 0.05f * k));
        break;
      case 'i':
        builder.Input({1, 0});
        break;
      default:
        builder.Input(w);
    }
  }
  return builder.Build();
}

TEST(ComplexTest, StepsOfOptimizersAreTensorFlows) {
  const auto golden = ReadGoldenValues("complex_values.txt");
  const Tensor z = Numbers(1, 2.0, 400, 1.5), w = Numbers(700, 1.5, 52, 2.0);
  for (const Step& step : {Step{"ApplyGradientDescent", "rg"},
                           {"ApplyMomentum", "srgr"},
                           {"ApplyAdagrad", "srg"},
                           {"ApplyAdagradV2", "srrg"},
                           {"ApplyAdadelta", "ssrrrg"},
                           {"ApplyAdam", "ssrrrrrrg"},
                           {"ApplyRMSProp", "ssrrrrg"},
                           {"ApplyCenteredRMSProp", "sssrrrrg"},
                           {"SparseApplyMomentum", "srgir"},
                           {"SparseApplyAdagrad", "srgi"}}) {
    const Graph graph;
    const DefaultGraphScope with = graph.as_default();
    const Output after = Build(step, z, w);
    Session session;
    session.run(global_variables_initializer());
    EXPECT_THAT(Parts(session.run(after)),
                ::testing::Pointwise(::testing::DoubleNear(2e-5), golden.at(step.op)))
        << step.op;
  }
}

TEST(ComplexTest, ConjugatesOfRealVariablesAreReadWhereTheyAreUsed) {
  const Graph graph;
  const DefaultGraphScope with = graph.as_default();
  const Variable v({1.0, 2.0}, {.name = "v", .use_resource = true});
  const Output read = conj(v);
  EXPECT_EQ(read.op().type(), "ReadVariableOp");
  EXPECT_EQ(read.name(), "Conj/ReadVariableOp:0");
  const Output tensor = identity(v);
  EXPECT_EQ(conj(tensor), tensor);
}

}  // namespace
}  // namespace sessile
