#include "sessile/tests/session_testing.h"

#include <chrono>
#include <thread>

#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/shape_inference.h"
#include "sessile/core/framework/status.h"
#include "sessile/core/graph/graph_impl.h"
#include "sessile/core/session/variable.h"

namespace sessile {
namespace {

constexpr int64_t kItemsPerBlock = 256;
int64_t Blocks(int64_t items) {
  return std::max<int64_t>((items + kItemsPerBlock - 1) / kItemsPerBlock, 1);
}

template <typename F>
void ForBlock(int64_t items, int64_t block, F f) {
  const int64_t end = std::min(items, (block + 1) * kItemsPerBlock);
  for (int64_t i = block * kItemsPerBlock; i < end; ++i) f(i);
}

// Makes a Prepared of a function: void or Status (RunContext&, Inputs, Outputs, int64_t block).
class Kernel : public Prepared {
 public:
  using Fn = std::function<absl::Status(RunContext&, Inputs, Outputs, Scratch, int, int64_t)>;
  Kernel() = default;
  explicit Kernel(Fn fn) : fn_(std::move(fn)) {}
  absl::Status Run(RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
                   int64_t block) const override {
    return fn_(ctx, in, out, scratch, phase, block);
  }
  using Prepared::AddOutput;
  using Prepared::AddPhase;
  using Prepared::Alias;
  using Prepared::Initializes;
  using Prepared::MayForward;
  using Prepared::SetScratch;

