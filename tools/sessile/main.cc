// sessile: TensorFlow 1 graphs on the command line.
//
// Exits with 0; with 1 after one line "error: CODE: message" on stderr; or with 2 after one line on
// a wrong argument. `sessile diff` exits with 1 if the graphs differ and with 2 after an error.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sessile/core/framework/errors.h"
#include "sessile/core/framework/status.h"
#include "sessile/tools/sessile/commands.h"

namespace {

using Args = std::vector<std::string>;

struct Command {
  const char* name;
  const char* arguments;
  const char* purpose;
  absl::StatusOr<int> (*run)(const Args& args);  // gives the exit status
  int exit_after_error = 1;
};

// A command that ends well or with an error.
template <absl::Status (*run)(const Args& args)>
absl::StatusOr<int> Plain(const Args& args) {
  SESSILE_RETURN_IF_ERROR(run(args));
  return 0;
}

constexpr Command kCommands[] = {
    {"run", "GRAPH", "computes tensors of a graph", Plain<RunCommand>},
    {"bench", "GRAPH", "measures runs of a graph, and which kernels the time goes to",
     Plain<BenchCommand>},
    {"tune", "GRAPH", "measures which code is the fastest for each convolution of a graph",
     Plain<TuneCommand>},
    {"show", "GRAPH",
     "lists its inputs, outputs, operations and variables; or a checkpoint's tensors",
     Plain<ShowCommand>},
    {"diff", "A B", "compares two graphs node by node", DiffCommand, 2},
    {"convert", "A B", "writes a graph from binary to text or from text to binary",
     Plain<ConvertCommand>},
    {"freeze", "GRAPH", "writes the part of a graph that some outputs need, variables as constants",
     Plain<FreezeCommand>},
    {"ops", "", "lists the operations that there are", Plain<OpsCommand>},
};

void PrintHelp() {
  std::puts(
      "usage: sessile COMMAND [arguments]\n\n"
      "Runs and lists TensorFlow 1 graphs (GraphDef files, binary or .pbtxt) and checkpoints.\n");
  for (const Command& command : kCommands) {
    std::printf("  %-13s %s\n", absl::StrCat(command.name, " ", command.arguments).c_str(),
                command.purpose);
  }
  std::puts(
      "  --version\n"
      "  --help        this text; after a command, its own");
}

const Command& CommandOf(const std::string& name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return command;
  }
  std::fprintf(stderr, "sessile: unknown command '%s' (see sessile --help)\n", name.c_str());
  std::exit(2);
}

// What the library throws, as a status.
absl::StatusOr<int> Guarded(const Command& command, const Args& args) {
  try {
    return command.run(args);
  } catch (const sessile::errors::OpError& error) {
    return error.status();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("OOM: no memory is left");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

void PrintError(const absl::Status& status) {
  const std::string message =
      absl::StrReplaceAll(status.message(), {{"\n\t", " "}, {"\n", " "}, {"\r", " "}});
  std::fprintf(stderr, "error: %s: %s\n", sessile::errors::CodeName(status.code()).c_str(),
               message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const Args args(argv + (argc > 0), argv + argc);
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    PrintHelp();
    return 0;
  }
  if (args[0] == "--version") {
    std::puts("sessile " SESSILE_VERSION);
    return 0;
  }
  const Command& command = CommandOf(args[0]);
  const absl::StatusOr<int> status = Guarded(command, {args.begin() + 1, args.end()});
  if (status.ok()) return *status;
  PrintError(status.status());
  return command.exit_after_error;
}
