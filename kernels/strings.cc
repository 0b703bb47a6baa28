// StringJoin and StaticRegexFullMatch on the CPU.

#include <vector>

#include "sessile/core/framework/kernel_registry.h"
#include "sessile/core/framework/status.h"
#include "sessile/kernels/register_all.h"
#include "sessile/kernels/storage.h"

namespace sessile {
namespace {

class StringJoin final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    Shape shape;
    for (int i = 0; i < ctx.num_inputs(); ++i) {
      const Shape& input = ctx.input_shape(i);
      if (input.rank() == 0) continue;
      if (shape.rank() > 0 && shape != input) {
        return InvalidArgument("Input shapes do not match: ", shape.ToString(), " vs. ",
                               input.ToString());
      }
      shape = input;
    }
    SESSILE_ASSIGN_OR_RETURN(std::string separator, ctx.Attr<std::string>("separator"));
    return std::make_unique<StringJoin>(std::move(shape), std::move(separator));
  }
  StringJoin(Shape shape, std::string separator)
      : size_(shape.num_elements()), separator_(std::move(separator)) {
    AddOutput(string, std::move(shape));
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    for (int64_t i = 0; i < size_; ++i) {
      std::string joined;
      for (size_t k = 0; k < in.size(); ++k) {
        if (k > 0) joined += separator_;
        joined += in[k].data<const std::string>()[in[k].shape().rank() == 0 ? 0 : i];
      }
      out[0].data<std::string>()[i] = std::move(joined);
    }
    return absl::OkStatus();
  }

 private:
  const int64_t size_;
  const std::string separator_;
};

// A regular expression of characters, '.', escaped punctuation, and '*', '+' or '?' after any of
// these; '^' in front and '$' at the end change nothing where all must match. Each character of a
// text moves a set of states, so that no expression takes more than length times length.
class SimpleRegex {
 public:
  static absl::StatusOr<SimpleRegex> Parse(const std::string& pattern) {
    SimpleRegex regex;
    for (size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      const bool last = i + 1 == pattern.size();
      if ((c == '^' && i == 0) || (c == '$' && last)) continue;
      if ((c == '*' || c == '+' || c == '?') && !regex.atoms_.empty() && !regex.atoms_.back().set) {
        Atom& atom = regex.atoms_.back();
        atom = {atom.any, atom.character, c != '+', c != '?', true};
      } else if (c == '\\' && !last && std::ispunct(static_cast<unsigned char>(pattern[i + 1]))) {
        regex.atoms_.push_back({false, pattern[++i]});
      } else if (std::string_view("^$*+?\\[](){}|").find(c) == std::string_view::npos) {
        regex.atoms_.push_back({c == '.', c});
      } else {
        return Unimplemented("The regular expression '", pattern, "' uses more than characters, ",
                             "'.', '*', '+' and '?'");
      }
    }
    return regex;
  }

  bool Matches(const std::string& text) const {
    std::vector<bool> at(atoms_.size() + 1);  // whether the atoms before have matched so far
    at[0] = true;
    SkipOptional(&at);
    for (const char c : text) {
      std::vector<bool> next(at.size());
      for (size_t i = 0; i < atoms_.size(); ++i) {
        const Atom& atom = atoms_[i];
        if (!at[i] || !(atom.any ? c != '\n' : atom.character == c)) continue;
        next[i + 1] = true;
        if (atom.repeats) next[i] = true;
      }
      at = std::move(next);
      SkipOptional(&at);
    }
    return at.back();
  }

 private:
  struct Atom {
    bool any = false;
    char character = 0;
    bool optional = false;
    bool repeats = false;
    bool set = false;  // by '*', '+' or '?'
  };
  void SkipOptional(std::vector<bool>* at) const {
    for (size_t i = 0; i < atoms_.size(); ++i) {
      if ((*at)[i] && atoms_[i].optional) (*at)[i + 1] = true;
    }
  }
  std::vector<Atom> atoms_;
};

class StaticRegexFullMatch final : public Prepared {
 public:
  static PreparedOr Prepare(const PrepareContext& ctx) {
    SESSILE_ASSIGN_OR_RETURN(const std::string pattern, ctx.Attr<std::string>("pattern"));
    SESSILE_ASSIGN_OR_RETURN(SimpleRegex regex, SimpleRegex::Parse(pattern));
    return std::make_unique<StaticRegexFullMatch>(ctx.input_shape(0), std::move(regex));
  }
  StaticRegexFullMatch(const Shape& shape, SimpleRegex regex) : regex_(std::move(regex)) {
    AddOutput(bool_, shape);
    AddPhase(1);
  }
  absl::Status Run(RunContext&, Inputs in, Outputs out, Scratch, int, int64_t) const override {
    for (int64_t i = 0; i < in[0].num_elements(); ++i) {
      out[0].data<bool>()[i] = regex_.Matches(in[0].data<const std::string>()[i]);
    }
    return absl::OkStatus();
  }

 private:
  const SimpleRegex regex_;
};

}  // namespace

void RegisterStrings(KernelRegistry& kernels) {
  kernels.Add("StringJoin", StringJoin::Prepare);
  kernels.Add("StaticRegexFullMatch", StaticRegexFullMatch::Prepare);
}

}  // namespace sessile
