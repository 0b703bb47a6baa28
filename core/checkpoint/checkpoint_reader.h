// Reads checkpoints: those of TensorFlow's Saver in both versions, and ours.
//
//   SESSILE_ASSIGN_OR_RETURN(const auto checkpoint, CheckpointReader::Open("/tmp/model.ckpt-400"));
//   for (const auto& [name, spec] : checkpoint->tensors()) ...   // dtype and shape
//   SESSILE_ASSIGN_OR_RETURN(const Tensor w, checkpoint->Read("dense/kernel"));
//
// Version 2 is PREFIX.index, a table with an entry for each tensor, and one or more data files with
// the bytes; version 1 is one or more tables. A tensor that was saved in parts (a partitioned
// variable) is one here, put together from those parts that are asked for.
//
// Nothing in the files is taken on trust: sizes are compared with those of the files before memory
// is taken, and each checksum is looked at. Errors name the tensor and the file. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sessile/core/checkpoint/tensor_slice.h"
#include "sessile/core/framework/tensor.h"

namespace sessile {

struct StoredTensor {
  DataType dtype = DataType::kInvalid;
  Shape shape;
};

class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;

  // Version 2 if there is PREFIX.index, else version 1, where PREFIX is the file, or a pattern that
  // stands for several ("model-?????-of-00003"). NOT_FOUND: "... Failed to find any matching files
  // for PREFIX".
  static absl::StatusOr<std::unique_ptr<CheckpointReader>> Open(const std::string& prefix);

  const std::string& prefix() const { return prefix_; }
  // Whole tensors by their names; kInvalid stands for types that are newer than this library.
  const std::map<std::string, StoredTensor, std::less<>>& tensors() const { return specs_; }
  bool Has(std::string_view name) const { return specs_.contains(name); }

  // A tensor, or the part of it that `part` asks for. NOT_FOUND: "Key W not found in checkpoint".
  absl::StatusOr<Tensor> Read(std::string_view name, const ShapeAndSlice* part = nullptr) const;
  // The same in two steps, for memory that somebody else allocates.
  absl::StatusOr<StoredTensor> SpecOf(std::string_view name,
                                      const ShapeAndSlice* part = nullptr) const;
  // REQUIRES: *to has the type and shape of SpecOf.
  absl::Status ReadInto(std::string_view name, const ShapeAndSlice* part, Tensor* to) const;

 protected:
  explicit CheckpointReader(std::string prefix) : prefix_(std::move(prefix)) {}

  // Declares a tensor, and the parts in which it is stored: one that is all of it, or several.
  absl::Status AddTensor(const std::string& name, DataType dtype, const Shape& shape,
                         std::vector<TensorSlice> parts);
  // Whether the files are long enough to hold part `i` of a tensor.
  virtual absl::Status CheckPart(const std::string& name, const TensorSlice& part,
                                 size_t i) const = 0;
  // Reads it. REQUIRES: CheckPart was OK, and *to has the part's type and shape.
  virtual absl::Status ReadPart(const std::string& name, const TensorSlice& part, size_t i,
                                Tensor* to) const = 0;
  virtual absl::Status KeyNotFound(std::string_view name) const;

 private:
  struct Piece {
    size_t index;
    Box stored;
    Box common;
  };
  // The stored parts that meet `wanted`, which they must cover, each element once.
  absl::StatusOr<std::vector<Piece>> PiecesOf(const std::string& name, const Shape& full,
                                              const Box& wanted) const;
  absl::Status ReadBox(const std::string& name, const StoredTensor& spec, const Box& wanted,
                       Tensor* to) const;

  const std::string prefix_;
  std::map<std::string, StoredTensor, std::less<>> specs_;
  std::map<std::string, std::vector<TensorSlice>, std::less<>> parts_;
};

// Whether PREFIX is a checkpoint of either version.
bool CheckpointExists(const std::string& prefix);
// The files that a pattern of the shell stands for.
std::vector<std::string> MatchingFiles(const std::string& pattern);

}  // namespace sessile
