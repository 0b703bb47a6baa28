"""The definitions of TensorFlow's operations, as text, for tests/registry_test.cc.

    python3 tests/golden/op_defs.py        (TensorFlow 2.15.1)

An operation is one line, followed by one line for each attribute:

    AddV2(x: T, y: T) -> (z: T) aggregate commutative
      T: type in {bfloat16, complex64, ...}
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow.compat.v1 as tf  # noqa: E402
from tensorflow.python.framework import op_def_registry, tensor_util  # noqa: E402

# Every operation that ops/ defines; more do not matter.
NAMES = """
Abs AccumulateNV2 Acos Acosh Add AddN AddV2 AdjustContrastv2 AdjustHue AdjustSaturation All Angle
Any ApplyAdadelta ApplyAdagrad ApplyAdagradV2 ApplyAdam ApplyCenteredRMSProp ApplyFtrl ApplyFtrlV2
ApplyGradientDescent ApplyMomentum ApplyRMSProp ArgMax ArgMin Asin Asinh Assert Assign AssignAdd
AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp Atan Atan2 Atanh AvgPool
AvgPool3D AvgPool3DGrad AvgPoolGrad BatchCholesky BatchMatMul BatchMatMulV2 BatchMatMulV3
BatchMatrixBandPart BatchMatrixDeterminant BatchMatrixDiag BatchMatrixDiagPart BatchMatrixInverse
BatchMatrixSetDiag BatchMatrixSolve BatchNormWithGlobalNormalization
BatchNormWithGlobalNormalizationGrad BatchToSpace BatchToSpaceND Betainc BiasAdd BiasAddGrad
BiasAddV1 Bincount Bitcast BitwiseAnd BitwiseOr BitwiseXor BroadcastArgs BroadcastGradientArgs
BroadcastTo Bucketize Case Cast Ceil CheckNumerics Cholesky ClipByValue Complex ComplexAbs Concat
ConcatOffset ConcatV2 Conj Const ControlTrigger Conv2D Conv2DBackpropFilter Conv2DBackpropInput
Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2 Cos Cosh CountUpTo Cross Cumprod Cumsum
CumulativeLogsumexp DataFormatDimMap DataFormatVecPermute DeepCopy DepthToSpace
DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput
DestroyResourceOp Diag DiagPart Digamma Dilation2D Dilation2DBackpropFilter Dilation2DBackpropInput
DisableCopyOnRead Div DivNoNan DynamicPartition DynamicStitch Einsum Elu EluGrad Empty
EmptyTensorList EnsureShape Enter Equal Erf Erfc Erfinv EuclideanNorm Exit Exp ExpandDims Expm1
ExtractImagePatches FakeQuantWithMinMaxArgs FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars
FakeQuantWithMinMaxVarsGradient FakeQuantWithMinMaxVarsPerChannel
FakeQuantWithMinMaxVarsPerChannelGradient Fill Floor FloorDiv FloorMod FusedBatchNorm
FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3
GRUBlockCell Gather GatherNd GatherV2 Greater GreaterEqual GuaranteeConst HSVToRGB HashTableV2
HistogramFixedWidth HistogramSummary Identity IdentityN If Igamma IgammaGradA Igammac Imag
ImageSummary InTopK InTopKV2 InitializeTableFromTextFileV2 InitializeTableV2 Inv InvGrad Invert
InvertPermutation IsFinite IsInf IsNan IsVariableInitialized L2Loss LRN LRNGrad LSTMBlockCell
LSTMBlockCellGrad LeakyRelu LeakyReluGrad LeftShift Less LessEqual Lgamma LinSpace ListDiff Log
Log1p LogMatrixDeterminant LogSoftmax LogicalAnd LogicalNot LogicalOr LookupTableExportV2
LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2 LookupTableSizeV2 LoopCond LowerBound
MatMul MatrixBandPart MatrixDeterminant MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3
MatrixDiagV2 MatrixDiagV3 MatrixInverse MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve
Max MaxPool MaxPool3D MaxPool3DGrad MaxPool3DGradGrad MaxPoolGrad MaxPoolGradGrad Maximum Mean Merge
MergeSummary MergeV2Checkpoints Min Minimum MirrorPad MirrorPadGrad Mod Mul MulNoNan Multinomial
MutableHashTableV2 Ndtri Neg NextAfter NextIteration NoOp NonMaxSuppression NonMaxSuppressionV2
NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps NotEqual
NthElement OneHot OnesLike OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone Pack Pad
PadV2 ParallelConcat ParallelDynamicStitch PartitionedCall Placeholder PlaceholderV2
PlaceholderWithDefault Polygamma PopulationCount Pow PreventGradient Print Prod Qr RGBToHSV
RandomGamma RandomGammaGrad RandomPoisson RandomPoissonV2 RandomShuffle RandomStandardNormal
RandomUniform RandomUniformInt Range Rank ReadVariableOp Real RealDiv Reciprocal ReciprocalGrad
RefEnter RefExit RefIdentity RefMerge RefNextIteration RefSelect RefSwitch Relu Relu6 Relu6Grad
ReluGrad Reshape ResizeBicubic ResizeBicubicGrad ResizeBilinear ResizeBilinearGrad
ResizeNearestNeighbor ResizeNearestNeighborGrad ResourceApplyAdadelta ResourceApplyAdagrad
ResourceApplyAdagradV2 ResourceApplyAdam ResourceApplyCenteredRMSProp ResourceApplyFtrl
ResourceApplyFtrlV2 ResourceApplyGradientDescent ResourceApplyKerasMomentum ResourceApplyMomentum
ResourceApplyRMSProp ResourceGather ResourceGatherNd ResourceScatterAdd ResourceScatterDiv
ResourceScatterMax ResourceScatterMin ResourceScatterMul ResourceScatterSub ResourceScatterUpdate
ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad ResourceSparseApplyAdagradV2
ResourceSparseApplyCenteredRMSProp ResourceSparseApplyFtrl ResourceSparseApplyFtrlV2
ResourceSparseApplyKerasMomentum ResourceSparseApplyMomentum ResourceSparseApplyRMSProp Restore
RestoreSlice RestoreV2 Reverse ReverseSequence ReverseV2 RightShift Rint Roll Round Rsqrt RsqrtGrad
SaveV2 ScalarSummary ScatterAdd ScatterDiv ScatterMax ScatterMin ScatterMul ScatterNd ScatterNdAdd
ScatterNdMax ScatterNdMin ScatterNdNonAliasingAdd ScatterNdSub ScatterNdUpdate ScatterSub
ScatterUpdate SegmentMax SegmentMaxV2 SegmentMean SegmentMin SegmentMinV2 SegmentProd SegmentProdV2
SegmentSum SegmentSumV2 Select SelectV2 Selu SeluGrad Shape ShapeN ShardedFilename ShardedFilespec
Sigmoid SigmoidGrad Sign Sin Sinh Size Slice Snapshot Softmax SoftmaxCrossEntropyWithLogits Softplus
SoftplusGrad Softsign SoftsignGrad SpaceToBatch SpaceToBatchND SpaceToDepth SparseAdd SparseAddGrad
SparseApplyAdadelta SparseApplyAdagrad SparseApplyAdagradV2 SparseApplyCenteredRMSProp
SparseApplyFtrl SparseApplyFtrlV2 SparseApplyMomentum SparseApplyRMSProp SparseFillEmptyRows
SparseFillEmptyRowsGrad SparseReorder SparseReshape SparseSegmentMean SparseSegmentMeanGrad
SparseSegmentMeanWithNumSegments SparseSegmentSqrtN SparseSegmentSqrtNGrad
SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumGrad
SparseSegmentSumWithNumSegments SparseSoftmax SparseSoftmaxCrossEntropyWithLogits
SparseTensorDenseAdd SparseTensorDenseMatMul SparseToDense Split SplitV Sqrt SqrtGrad Square
SquaredDifference Squeeze StackCloseV2 StackPopV2 StackPushV2 StackV2 StatefulPartitionedCall
StatelessCase StatelessIf StatelessWhile StaticRegexFullMatch StopGradient StridedSlice
StridedSliceGrad StringJoin Sub Sum Svd Switch Tan Tanh TanhGrad TensorArrayCloseV3
TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayGradV3 TensorArrayReadV3 TensorArrayScatterV3
TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3 TensorListConcat
TensorListConcatLists TensorListConcatV2 TensorListElementShape TensorListFromTensor
TensorListGather TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack
TensorListReserve TensorListResize TensorListScatter TensorListScatterIntoExistingList
TensorListScatterV2 TensorListSetItem TensorListSplit TensorListStack TensorScatterAdd
TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate TensorSummaryV2 Tile ToBool
TopK TopKV2 Transpose TruncateDiv TruncateMod TruncatedNormal Unique UniqueV2 UniqueWithCounts
UniqueWithCountsV2 Unpack UnravelIndex UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd
UnsortedSegmentSum UpperBound VarHandleOp VarIsInitializedOp Variable VariableShape VariableV2 Where
While Xdivy Xlog1py Xlogy ZerosLike Zeta
""".split()


def type_name(number):
    return tf.as_dtype(number).name


def arg_text(arg):
    kind = arg.type_attr or arg.type_list_attr or type_name(arg.type)
    if arg.is_ref:
        kind = "Ref(%s)" % kind
    if arg.number_attr:
        kind = "%s * %s" % (arg.number_attr, kind)
    return "%s: %s" % (arg.name, kind)


def shape_text(shape):
    if shape.unknown_rank:
        return "<unknown>"
    return "[%s]" % ",".join("?" if d.size < 0 else str(d.size) for d in shape.dim)


def value_text(value):
    kind = value.WhichOneof("value")
    if kind == "type":
        return type_name(value.type)
    if kind == "b":
        return "true" if value.b else "false"
    if kind == "i":
        return str(value.i)
    if kind == "f":
        return "%.9g" % value.f
    if kind == "s":
        return "'%s'" % value.s.decode()
    if kind == "shape":
        return shape_text(value.shape)
    if kind == "tensor":
        array = tensor_util.MakeNdarray(value.tensor)
        return "%s%s{%s}" % (array.dtype, shape_text(value.tensor.tensor_shape),
                             " ".join("%.9g" % v for v in array.flat))
    if kind == "list":
        l = value.list
        items = ([str(i) for i in l.i] + ["%.9g" % f for f in l.f]
                 + ["'%s'" % s.decode() for s in l.s] + [type_name(t) for t in l.type]
                 + [shape_text(s) for s in l.shape])
        return "[%s]" % ", ".join(items)
    raise ValueError("default of kind %s" % kind)


def attr_text(attr):
    text = "  %s: %s" % (attr.name, attr.type)
    if attr.HasField("allowed_values"):
        allowed = attr.allowed_values.list
        values = [type_name(t) for t in allowed.type] + ["'%s'" % s.decode() for s in allowed.s]
        text += " in {%s}" % ", ".join(sorted(values))
    if attr.has_minimum:
        text += " >= %d" % attr.minimum
    if attr.HasField("default_value"):
        text += " = " + value_text(attr.default_value)
    return text


def op_lines(op):
    flags = [("aggregate", op.is_aggregate), ("commutative", op.is_commutative),
             ("stateful", op.is_stateful), ("uninitialized", op.allows_uninitialized_input)]
    text = "%s(%s) -> (%s)" % (op.name, ", ".join(arg_text(a) for a in op.input_arg),
                               ", ".join(arg_text(a) for a in op.output_arg))
    yield " ".join([text] + [name for name, is_set in flags if is_set])
    for attr in op.attr:
        yield attr_text(attr)


def main():
    path = os.path.splitext(os.path.abspath(__file__))[0] + ".txt"
    with open(path, "w") as out:
        for name in sorted(NAMES):
            out.writelines(line + "\n" for line in op_lines(op_def_registry.get(name)))


main()
