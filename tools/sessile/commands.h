// The commands of the sessile tool. Each takes the arguments that follow its name and prints what
// it has to say on stdout.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Runs a graph: see `sessile run --help`.
absl::Status RunCommand(const std::vector<std::string>& args);

// Measures runs of a graph, and which kernels the time goes to.
absl::Status BenchCommand(const std::vector<std::string>& args);

// Measures the codes that the convolutions of a graph can be computed by, and writes the table of
// choices.
absl::Status TuneCommand(const std::vector<std::string>& args);

// Lists a graph's inputs, outputs, operations and variables.
absl::Status ShowCommand(const std::vector<std::string>& args);

// Lists the operations: what they take, what they do, their gradients and kernels.
absl::Status OpsCommand(const std::vector<std::string>& args);

// Writes a graph from binary to text or from text to binary.
absl::Status ConvertCommand(const std::vector<std::string>& args);

// Compares two graphs node by node. Gives the exit status, as diff(1) has it: 1 if they differ.
absl::StatusOr<int> DiffCommand(const std::vector<std::string>& args);

// Writes a graph with its variables as constants.
absl::Status FreezeCommand(const std::vector<std::string>& args);
