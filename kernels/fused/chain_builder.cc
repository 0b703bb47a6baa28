#include "sessile/kernels/fused/chain_builder.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sessile {
namespace {

using Operand = ElementwiseChain::Operand;

// Sums over many columns need as many accumulators for each block of rows.
constexpr int64_t kMaxSummedColumns = 1024;

// Whether broadcasting `from` to `to` repeats it as a whole.
bool IsSuffix(const Shape& from, const Shape& to) {
  int first = 0;
  while (first < from.rank() && from.dim(first) == 1) ++first;
  const int rank = from.rank() - first;
  if (rank > to.rank()) return false;
  for (int i = 0; i < rank; ++i) {
    if (from.dim(first + i) != to.dim(to.rank() - rank + i)) return false;
  }
  return true;
}

// The functions that make the kernel's first output; none if it is not elementwise.
std::vector<ElementwiseComposite::Part> PartsOf(const std::shared_ptr<const Prepared>& kernel) {
  const auto* const map = dynamic_cast<const Elementwise*>(kernel.get());
  if (map != nullptr && map->applies()) {
    std::vector<int> operands;
    for (int i = 0; i < map->operands(); ++i) operands.push_back(i);
    return {{std::shared_ptr<const Elementwise>(kernel, map), std::move(operands)}};
  }
  const auto* const composite = dynamic_cast<const ElementwiseComposite*>(kernel.get());
  return composite != nullptr ? composite->Parts() : std::vector<ElementwiseComposite::Part>();
}

}  // namespace

std::optional<ChainMember> ChainBuilder::MemberOf(int index) const {
  const DraftStep& candidate = step(index);
  if (!OnlyFirstOutputIsNeeded(candidate) ||
      SpecOf(candidate.outputs[0]).dtype != DataType::kFloat) {
    return std::nullopt;
  }
  ChainMember member{.step = index, .output = rewriter_.StorageOf(candidate.outputs[0])};
  if (!rewriter_.IsPlain(member.output)) return std::nullopt;
  member.parts = PartsOf(candidate.kernel);
  if (!member.parts.empty()) return AsMaps(candidate, std::move(member));
  if (const auto* sums = dynamic_cast<const SumsColumns*>(candidate.kernel.get())) {
    member.sum = sums->AsColumnSum();
    return AsSum(candidate, std::move(member));
  }
  return std::nullopt;
}

bool ChainBuilder::OnlyFirstOutputIsNeeded(const DraftStep& candidate) const {
  if (candidate.outputs.empty() || candidate.outputs[0] < 0) return false;
  return std::all_of(candidate.outputs.begin() + 1, candidate.outputs.end(), [this](int output) {
    if (output < 0) return true;
    const int storage = rewriter_.StorageOf(output);
    return storage >= 0 && rewriter_.IsPlain(storage) && !rewriter_.is_kept(storage) &&
           rewriter_.readers(storage).empty();
  });
}

std::optional<ChainMember> ChainBuilder::AsMaps(const DraftStep& candidate,
                                                ChainMember member) const {
  const Shape& shape = SpecOf(candidate.outputs[0]).shape;
  member.elements = shape.num_elements();
  int inputs = 0;
  for (const ElementwiseComposite::Part& part : member.parts) {
    if (part.operands.size() > ElementwiseChain::kMaxOperands) return std::nullopt;
    for (const int operand : part.operands) inputs = std::max(inputs, operand + 1);
  }
  for (int i = 0; i < inputs; ++i) {
    const int value = candidate.inputs[static_cast<size_t>(i)].value;
    if (!IsMatrix(value)) return std::nullopt;
    const Shape& from = SpecOf(value).shape;
    const int64_t elements = from.num_elements();
    member.inputs.push_back(rewriter_.StorageOf(value));
    member.is_row.push_back(elements != member.elements);
    if (elements == member.elements || elements == 1) continue;
    if (!IsSuffix(from, shape)) return std::nullopt;
    if (member.columns != 0 && member.columns != elements) return std::nullopt;
    member.columns = elements;
  }
  return member;
}

