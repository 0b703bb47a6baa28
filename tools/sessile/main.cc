// sessile: TensorFlow 1 graphs on the command line.
//
// Exits with 0; with 1 after one line "error: CODE: message" on stderr; or with 2 after one line on
// a wrong argument.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sessile/core/framework/errors.h"
#include "sessile/tools/sessile/commands.h"

namespace {

struct Command {
  const char* name;
  const char* arguments;
  const char* purpose;
  absl::Status (*run)(const std::vector<std::string>& args);
};

constexpr Command kCommands[] = {
    {"run", "GRAPH", "computes tensors of a graph", RunCommand},
    {"bench", "GRAPH", "measures runs of a graph, and which kernels the time goes to",
     BenchCommand},
    {"show", "GRAPH",
     "lists its inputs, outputs, operations and variables; or a checkpoint's tensors", ShowCommand},
    {"diff", "A B", "compares two graphs node by node", DiffCommand},
    {"convert", "A B", "writes a graph from binary to text or from text to binary", ConvertCommand},
    {"freeze", "GRAPH", "writes the part of a graph that some outputs need, variables as constants",
     FreezeCommand},
    {"ops", "", "lists the operations that there are", OpsCommand},
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

absl::Status Dispatch(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    PrintHelp();
    return absl::OkStatus();
  }
  if (args[0] == "--version") {
    std::puts("sessile " SESSILE_VERSION);
    return absl::OkStatus();
  }
  for (const Command& command : kCommands) {
    if (args[0] == command.name) return command.run({args.begin() + 1, args.end()});
  }
  std::fprintf(stderr, "sessile: unknown command '%s' (see sessile --help)\n", args[0].c_str());
  std::exit(2);
}

// What the library throws, as a status.
absl::Status Guarded(const std::vector<std::string>& args) {
  try {
    return Dispatch(args);
  } catch (const sessile::errors::OpError& error) {
    return error.status();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("OOM: no memory is left");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const absl::Status status = Guarded(std::vector<std::string>(argv + (argc > 0), argv + argc));
  if (status.ok()) return 0;
  const std::string message =
      absl::StrReplaceAll(status.message(), {{"\n\t", " "}, {"\n", " "}, {"\r", " "}});
  std::fprintf(stderr, "error: %s: %s\n", sessile::errors::CodeName(status.code()).c_str(),
               message.c_str());
  return 1;
}
