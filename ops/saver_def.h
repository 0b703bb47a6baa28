// How a graph is saved and restored: what a Saver has built (ops/saver.h), and what a MetaGraphDef
// keeps of it.
#pragma once

#include <string>

namespace sessile {

struct SaverDef {
  // A file may say another number, which is kept.
  enum CheckpointFormatVersion : int { LEGACY = 0, V1 = 1, V2 = 2 };
  std::string filename_tensor_name = {};  // "save/Const:0"
  std::string save_tensor_name = {};      // "save/control_dependency:0"
  std::string restore_op_name = {};       // "save/restore_all"
  int max_to_keep = 0;                    // 0: all
  bool sharded = false;
  float keep_checkpoint_every_n_hours = 0;
  CheckpointFormatVersion version = V2;
  friend bool operator==(const SaverDef&, const SaverDef&) = default;
};

}  // namespace sessile
