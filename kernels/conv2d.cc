// Conv2D and its gradients with regard to the images and to the filter: which code computes them.
//
// There are tiles (conv2d_tiles.h) and oneDNN's implementations (conv2d_onednn.h) for float32, and
// plain loops for everything. What the node asks for comes first, then the table of choices
// (tuned.h), then the first that Implementations lists.

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/conv2d_loops.h"
#include "sessile/kernels/conv2d_onednn.h"
#include "sessile/kernels/conv2d_shape.h"
#include "sessile/kernels/conv2d_tiles.h"
#include "sessile/kernels/in_wider_type.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/tiles.h"
#include "sessile/kernels/tuned.h"

namespace sessile {
namespace {

using onednn::ConvolutionKind;
using PreparedOr = absl::StatusOr<std::unique_ptr<Prepared>>;

constexpr char kTiles[] = "tiles";
constexpr char kLoops[] = "loops";

// One of the three operations: its sizes, and the codes for it.
struct Codes {
  const char* op;
  ConvolutionKind kind;
  absl::StatusOr<ConvolutionShape> (*shape)(const PrepareContext&);
  PreparedOr (*tiles)(const ConvolutionShape&);
  PreparedOr (*onednn)(const ConvolutionShape&, std::string_view name);
  std::unique_ptr<Prepared> (*loops)(const ConvolutionShape&);
};

constexpr Codes kForward = {"Conv2D",      ConvolutionKind::kForward, ForwardShape, TiledForward,
                            OneDnnForward, LoopForward<float>};
constexpr Codes kBackwardInput = {"Conv2DBackpropInput", ConvolutionKind::kBackwardInput,
                                  BackwardInputShape,    TiledBackwardInput,
                                  OneDnnBackwardInput,   LoopBackwardInput<float>};
constexpr Codes kBackwardFilter = {"Conv2DBackpropFilter", ConvolutionKind::kBackwardFilter,
                                   BackwardFilterShape,    TiledBackwardFilter,
                                   OneDnnBackwardFilter,   LoopBackwardFilter<float>};

// "Conv2D 3x3/1 4->8 28x28 to 28x28": all that the speed depends on but the number of images, so
// that one image and many are computed by one code.
std::string WorkOf(const Codes& codes, const ConvolutionShape& conv) {
  const auto pair = [](const onednn::Pair& p) {
    return p[0] == p[1] ? absl::StrCat(p[0]) : absl::StrCat(p[0], "x", p[1]);
  };
  std::string work =
      absl::StrCat(codes.op, " ", conv.filter[0], "x", conv.filter[1], "/", pair(conv.stride), " ",
                   conv.in_channels, "->", conv.out_channels, " ", conv.input[0], "x",
                   conv.input[1], " to ", conv.output[0], "x", conv.output[1]);
  if (conv.dilation != onednn::Pair{1, 1}) absl::StrAppend(&work, " dilated ", pair(conv.dilation));
  if (conv.groups != 1) absl::StrAppend(&work, " groups ", conv.groups);
  if (!conv.channels_last) absl::StrAppend(&work, " NCHW");
  return work;
}

// Where the machine has vectors of 64 bytes, tiles of channels that fill no more than half of one
// compute at half of its speed; oneDNN puts pixels beside each other. A filter's gradient is
// another matter: its tiles hold rows of taps.
bool TilesWasteVectors(const Codes& codes, const ConvolutionShape& conv) {
  constexpr int kLongLanes = 16;
  const std::span<const tiles::Kernels* const> supported = tiles::SupportedKernels();
  if (supported.empty() || supported.back()->lanes < kLongLanes) return false;
  switch (codes.kind) {
    case ConvolutionKind::kForward:
      return 2 * conv.out_channels <= kLongLanes;
    case ConvolutionKind::kBackwardInput:
      return 2 * conv.in_channels <= kLongLanes;
    case ConvolutionKind::kBackwardFilter:
      return false;
  }
  return false;
}

// UNIMPLEMENTED if there is no code of that name for this convolution.
PreparedOr Named(const Codes& codes, const ConvolutionShape& conv, std::string_view name) {
  if (name == kTiles) return codes.tiles(conv);
  if (name == kLoops) return codes.loops(conv);
  if (name.empty()) return Unimplemented("no name");
  return codes.onednn(conv, name);
}

// Those that may be the fastest, by our rules the best first: tiles where they fill vectors, then
// oneDNN, and loops where there is nothing else.
std::vector<std::string> Implementations(const Codes& codes, const ConvolutionShape& conv) {
  std::vector<std::string> names = OneDnnImplementations(codes.kind, conv);
  names.insert(TilesWasteVectors(codes, conv) ? names.end() : names.begin(), kTiles);
  // Some can do it but for the blocks that it is cut into, or on another machine.
  std::erase_if(names, [&](const auto& name) { return !Named(codes, conv, name).ok(); });
  const auto is_product = [](const std::string& name) { return onednn::IsMatrixProduct(name); };
  if (!std::all_of(names.begin(), names.end(), is_product)) std::erase_if(names, is_product);
  if (names.empty()) names.emplace_back(kLoops);
  return names;
}

PreparedOr Choose(const Codes& codes, const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const ConvolutionShape conv, codes.shape(ctx));
  if (const AttrValue* const asked = ctx.attrs().Find(kImplementationAttr)) {
    const auto* const name = asked->get_if<std::string>();
    PreparedOr prepared =
        name != nullptr ? Named(codes, conv, *name) : PreparedOr(Unimplemented("not a string"));
    if (!absl::IsUnimplemented(prepared.status())) return prepared;
    return InvalidArgument(codes.op, ": ", kImplementationAttr, " is '", asked->ToString(),
                           "', which does not compute ", WorkOf(codes, conv), "; there are ",
                           absl::StrJoin(Implementations(codes, conv), ", "));
  }
  if (const std::string_view name = TunedChoice(WorkOf(codes, conv)); !name.empty()) {
    PreparedOr prepared = Named(codes, conv, name);
    if (!absl::IsUnimplemented(prepared.status())) return prepared;
  }
  const bool tiles_last = TilesWasteVectors(codes, conv);
  for (const bool tiles : {!tiles_last, tiles_last}) {
    PreparedOr prepared = tiles ? codes.tiles(conv) : codes.onednn(conv, {});
    if (!absl::IsUnimplemented(prepared.status())) return prepared;
  }
  return codes.loops(conv);
}

template <const Codes& codes>
absl::StatusOr<Alternatives> ConvolutionAlternatives(const PrepareContext& ctx) {
  SESSILE_ASSIGN_OR_RETURN(const ConvolutionShape conv, codes.shape(ctx));
  const std::string work = WorkOf(codes, conv);
  return Alternatives{std::string(InstructionSet()), work, Implementations(codes, conv),
                      std::string(TunedChoice(work))};
}

template <typename T>
struct Conv2D {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if constexpr (std::is_same_v<T, float>) return Choose(kForward, ctx);
    SESSILE_ASSIGN_OR_RETURN(const ConvolutionShape conv, ForwardShape(ctx));
    return LoopForward<T>(conv);
  }
};

