#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sessile/core/graph/scope.h"
#include "sessile/ops/math.h"
#include "sessile/ops/op_builder.h"
#include "sessile/sessile.h"
#include "sessile/tests/front_testing.h"
#include "sessile/tests/golden_values.h"
#include "sessile/tests/op_testing.h"

namespace sessile {
namespace {

class BlockCellsTest : public FrontTest {
 protected:
  // x, cs_prev, h_prev, w, wci, wcf, wco, b of 3 rows, 4 inputs and 5 cells.
  std::vector<Output> LstmInputs() const {
    std::vector<Output> inputs;
    for (const Tensor& value :
         {Wave({3, 4}, 1, 2), Wave({3, 5}, 2, 2), Wave({3, 5}, 3), Wave({9, 20}, 4), Wave({5}, 6),
          Wave({5}, 7), Wave({5}, 8), Wave({20}, 5)}) {
      inputs.push_back(constant(value));
    }
    return inputs;
  }
};

OpBuilder WithInputs(const char* op, const std::vector<Output>& inputs) {
  OpBuilder builder(op);
  for (const Output& input : inputs) builder.Input(input);
  return builder;
}

TEST_F(BlockCellsTest, InfersShapes) {
  ExpectShape("LSTMBlockCell", "[3,4];[?,5];?;?;?;?;?;?",
              "[3,5];[3,5];[3,5];[3,5];[3,5];[3,5];[3,5]");
  ExpectShape("GRUBlockCell", "[?,4];[?,5];?;?;?;?", "[?,5];[?,5];[?,5];[?,5]");
  ExpectShapeError("GRUBlockCell", "[2,4];[3,5];?;?;?;?", "must be equal, but are 2 and 3");
}

TEST_F(BlockCellsTest, LstmIsTensorFlows) {
  for (const bool peephole : {false, true}) {
    const std::string name = peephole ? "peephole" : "plain";
    std::vector<Output> inputs = LstmInputs();
    const auto parts = WithInputs("LSTMBlockCell", inputs)
                           .Attr("use_peephole", peephole)
                           .Attr("cell_clip", peephole ? -1.0 : 0.5)
                           .Attr("forget_bias", peephole ? 1.0 : 0.25)
                           .BuildAll();
    const std::vector<std::string> names = {"i", "cs", "f", "o", "ci", "co", "h"};
    for (size_t k = 0; k < names.size(); ++k) {
      ExpectKernelValues("lstm_" + name + "_" + names[k], Eval(parts[k]));
      if (names[k] != "h") inputs.push_back(parts[k]);
    }
    inputs.push_back(constant(Wave({3, 5}, 10)));
    inputs.push_back(constant(Wave({3, 5}, 11)));
    const auto grads =
        WithInputs("LSTMBlockCellGrad", inputs).Attr("use_peephole", peephole).BuildAll();
    const std::vector<std::string> grad_names = {"cs_prev_grad", "dicfo", "wci_grad", "wcf_grad",
                                                 "wco_grad"};
    for (size_t k = 0; k < grad_names.size(); ++k) {
      ExpectKernelValues("lstm_grad_" + name + "_" + grad_names[k], Eval(grads[k]));
    }
  }
}

TEST_F(BlockCellsTest, GruIsTensorFlows) {
  std::vector<Output> inputs;
  for (const Tensor& value : {Wave({3, 4}, 1, 2), Wave({3, 5}, 3), Wave({9, 10}, 12),
                              Wave({9, 5}, 13), Wave({10}, 14), Wave({5}, 15)}) {
    inputs.push_back(constant(value));
  }
  const auto parts = WithInputs("GRUBlockCell", inputs).BuildAll();
  const std::vector<std::string> names = {"r", "u", "c", "h"};
  for (size_t k = 0; k < names.size(); ++k) ExpectKernelValues("gru_" + names[k], Eval(parts[k]));
}

TEST_F(BlockCellsTest, RefusesWeightsThatDoNotFit) {
  std::vector<Output> inputs = LstmInputs();
  inputs[3] = zeros({9, 19});
  const Output h = WithInputs("LSTMBlockCell", inputs).BuildAll()[6];
  EXPECT_NE(ErrorOf([&] { Eval(h); }).find("w must have shape [9,20], got [9,19]"),
            std::string::npos);
}

TEST_F(BlockCellsTest, TakesNoRows) {
  std::vector<Output> inputs = LstmInputs();
  inputs[0] = zeros({0, 4});
  inputs[1] = inputs[2] = zeros({0, 5});
  EXPECT_THAT(Eval(WithInputs("LSTMBlockCell", inputs).BuildAll()[6]), HasShape({0, 5}));
}

}  // namespace
}  // namespace sessile
