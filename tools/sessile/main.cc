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

constexpr const char* kHelp =
    "usage: sessile COMMAND [arguments]\n\n"
    "Runs and lists TensorFlow 1 graphs (GraphDef files, binary or .pbtxt) and checkpoints.\n\n"
    "  run GRAPH     computes tensors of a graph\n"
    "  bench GRAPH   measures runs of a graph, and which kernels the time goes to\n"
    "  show GRAPH    lists its inputs, outputs, operations and variables; or a checkpoint's "
    "tensors\n"
    "  diff A B      compares two graphs node by node\n"
    "  convert A B   writes a graph from binary to text or from text to binary\n"
    "  freeze GRAPH  writes the part of a graph that some outputs need, variables as constants\n"
    "  ops           lists the operations that there are\n"
    "  --version\n"
    "  --help        this text; after a command, its own\n";

absl::Status Dispatch(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    std::fputs(kHelp, stdout);
    return absl::OkStatus();
  }
  if (args[0] == "--version") {
    std::puts("sessile " SESSILE_VERSION);
    return absl::OkStatus();
  }
  const std::vector<std::string> rest(args.begin() + 1, args.end());
  if (args[0] == "run") return RunCommand(rest);
  if (args[0] == "bench") return BenchCommand(rest);
  if (args[0] == "show") return ShowCommand(rest);
  if (args[0] == "ops") return OpsCommand(rest);
  if (args[0] == "convert") return ConvertCommand(rest);
  if (args[0] == "diff") return DiffCommand(rest);
  if (args[0] == "freeze") return FreezeCommand(rest);
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
