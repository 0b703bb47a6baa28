// What a tensor of type `resource` holds: a handle to an object that lives as long as its handles.
//
//   class List final : public Resource { ... };
//   *out[0].data<ResourceHandle>() = std::make_shared<List>(...);
//   auto* list = dynamic_cast<List*>(in[0].data<ResourceHandle>()->get());
//
// Handles are made by kernels; none can be fed or stored in a file. An object looks after its own
// thread safety.
#pragma once

#include <memory>

#include "sessile/core/framework/data_type.h"

namespace sessile {

class Resource {
 public:
  virtual ~Resource() = default;
};
using ResourceHandle = std::shared_ptr<Resource>;

template <>
struct DataTypeOf<ResourceHandle> : DataTypeConstant<DataType::kResource> {};

}  // namespace sessile
