#include "sessile/tests/kernel_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <thread>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"

namespace sessile {
namespace {

class CallContext final : public PrepareContext {
 public:
  CallContext(const KernelCall& call, const AttrMap& attrs) : call_(call), attrs_(attrs) {
    output_types_ = call.output_types;
    if (output_types_.empty()) output_types_ = {attrs.Get<DataType>("T").value()};
  }
  const Node& node() const override { throw std::logic_error("a kernel by itself has no node"); }
  int num_inputs() const override { return static_cast<int>(call_.inputs.size()); }
  DataType input_dtype(int i) const override { return input(i).dtype(); }
  const Shape& input_shape(int i) const override { return input(i).shape(); }
  const Tensor* input_value(int i) const override { return &input(i); }
  int num_outputs() const override { return static_cast<int>(output_types_.size()); }
  DataType output_dtype(int i) const override { return output_types_[static_cast<size_t>(i)]; }
  DataType Carried(DataType type) const override {
    return call_.yardstick && type == float32 ? float64 : type;
  }
  const AttrMap& attrs() const override { return attrs_; }

 private:
  const Tensor& input(int i) const { return call_.inputs[static_cast<size_t>(i)]; }
  const KernelCall& call_;
  const AttrMap& attrs_;
  std::vector<DataType> output_types_;
};

class StatelessRun final : public RunContext {
 public:
  KernelState* state() override { return nullptr; }
  VariableState* variable(int) override { return nullptr; }
  absl::StatusOr<TensorView> AllocateOutput(int, const Shape&) override {
    return absl::UnimplementedError("outputs whose shapes depend on data");
  }
  bool cancelled() const override { return false; }
};

void FillWithGarbage(Tensor* tensor) {
  if (tensor->dtype() == DataType::kString) return;  // those are objects
  std::memset(tensor->mutable_raw_data(), 0xA5, tensor->num_bytes());
}

// True if the output's memory is that of the input in this call. Of several inputs that an output
// may take over it takes the first.
bool TakesOver(const KernelCall& call, const Prepared& kernel, const Prepared::Forward& forward) {
  if (!(call.in_place || forward.always)) return false;
  for (const Prepared::Forward& other : kernel.forwards()) {
    if (other.output == forward.output) return other.input == forward.input;
  }
  return false;
}

absl::StatusOr<std::vector<Tensor>> MakeOutputs(const KernelCall& call, const Prepared& kernel) {
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < kernel.outputs().size(); ++i) {
    const TensorSpec& spec = kernel.outputs()[i];
    SESSILE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(spec.dtype, spec.shape));
    FillWithGarbage(&tensor);
    for (const Prepared::Forward& forward : kernel.forwards()) {
      if (forward.output != static_cast<int>(i) || !TakesOver(call, kernel, forward)) continue;
      const Tensor& input = call.inputs[static_cast<size_t>(forward.input)];
      SESSILE_ASSIGN_OR_RETURN(tensor, input.Clone());
      SESSILE_ASSIGN_OR_RETURN(tensor, tensor.Reshaped(spec.shape));
    }
    outputs.push_back(std::move(tensor));
  }
  return outputs;
}

std::vector<int64_t> Order(BlockOrder order, int64_t blocks) {
  std::vector<int64_t> list(static_cast<size_t>(blocks));
  std::iota(list.begin(), list.end(), 0);
  if (order == BlockOrder::kBackward) std::reverse(list.begin(), list.end());
  if (order == BlockOrder::kShuffled) std::shuffle(list.begin(), list.end(), std::mt19937(1));
  return list;
}

absl::Status RunPhase(const Prepared& kernel, int phase, BlockOrder order, Inputs in, Outputs out,
                      Scratch scratch) {
  StatelessRun run;
  const std::vector<int64_t> blocks = Order(order, kernel.num_blocks(phase));
  std::vector<absl::Status> results(blocks.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < blocks.size(); i = next++) {
      results[i] = kernel.Run(run, in, out, scratch, phase, blocks[i]);
    }
  };
  if (order == BlockOrder::kThreads) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
  } else {
    work();
  }
  for (const absl::Status& result : results) SESSILE_RETURN_IF_ERROR(result);
  return absl::OkStatus();
}

