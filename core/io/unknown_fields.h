// What becomes of fields in a text proto that this library does not know, and of unknown fields of
// a message that is written as text, which has no names for them.
#pragma once

namespace sessile {

enum class UnknownFields {
  kRefuse,  // an error that names the first one
  kSkip,    // they are left out
};

}  // namespace sessile
