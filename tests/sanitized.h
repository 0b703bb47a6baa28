// Whether a sanitizer checks this build: then tests of large sizes take smaller ones.
#pragma once

namespace sessile {

#ifdef SESSILE_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace sessile
