#include "sessile/core/io/flags.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace sessile {
namespace {

absl::Status Expected(const std::string& name, const std::string& what, const std::string& got) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", name, ": expected ", what, ", got '", got, "'"));
}

std::string Describe(const FlagSet::IntRange& range) {
  const bool from = range.min != std::numeric_limits<int64_t>::min();
  const bool to = range.max != std::numeric_limits<int64_t>::max();
  if (from && to) return absl::StrCat("an integer from ", range.min, " to ", range.max);
  if (from) return absl::StrCat("an integer of at least ", range.min);
  if (to) return absl::StrCat("an integer of at most ", range.max);
  return "an integer";
}

}  // namespace

FlagSet::FlagSet(std::string program, std::string purpose)
    : program_(std::move(program)), purpose_(std::move(purpose)) {}

FlagSet& FlagSet::Int(std::string name, int64_t* value, std::string help, IntRange range) {
  flags_.push_back({name, "N", std::move(help), absl::StrCat(*value), [=](const std::string& text) {
                      int64_t number;
                      if (!absl::SimpleAtoi(text, &number) || number < range.min ||
                          number > range.max) {
                        return Expected(name, Describe(range), text);
                      }
                      *value = number;
                      return absl::OkStatus();
                    }});
  return *this;
}

FlagSet& FlagSet::Double(std::string name, double* value, std::string help) {
  flags_.push_back({name, "X", std::move(help), absl::StrCat(*value), [=](const std::string& text) {
                      double number;
                      if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) {
                        return Expected(name, "a finite number", text);
                      }
                      *value = number;
                      return absl::OkStatus();
                    }});
  return *this;
}

FlagSet& FlagSet::String(std::string name, std::string* value, std::string help) {
  flags_.push_back({name, "TEXT", std::move(help), *value, [=](const std::string& text) {
                      *value = text;
                      return absl::OkStatus();
                    }});
  return *this;
}

FlagSet& FlagSet::Bool(std::string name, bool* value, std::string help) {
  flags_.push_back({name, "", std::move(help), *value ? "true" : "", [=](const std::string& text) {
                      if (text != "true" && text != "false")
                        return Expected(name, "true or false", text);
                      *value = text == "true";
                      return absl::OkStatus();
                    }});
  return *this;
}

FlagSet& FlagSet::Choice(std::string name, std::string* value, std::vector<std::string> choices,
                         std::string help) {
  const std::string kind = absl::StrCat("{", absl::StrJoin(choices, ","), "}");
  flags_.push_back({name, kind, std::move(help), *value, [=](const std::string& text) {
                      if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
                        return Expected(name, absl::StrCat("one of ", absl::StrJoin(choices, ", ")),
                                        text);
                      }
                      *value = text;
                      return absl::OkStatus();
                    }});
  return *this;
}

FlagSet& FlagSet::List(std::string name, std::vector<std::string>* values, std::string help) {
  flags_.push_back(
      {name, "TEXT", absl::StrCat(help, "; may be repeated"), "", [=](const std::string& text) {
         values->push_back(text);
         return absl::OkStatus();
       }});
  return *this;
}

FlagSet& FlagSet::Positional(std::string name, std::string* value, std::string help) {
  positionals_.push_back({std::move(name), value, std::move(help)});
  return *this;
}

absl::Status FlagSet::Parse(const std::vector<std::string>& args) {
  help_wanted_ = false;
  size_t positionals = 0;
  bool flags_ended = false;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (!flags_ended && arg == "--") {
      flags_ended = true;
    } else if (!flags_ended && (arg == "--help" || arg == "-h")) {
      help_wanted_ = true;
      return absl::OkStatus();
    } else if (!flags_ended && arg.size() > 1 && arg[0] == '-') {
      if (absl::Status status = ParseFlag(args, i); !status.ok()) return status;
    } else if (positionals < positionals_.size()) {
      *positionals_[positionals++].value = arg;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected argument '", arg, "' (see --help)"));
    }
  }
  if (positionals < positionals_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("missing argument ", positionals_[positionals].name, " (see --help)"));
  }
  return absl::OkStatus();
}

// Parses the flag at args[i], and leaves i at the last argument that belongs to it.
absl::Status FlagSet::ParseFlag(const std::vector<std::string>& args, size_t& i) {
  const std::string& arg = args[i];
  const size_t equals = arg.find('=');
  const std::string name = arg.substr(0, equals);
  const auto flag = std::find_if(flags_.begin(), flags_.end(),
                                 [&](const Flag& f) { return name == absl::StrCat("--", f.name); });
  if (flag == flags_.end()) {
    return absl::InvalidArgumentError(absl::StrCat("unknown flag ", name, " (see --help)"));
  }
  if (equals != std::string::npos) return flag->set(arg.substr(equals + 1));
  if (flag->kind.empty()) return flag->set("true");
  if (i + 1 == args.size() || absl::StartsWith(args[i + 1], "--")) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": expected a value (", name, "=VALUE)"));
  }
  return flag->set(args[++i]);
}

std::string FlagSet::Help() const {
  std::string text = absl::StrCat("usage: ", program_);
  for (const PositionalArgument& p : positionals_) absl::StrAppend(&text, " ", p.name);
  absl::StrAppend(&text, " [flags]\n\n", purpose_, "\n\n");
  for (const PositionalArgument& p : positionals_) {
    absl::StrAppendFormat(&text, "  %s\n      %s\n", p.name, p.help);
  }
  for (const Flag& flag : flags_) {
    absl::StrAppend(&text, "  --", flag.name, flag.kind.empty() ? "" : " ", flag.kind, "\n      ",
                    flag.help);
    if (!flag.shown_default.empty()) absl::StrAppend(&text, " (default: ", flag.shown_default, ")");
    absl::StrAppend(&text, "\n");
  }
  absl::StrAppend(&text, "  --help\n      this text\n");
  return text;
}

void FlagSet::ParseOrExit(int argc, const char* const* argv) {
  // A program may be started without even its own name.
  ParseOrExit(argc > 0 ? std::vector<std::string>(argv + 1, argv + argc)
                       : std::vector<std::string>());
}

void FlagSet::ParseOrExit(const std::vector<std::string>& args) {
  const absl::Status status = Parse(args);
  if (!status.ok()) {
    std::fprintf(stderr, "%s: %s\n", program_.c_str(), std::string(status.message()).c_str());
    std::exit(2);
  }
  if (help_wanted_) {
    std::fputs(Help().c_str(), stdout);
    std::exit(0);
  }
}

}  // namespace sessile
