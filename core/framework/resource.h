// What a tensor of type `resource` holds: a handle to an object that lives as long as its handles.
// A handle to a variable is no such tensor: it stands for the session's own VariableState, as a
// reference does (core/session/variable.h).
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
#include "sessile/core/framework/shape.h"

namespace sessile {

class Resource {
 public:
  virtual ~Resource() = default;
};
using ResourceHandle = std::shared_ptr<Resource>;

template <>
struct DataTypeOf<ResourceHandle> : DataTypeConstant<DataType::kResource> {};

// What is known of the variable behind a handle while the graph is built.
struct HandleFacts {
  DataType dtype = DataType::kInvalid;  // not known
  Shape shape = Shape::Unknown();

  friend bool operator==(const HandleFacts&, const HandleFacts&) = default;
};

}  // namespace sessile
