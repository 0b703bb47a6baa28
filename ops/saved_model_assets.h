// The files beside a graph (vocabularies, say) that go into its SavedModel.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sessile/core/graph/graph.h"
#include "sessile/core/graph/output.h"

namespace sessile::saved_model {

// The name of each file in the folder of assets, and where it is now.
using AssetFiles = std::map<std::string, std::string>;

// Names the files whose paths the constants `paths` hold, and lists them in the collection of
// assets of `graph`. A file is called as it is now; another one of that name gets a number.
// INVALID_ARGUMENT for a tensor that is no constant with one path; errors of files that have to be
// compared.
absl::StatusOr<AssetFiles> AddAssetsToCollection(const Graph& graph,
                                                 const std::vector<Output>& paths);

// Copies the files that are not yet in `copied`, which gets their names. NOT_FOUND names the path.
absl::Status CopyAssets(const AssetFiles& files, const std::string& export_dir,
                        std::set<std::string>* copied);

}  // namespace sessile::saved_model
