"""The nodes of TensorFlow's graph that a `TensorFlowOpLayer` of a file may have: of tensors alone.

TF 1.15 to 2.3 wrote such a layer for each function that was called on symbolic tensors; Keras 2.9.0 to tf_keras 2.21.0
still read it.  Its `node_def` can be of any kind, `ReadFile`, `WriteFile` and `PyFunc` among them.  Left out are those
that reach a file, a host or a resource, print, keep a state, or call a function.
"""

from __future__ import annotations

from typing import Any

from hornbook.engine.violations import Problem, Tally
from hornbook.errors import UntrustedReferenceError, short

_NAMES = """
    Abs AccumulateNV2 Acos Acosh Add AddN AddV2 All Angle Any ApproximateEqual ArgMax ArgMin AsString Asin Asinh Atan
    Atan2 Atanh AvgPool AvgPool3D BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpace BatchToSpaceND BesselI0e
    BesselI1e Betainc BiasAdd Bincount BitwiseAnd BitwiseOr BitwiseXor BroadcastArgs BroadcastTo Cast Ceil Cholesky
    ClipByValue Complex ComplexAbs Concat ConcatV2 Conj ConjugateTranspose Conv2D Conv2DBackpropInput Conv3D
    Conv3DBackpropInputV2 Cos Cosh CropAndResize Cross Cumprod Cumsum CumulativeLogsumexp DepthToSpace
    DepthwiseConv2dNative Diag DiagPart Digamma Dilation2D Div DivNoNan Einsum Elu EnsureShape Equal Erf Erfc Erfinv
    Exp ExpandDims Expm1 FFT FFT2D FFT3D FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
    FakeQuantWithMinMaxVarsPerChannel Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3
    Gather GatherNd GatherV2 Greater GreaterEqual HSVToRGB IFFT IFFT2D IFFT3D IRFFT IRFFT2D IRFFT3D Identity IdentityN
    Igamma Igammac Imag InTopK InTopKV2 Inv Invert InvertPermutation IsFinite IsInf IsNan L2Loss LRN LeakyRelu
    LeftShift Less LessEqual Lgamma LinSpace Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul MatrixBandPart
    MatrixDeterminant MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3
    MatrixInverse MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MatrixSolve MatrixSquareRoot MatrixTriangularSolve Max
    MaxPool MaxPool3D MaxPoolV2 MaxPoolWithArgmax Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan Neg NextAfter
    NotEqual OneHot OnesLike Pack Pad PadV2 Polygamma Pow PreventGradient Prod Qr QuantizeAndDequantizeV2
    QuantizeAndDequantizeV3 RFFT RFFT2D RFFT3D RGBToHSV Range Rank Real RealDiv Reciprocal Relu Relu6 Reshape
    ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor Reverse ReverseSequence ReverseV2 RightShift Rint Roll
    Round Rsqrt ScatterNd SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum Select SelectV2 SelfAdjointEigV2 Selu
    Shape ShapeN Sigmoid Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyWithLogits Softplus Softsign SpaceToBatch
    SpaceToBatchND SpaceToDepth SparseSoftmaxCrossEntropyWithLogits Split SplitV Sqrt Square SquaredDifference Squeeze
    StopGradient StridedSlice StringLower StringUpper Sub Sum Svd Tan Tanh TensorScatterAdd TensorScatterSub
    TensorScatterUpdate Tile TopK TopKV2 Transpose TruncateDiv TruncateMod Unique UniqueV2 UniqueWithCounts Unpack
    UnravelIndex UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum Where Xdivy Xlogy
    ZerosLike Zeta
"""
_NODES = frozenset(_NAMES.split())


def check_node(value: Any, tally: Tally) -> Problem | None:
    """The definition of a node, which JSON has as a dict."""
    kind = value.get("op") if isinstance(value, dict) else value
    if isinstance(value, dict) and isinstance(kind, str) and kind in _NODES:
        return None
    return Problem("untrusted", f"must be a node of tensors, not {short(kind)}", UntrustedReferenceError)