std::optional<ChainMember> ChainBuilder::AsSum(const DraftStep& candidate,
                                               ChainMember member) const {
  const int value = candidate.inputs[0].value;
  if (!member.sum.has_value() || member.sum->columns > kMaxSummedColumns || !IsMatrix(value)) {
    return std::nullopt;
  }
  member.inputs = {rewriter_.StorageOf(value)};
  member.is_row = {false};
  member.elements = SpecOf(value).shape.num_elements();
  member.columns = member.sum->columns;
  return member;
}

bool ChainBuilder::IsMatrix(int value) const {
  return SpecOf(value).dtype == DataType::kFloat && SpecOf(value).shape.num_elements() > 0 &&
         rewriter_.StorageOf(value) >= 0;
}

Operand::Kind ChainBuilder::KindOf(int value, int64_t elements) const {
  const int64_t own = SpecOf(value).shape.num_elements();
  if (own == elements) return Operand::Kind::kMatrix;
  return own == 1 ? Operand::Kind::kScalar : Operand::Kind::kRow;
}

bool ChainBuilder::IsInternal(int storage, const std::vector<ChainMember>& members) const {
  if (rewriter_.is_kept(storage)) return false;
  const std::vector<int>& readers = rewriter_.readers(storage);
  return std::all_of(readers.begin(), readers.end(), [&](int reader) {
    return std::any_of(members.begin(), members.end(),
                       [reader](const ChainMember& member) { return member.step == reader; });
  });
}

ElementwiseChain ChainBuilder::ChainOf(const std::vector<ChainMember>& members, int64_t columns,
                                       DraftStep* fused) const {
  ElementwiseChain chain;
  const int64_t elements = members[0].elements;
  chain.columns = std::max<int64_t>(columns, 1);
  chain.rows = elements / chain.columns;
  std::map<int, Operand> made;  // by storage
  std::map<int, int> input_of;  // by storage
  std::string separator;
  for (const ChainMember& member : members) {
    const DraftStep& from = step(member.step);
    absl::StrAppend(&fused->label, separator, from.label);
    separator = "+";
    std::vector<Operand> operands;
    for (size_t i = 0; i < member.inputs.size(); ++i) {
      const int storage = member.inputs[i];
      if (const auto known = made.find(storage); known != made.end()) {
        operands.push_back(known->second);
        continue;
      }
      const auto [input, is_new] = input_of.emplace(storage, chain.num_inputs);
      if (is_new) {
        ++chain.num_inputs;
        fused->inputs.push_back(from.inputs[i]);
      }
      operands.push_back({KindOf(from.inputs[i].value, elements), input->second});
    }
    int output = -1;
    if (!IsInternal(member.output, members)) {
      output = static_cast<int>(chain.outputs.size());
      chain.outputs.push_back(SpecOf(from.outputs[0]));
      fused->outputs.push_back(from.outputs[0]);
    }
    if (member.sum.has_value()) {
      chain.sums.push_back({operands[0], member.sum->divisor, output});
      continue;
    }
    if (output < 0 && member.parts.size() == 1 && member.parts[0].function->is_identity()) {
      made[member.output] = operands[0];
      continue;
    }
    const auto first = static_cast<int>(chain.maps.size());
    for (const ElementwiseComposite::Part& part : member.parts) {
      std::vector<Operand> from_where;
      for (const int operand : part.operands) {
        from_where.push_back(operand >= 0 ? operands[static_cast<size_t>(operand)]
                                          : Operand{Operand::Kind::kElement, first + ~operand});
      }
      chain.maps.push_back({part.function, std::move(from_where), -1});
    }
    chain.maps.back().output = output;
    made[member.output] = {Operand::Kind::kElement, static_cast<int>(chain.maps.size()) - 1};
  }
  return chain;
}

}  // namespace sessile
