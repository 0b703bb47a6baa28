// Command-line flags of a program, each bound to a variable that holds its default:
//
//   int64_t batches = 800;
//   std::string data;
//   FlagSet flags("layers_bn", "Trains a batch-normalized network on MNIST.");
//   flags.Int("batches", &batches, "batches to train", {.min = 0})
//       .String("data", &data, "folder of the data set");
//   flags.ParseOrExit(argc, argv);
//
// A value comes as --name=value or --name value; in the second form it may not begin with "--". A
// switch is --name, --name=true or --name=false. Given twice, a flag keeps its last value, unless
// it is declared as a list. After a lone "--" everything is positional. --help (or -h) is always
// there.
//
// A FlagSet keeps pointers to the variables, which must outlive it. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace sessile {

class FlagSet {
 public:
  struct IntRange {
    int64_t min = std::numeric_limits<int64_t>::min();
    int64_t max = std::numeric_limits<int64_t>::max();
  };

  // `program` and `purpose` head the help text.
  FlagSet(std::string program, std::string purpose);

  // Declares a flag; its name is written without the dashes.
  FlagSet& Int(std::string name, int64_t* value, std::string help) {
    return Int(std::move(name), value, std::move(help), IntRange());
  }
  FlagSet& Int(std::string name, int64_t* value, std::string help, IntRange range);
  // A finite number.
  FlagSet& Double(std::string name, double* value, std::string help);
  FlagSet& String(std::string name, std::string* value, std::string help);
  FlagSet& Bool(std::string name, bool* value, std::string help);
  // One of `choices`.
  FlagSet& Choice(std::string name, std::string* value, std::vector<std::string> choices,
                  std::string help);
  // Collects the values of a flag that may be repeated, in their order.
  FlagSet& List(std::string name, std::vector<std::string>* values, std::string help);

  // Declares the next positional argument; all that are declared must be given, and no others.
  FlagSet& Positional(std::string name, std::string* value, std::string help);

  // Parses the arguments that follow the program's name. InvalidArgument names the argument, what
  // was expected and what came; variables of the arguments before it are set then.
  absl::Status Parse(const std::vector<std::string>& args);

  // Whether the last Parse met --help, where it stopped without looking further.
  bool help_wanted() const { return help_wanted_; }
  std::string Help() const;

  // Parses a program's arguments. --help writes the help text to stdout and exits with 0; a wrong
  // argument writes a line to stderr and exits with 2.
  void ParseOrExit(int argc, const char* const* argv);
  void ParseOrExit(const std::vector<std::string>& args);  // without the program's name

 private:
  struct Flag {
    std::string name;
    std::string kind;  // what stands for the value in the help text; empty for a switch
    std::string help;
    std::string shown_default;  // empty where there is none to show
    std::function<absl::Status(const std::string& value)> set;
  };
  struct PositionalArgument {
    std::string name;
    std::string* value;
    std::string help;
  };

  absl::Status ParseFlag(const std::vector<std::string>& args, size_t& i);

  std::string program_;
  std::string purpose_;
  std::vector<Flag> flags_;
  std::vector<PositionalArgument> positionals_;
  bool help_wanted_ = false;
};

}  // namespace sessile