absl::Status RunPhases(const KernelCall& call, const Prepared& kernel,
                       std::vector<Tensor>* outputs) {
  std::vector<TensorView> in;
  std::vector<TensorView> out;
  std::vector<Tensor> inputs = call.inputs;
  for (Tensor& input : inputs) {
    in.emplace_back(input.dtype(), &input.shape(), input.mutable_raw_data());
  }
  for (Tensor& output : *outputs) {
    out.emplace_back(output.dtype(), &output.shape(), output.mutable_raw_data());
  }
  for (const Prepared::Forward& forward : kernel.forwards()) {
    const auto i = static_cast<size_t>(forward.input);
    if (!TakesOver(call, kernel, forward)) continue;
    in[i] = TensorView(in[i].dtype(), &inputs[i].shape(),
                       out[static_cast<size_t>(forward.output)].raw());
  }
  const int64_t bytes = kernel.scratch_slots() * static_cast<int64_t>(kernel.scratch_slot_bytes());
  SESSILE_ASSIGN_OR_RETURN(Tensor memory, Tensor::Allocate(uint8, Shape({bytes})));
  FillWithGarbage(&memory);
  const Scratch scratch(memory.mutable_raw_data(), kernel.scratch_slot_bytes());
  for (int phase = 0; phase < static_cast<int>(kernel.phases().size()); ++phase) {
    SESSILE_RETURN_IF_ERROR(RunPhase(kernel, phase, call.order, in, out, scratch));
  }
  return absl::OkStatus();
}

AttrMap AttrsOf(const KernelCall& call) {
  AttrMap attrs;
  for (const auto& [name, value] : call.attrs) attrs.Set(name, value);
  return attrs;
}

bool SameNumber(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

absl::StatusOr<Alternatives> AlternativesOf(const KernelCall& call) {
  const AttrMap attrs = AttrsOf(call);
  SESSILE_ASSIGN_OR_RETURN(const KernelDef* def,
                           builtin_kernels().Find(call.op, attrs, call.yardstick));
  if (def->alternatives == nullptr) return Alternatives{};
  return def->alternatives(CallContext(call, attrs));
}

absl::StatusOr<std::vector<Tensor>> RunKernel(const KernelCall& call) {
  const AttrMap attrs = AttrsOf(call);
  SESSILE_ASSIGN_OR_RETURN(const KernelDef* def,
                           builtin_kernels().Find(call.op, attrs, call.yardstick));
  const CallContext context(call, attrs);
  SESSILE_ASSIGN_OR_RETURN(const std::unique_ptr<Prepared> kernel, def->prepare(context));
  SESSILE_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, MakeOutputs(call, *kernel));
  SESSILE_RETURN_IF_ERROR(RunPhases(call, *kernel, &outputs));
  return outputs;
}

Tensor RunKernelOrFail(const KernelCall& call) {
  absl::StatusOr<std::vector<Tensor>> outputs = RunKernel(call);
  if (!outputs.ok()) {
    ADD_FAILURE() << call.op << ": " << outputs.status();
    return Tensor();
  }
  return outputs->at(0);
}

void ExpectSameBitsInAnyOrder(KernelCall call) {
  call.order = BlockOrder::kForward;
  const absl::StatusOr<std::vector<Tensor>> expected = RunKernel(call);
  ASSERT_TRUE(expected.ok()) << expected.status();
  for (const BlockOrder order :
       {BlockOrder::kForward, BlockOrder::kBackward, BlockOrder::kShuffled, BlockOrder::kThreads}) {
    for (const bool in_place : {false, true}) {
      call.order = order;
      call.in_place = in_place;
      const absl::StatusOr<std::vector<Tensor>> actual = RunKernel(call);
      ASSERT_TRUE(actual.ok()) << actual.status();
      ASSERT_EQ(actual->size(), expected->size());
      for (size_t i = 0; i < actual->size(); ++i) {
        EXPECT_TRUE(SameTensor(actual->at(i), expected->at(i)))
            << call.op << ", output " << i << ", order " << static_cast<int>(order)
            << (in_place ? ", in place" : "");
      }
    }
  }
}

template <typename T>
Tensor RandomTensor(const Shape& shape, uint64_t seed) {
  Tensor tensor = Tensor::Allocate(DataTypeOf<T>::value, shape).value();
  std::mt19937_64 bits(seed);
  for (T& value : tensor.mutable_flat<T>()) {
    value = static_cast<T>(static_cast<double>(bits() >> 11) * 0x1p-52 - 1);
  }
  return tensor;
}
template Tensor RandomTensor<float>(const Shape&, uint64_t);
template Tensor RandomTensor<double>(const Shape&, uint64_t);

double Distance(const Tensor& actual, const Tensor& expected) {
  const double infinite = std::numeric_limits<double>::infinity();
  if (actual.shape() != expected.shape()) return infinite;
  double largest = 1;
  double distance = 0;
  for (int64_t i = 0; i < expected.num_elements(); ++i) {
    const double e = expected.data<double>()[i];
    const double a = actual.dtype() == float32 ? static_cast<double>(actual.data<float>()[i])
                                               : actual.data<double>()[i];
    if (SameNumber(a, e)) continue;
    if (!std::isfinite(a) || !std::isfinite(e)) return infinite;
    largest = std::max(largest, std::abs(e));
    distance = std::max(distance, std::abs(a - e));
  }
  return distance / largest;
}

void ExpectError(const absl::Status& status, absl::StatusCode code, const std::string& text) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(text));
}

}  // namespace sessile