template <typename T>
struct Conv2DBackpropInput {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if constexpr (std::is_same_v<T, float>) return Choose(kBackwardInput, ctx);
    SESSILE_ASSIGN_OR_RETURN(const ConvolutionShape conv, BackwardInputShape(ctx));
    return LoopBackwardInput<T>(conv);
  }
};

template <typename T>
struct Conv2DBackpropFilter {
  static PreparedOr Prepare(const PrepareContext& ctx) {
    if constexpr (std::is_same_v<T, float>) return Choose(kBackwardFilter, ctx);
    SESSILE_ASSIGN_OR_RETURN(const ConvolutionShape conv, BackwardFilterShape(ctx));
    return LoopBackwardFilter<T>(conv);
  }
};

}  // namespace

void RegisterConv2D(KernelRegistry& kernels) {
  using Float = TypeList<float>;
  using Others = TypeList<double, int32_t, Half, BFloat16>;
  using OtherFloats = TypeList<double, Half, BFloat16>;
  kernels.Add<InWiderType<Conv2D>::Kernel>("Conv2D").For<Float>("T").WithAlternatives(
      ConvolutionAlternatives<kForward>);
  kernels.Add<InWiderType<Conv2D>::Kernel>("Conv2D").For<Others>("T");
  kernels.Add<InWiderType<Conv2DBackpropInput>::Kernel>("Conv2DBackpropInput")
      .For<Float>("T")
      .ValueInput(0)
      .WithAlternatives(ConvolutionAlternatives<kBackwardInput>);
  kernels.Add<InWiderType<Conv2DBackpropInput>::Kernel>("Conv2DBackpropInput")
      .For<Others>("T")
      .ValueInput(0);
  kernels.Add<InWiderType<Conv2DBackpropFilter>::Kernel>("Conv2DBackpropFilter")
      .For<Float>("T")
      .ValueInput(1)
      .WithAlternatives(ConvolutionAlternatives<kBackwardFilter>);
  kernels.Add<InWiderType<Conv2DBackpropFilter>::Kernel>("Conv2DBackpropFilter")
      .For<OtherFloats>("T")
      .ValueInput(1);
}

}  // namespace sessile