 private:
  Fn fn_;
};
using Result = absl::StatusOr<std::unique_ptr<Prepared>>;

template <typename F>
std::unique_ptr<Kernel> MakeKernel(F f) {
  return std::make_unique<Kernel>(
      [f](RunContext& ctx, Inputs in, Outputs out, Scratch scratch, int phase,
          int64_t block) -> absl::Status { return f(ctx, in, out, scratch, phase, block); });
}

Result PrepareConst(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const Tensor stored, ctx.Attr<Tensor>("value"));
  SESSILE_ASSIGN_OR_RETURN(const Tensor value, ConvertElements(stored, ctx.output_dtype(0)));
  auto kernel = MakeKernel([value](RunContext&, Inputs, Outputs out, Scratch, int, int64_t) {
    std::memcpy(out[0].raw(), value.raw_data(), value.num_bytes());
    return absl::OkStatus();
  });
  kernel->AddOutput(value.dtype(), value.shape());
  kernel->AddPhase(1);
  return kernel;
}

Result PreparePlaceholder(const PrepareContext& ctx) {
  return InvalidArgument("You must feed a value for placeholder tensor '", ctx.node().name(),
                         "' with dtype ", DataTypeName(ctx.output_dtype(0)));
}

Result PrepareIdentity(const PrepareContext& ctx) {
  auto kernel = std::make_unique<Kernel>();
  kernel->AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
  kernel->Alias(0, 0);
  return kernel;
}

template <typename T>
struct Neg {
  static Result Prepare(const PrepareContext& ctx) {
    const int64_t size = ctx.input_shape(0).num_elements();
    auto kernel = MakeKernel([size](RunContext&, Inputs in, Outputs out, Scratch, int, int64_t b) {
      ForBlock(size, b, [&](int64_t i) { out[0].data<T>()[i] = -in[0].data<T>()[i]; });
      return absl::OkStatus();
    });
    kernel->AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    kernel->MayForward(0, 0);
    kernel->AddPhase(Blocks(size));
    return kernel;
  }
};

// Inputs of one shape, or a scalar second one.
template <typename T>
struct Add {
  static Result Prepare(const PrepareContext& ctx) {
    const int64_t size = ctx.input_shape(0).num_elements();
    const bool scalar = ctx.input_shape(1).rank() == 0;
    if (!scalar && ctx.input_shape(1) != ctx.input_shape(0)) {
      return InvalidArgument("Incompatible shapes: ", ctx.input_shape(0).ToString(), " vs. ",
                             ctx.input_shape(1).ToString());
    }
    auto kernel = MakeKernel([=](RunContext&, Inputs in, Outputs out, Scratch, int, int64_t b) {
      const T* y = in[1].data<T>();
      ForBlock(size, b,
               [&](int64_t i) { out[0].data<T>()[i] = in[0].data<T>()[i] + y[scalar ? 0 : i]; });
      return absl::OkStatus();
    });
    kernel->AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    kernel->MayForward(0, 0);
    if (!scalar) kernel->MayForward(1, 0);
    kernel->AddPhase(Blocks(size));
    return kernel;
  }
};

template <typename T>
struct Less {
  static Result Prepare(const PrepareContext&) {
    auto kernel = MakeKernel([](RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) {
      *out[0].data<bool>() = *in[0].data<T>() < *in[1].data<T>();
      return absl::OkStatus();
    });
    kernel->AddOutput(DataType::kBool, Shape());
    kernel->AddPhase(1);
    return kernel;
  }
};

// Partial sums a block, then their sum in order.
template <typename T>
struct Sum {
  static Result Prepare(const PrepareContext& ctx) {
    const int64_t size = ctx.input_shape(0).num_elements();
    const int64_t blocks = Blocks(size);
    auto kernel = MakeKernel(
        [=](RunContext&, Inputs in, Outputs out, Scratch scratch, int phase, int64_t block) {
          if (phase == 0) {
            T sum = 0;
            ForBlock(size, block, [&](int64_t i) { sum += in[0].data<T>()[i]; });
            *scratch.slot<T>(block) = sum;
          } else {
            *out[0].data<T>() = 0;
            for (int64_t b = 0; b < blocks; ++b) *out[0].data<T>() += *scratch.slot<T>(b);
          }
          return absl::OkStatus();
        });
    kernel->AddOutput(ctx.output_dtype(0), Shape());
    kernel->SetScratch(blocks, sizeof(T));
    kernel->AddPhase(blocks);
    kernel->AddPhase(1);
    return kernel;
  }
};

// Its shape is a value: the output is the input with that shape.
Result PrepareReshape(const PrepareContext& ctx) {
  Probe().calls.fetch_add(1);
  SESSILE_ASSIGN_OR_RETURN(const Shape shape, ShapeFromTensor(*ctx.input_value(1)));
  if (shape.num_elements() != ctx.input_shape(0).num_elements()) {
    return InvalidArgument("Input to reshape is a tensor with ", ctx.input_shape(0).num_elements(),
                           " values, but the requested shape has ", shape.num_elements());
  }
  auto kernel = std::make_unique<Kernel>();
  kernel->AddOutput(ctx.output_dtype(0), shape);
  kernel->Alias(0, 0);
  return kernel;
}

// The positive elements: a shape that depends on data.
Result PreparePositive(const PrepareContext& ctx) {
  const int64_t size = ctx.input_shape(0).num_elements();
  auto kernel = MakeKernel([size](RunContext& run, Inputs in, Outputs, Scratch, int,
                                  int64_t) -> absl::Status {
    std::vector<float> found;
    for (int64_t i = 0; i < size; ++i) {
      if (in[0].data<const float>()[i] > 0) found.push_back(in[0].data<const float>()[i]);
    }
    SESSILE_ASSIGN_OR_RETURN(const TensorView out,
                             run.AllocateOutput(0, Shape({static_cast<int64_t>(found.size())})));
    std::copy(found.begin(), found.end(), out.data<float>());
    return absl::OkStatus();
  });
  kernel->AddOutput(DataType::kFloat, Shape({None}));
  kernel->AddPhase(1);
  return kernel;
}

absl::StatusOr<std::unique_ptr<KernelState>> MakeVariable(const Node& node) {
  return std::make_unique<VariableState>(node.name());
}

Result PrepareVariable(const PrepareContext& ctx) {
  auto kernel = std::make_unique<Kernel>();
  kernel->AddOutput(ctx.output_dtype(0), Shape::Unknown());
  return kernel;
}

Result PrepareAssign(const PrepareContext& ctx) {
  auto kernel = MakeKernel([](RunContext&, Inputs in, Outputs, Scratch, int, int64_t) {
    std::memcpy(in[0].raw(), in[1].raw(),
                static_cast<size_t>(in[1].num_elements()) * DataTypeSize(in[1].dtype()));
    return absl::OkStatus();
  });
  kernel->Initializes(0, {ctx.input_dtype(1), ctx.input_shape(1)});
  kernel->AddOutput(ctx.output_dtype(0), ctx.input_shape(1));
  kernel->Alias(0, 0);
  kernel->AddPhase(1);
  return kernel;
}

template <typename T>
struct AssignAdd {
  static Result Prepare(const PrepareContext& ctx) {
    const int64_t size = ctx.input_shape(0).num_elements();
    auto kernel = MakeKernel([size](RunContext&, Inputs in, Outputs, Scratch, int, int64_t b) {
      ForBlock(size, b, [&](int64_t i) { in[0].data<T>()[i] += in[1].data<T>()[i]; });
      return absl::OkStatus();
    });
    kernel->AddOutput(ctx.output_dtype(0), ctx.input_shape(0));
    kernel->Alias(0, 0);
    kernel->AddPhase(Blocks(size));
    return kernel;
  }
};

Result PrepareIsInitialized(const PrepareContext&) {
  auto kernel = MakeKernel([](RunContext& ctx, Inputs, Outputs out, Scratch, int, int64_t) {
    *out[0].data<bool>() = ctx.variable(0)->initialized();
    return absl::OkStatus();
  });
  kernel->AddOutput(DataType::kBool, Shape());
  kernel->AddPhase(1);
  return kernel;
}

Result PrepareNoOp(const PrepareContext&) { return std::make_unique<Kernel>(); }

Result PrepareCount(const PrepareContext&) {
  auto kernel = MakeKernel([](RunContext&, Inputs, Outputs, Scratch, int, int64_t) {
    Probe().calls.fetch_add(1);
    return absl::OkStatus();
  });
  kernel->AddPhase(1);
  return kernel;
}

Result PrepareGate(const PrepareContext&) {
  auto kernel = MakeKernel([](RunContext& ctx, Inputs, Outputs, Scratch, int, int64_t) {
    Probe().in_gate.fetch_add(1);
    while (!Probe().gate_open && !ctx.cancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    Probe().in_gate.fetch_sub(1);
    return ctx.cancelled() ? absl::CancelledError("the gate was closed") : absl::OkStatus();
  });
  kernel->AddPhase(1);
  return kernel;
}

void RegisterControlFlow(OpRegistry& ops) {
  const auto pass = [&](const char* name, ControlFlowKind kind) -> OpDefBuilder {
    return ops.Add(name).Input("data: T").Output("output: T").Attr("T: type").ControlFlow(kind);
  };
  ops.Add("Switch")
      .Input("data: T")
      .Input("pred: bool")
      .Output("output_false: T")
      .Output("output_true: T")
      .Attr("T: type")
      .ControlFlow(ControlFlowKind::kSwitch);
  ops.Add("RefSwitch")
      .Input("data: Ref(T)")
      .Input("pred: bool")
      .Output("output_false: Ref(T)")
      .Output("output_true: Ref(T)")
      .Attr("T: type")
      .AllowsUninitializedInput()
      .ControlFlow(ControlFlowKind::kSwitch);
  ops.Add("Merge")
      .Input("inputs: N * T")
      .Output("output: T")
      .Output("value_index: int32")
      .Attr("T: type")
      .Attr("N: int >= 1")
      .ControlFlow(ControlFlowKind::kMerge);
  ops.Add("RefMerge")
      .Input("inputs: Ref(N * T)")
      .Output("output: Ref(T)")
      .Output("value_index: int32")
      .Attr("T: type")
      .Attr("N: int >= 1")
      .ControlFlow(ControlFlowKind::kMerge);
  pass("Enter", ControlFlowKind::kEnter)
      .Attr("frame_name: string")
      .Attr("is_constant: bool = false")
      .Attr("parallel_iterations: int = 10");
  pass("Exit", ControlFlowKind::kExit);
  pass("NextIteration", ControlFlowKind::kNextIteration);
  ops.Add("LoopCond")
      .Input("input: bool")
      .Output("output: bool")
      .ControlFlow(ControlFlowKind::kLoopCond);
  ops.Add("ControlTrigger").ControlFlow(ControlFlowKind::kControlTrigger);
}

void RegisterOps(OpRegistry& ops) {
  RegisterControlFlow(ops);
  ops.Add("Const").Output("output: dtype").Attr("value: tensor").Attr("dtype: type");
  ops.Add("Placeholder")
      .Output("output: dtype")
      .Attr("dtype: type")
      .Attr("shape: shape = { unknown_rank: true }")
      .Shape([](ShapeContext& ctx) -> absl::Status {
        SESSILE_ASSIGN_OR_RETURN(const Shape shape, ctx.Attr<Shape>("shape"));
        ctx.SetOutput(0, shape);
        return absl::OkStatus();
      });
  ops.Add("Identity").Input("input: T").Output("output: T").Attr("T: type");
  ops.Add("Neg").Input("x: T").Output("y: T").Attr("T: type");
  ops.Add("Add").Input("x: T").Input("y: T").Output("z: T").Attr("T: type");
  ops.Add("Less").Input("x: T").Input("y: T").Output("z: bool").Attr("T: type");
  ops.Add("Sum").Input("input: T").Output("output: T").Attr("T: type");
  ops.Add("Reshape").Input("tensor: T").Input("shape: int32").Output("output: T").Attr("T: type");
  ops.Add("Positive").Input("x: float").Output("y: float");
  ops.Add("VariableV2").Output("ref: Ref(dtype)").Attr("dtype: type").Stateful();
  ops.Add("Assign")
      .Input("ref: Ref(T)")
      .Input("value: T")
      .Output("output_ref: Ref(T)")
      .Attr("T: type")
      .AllowsUninitializedInput();
  ops.Add("AssignAdd")
      .Input("ref: Ref(T)")
      .Input("value: T")
      .Output("output_ref: Ref(T)")
      .Attr("T: type");
  ops.Add("IsVariableInitialized")
      .Input("ref: Ref(dtype)")
      .Output("is_initialized: bool")
      .Attr("dtype: type")
      .AllowsUninitializedInput();
  ops.Add("NoOp");
  ops.Add("Count").Stateful();
  ops.Add("Gate").Stateful();
  ops.Add("WithoutKernel").Output("x: float");
}

void RegisterKernels(KernelRegistry& kernels) {
  kernels.Add("Const", PrepareConst);
  kernels.Add("Placeholder", PreparePlaceholder);
  kernels.Add("Identity", PrepareIdentity);
  kernels.Add<Neg>("Neg").For<FloatTypes>("T");
  kernels.Add<Add>("Add").For<NumberTypes>("T");
  kernels.Add<Less>("Less").For<NumberTypes>("T");
  kernels.Add<Sum>("Sum").For<FloatTypes>("T");
  kernels.Add("Reshape", PrepareReshape).ValueInput(1);
  kernels.Add("Positive", PreparePositive);
  kernels.Add("VariableV2", PrepareVariable).State(MakeVariable);
  kernels.Add("Assign", PrepareAssign);
  kernels.Add<AssignAdd>("AssignAdd").For<NumberTypes>("T");
  kernels.Add("IsVariableInitialized", PrepareIsInitialized);
  kernels.Add("NoOp", PrepareNoOp);
  kernels.Add("Count", PrepareCount);
  kernels.Add("Gate", PrepareGate);
}

// "T" or "dtype" and "N" from the inputs, where the op has them.
void InferAttrs(const OpDef& op, const std::vector<Output>& inputs, AttrMap* attrs) {
  for (const char* type : {"T", "dtype"}) {
    if (op.FindAttr(type) == nullptr || attrs->Find(type) != nullptr || inputs.empty()) continue;
    attrs->Set(type, BaseType(inputs[0].dtype()));
  }
  if (op.FindAttr("N") != nullptr) attrs->Set("N", static_cast<int64_t>(inputs.size()));
}

}  // namespace

const OpRegistry& SessionTestOps() {
  static const OpRegistry* const ops = [] {
    auto* registry = new OpRegistry;
    RegisterOps(*registry);
    errors::ThrowIfError(registry->status());
    return registry;
  }();
  return *ops;
}

const KernelRegistry& SessionTestKernels() {
  static const KernelRegistry* const kernels = [] {
    auto* registry = new KernelRegistry;
    RegisterKernels(*registry);
    errors::ThrowIfError(registry->status());
    return registry;
  }();
  return *kernels;
}

void SessionTestProbe::Reset() {
  calls = 0;
  gate_open = false;
  in_gate = 0;
}

SessionTestProbe& Probe() {
  static SessionTestProbe probe;
  return probe;
}

Operation TestGraph::AddOp(const std::string& op, const std::string& name,
                           const std::vector<Output>& inputs, const Attrs& attrs,
                           const std::vector<Operation>& controls) {
  NodeSpec spec{.name = name, .op = op};
  for (const Output& input : inputs) spec.inputs.push_back(input.endpoint());
  for (const Operation& control : controls) spec.control_inputs.push_back(control.node().id());
  for (const auto& [key, value] : attrs) spec.attrs.Set(key, value);
  InferAttrs(*SessionTestOps().Find(op), inputs, &spec.attrs);
  spec.built_at = SourceLocation::Current("session_test.cc", 7);
  return Operation(graph_.impl(), errors::ValueOrThrow(graph_.impl()->AddNode(std::move(spec))));
}

Output TestGraph::Placeholder(const std::string& name, DataType dtype, const Shape& shape) {
  return Op("Placeholder", name, {}, {{"dtype", dtype}, {"shape", shape}});
}

Output TestGraph::Const(const std::string& name, const Tensor& value,
                        const std::vector<Operation>& controls) {
  return Op("Const", name, {}, {{"value", value}, {"dtype", value.dtype()}}, controls);
}

Session TestGraph::NewSession(ConfigProto config) const {
  config.kernels = &SessionTestKernels();
  return Session(graph_, config);
}

Tensor Floats(const Shape& shape, const std::vector<float>& values) {
  return errors::ValueOrThrow(
      Tensor::FromValues<float>(shape, std::span<const float>(values.data(), values.size())));
}

testing::Matcher<const Tensor&> HasFloats(const std::vector<float>& values) {
  return testing::ResultOf(
      "its floats",
      [](const Tensor& tensor) {
        const auto flat = tensor.flat<float>();
        return std::vector<float>(flat.begin(), flat.end());
      },
      testing::ElementsAreArray(values));
}

void ExpectStatus(const absl::Status& status, absl::StatusCode code, const std::string& text) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(text));
}

}  // namespace sessile
