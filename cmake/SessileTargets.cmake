# How Sessile's targets are compiled and put together.

# What users of the library need to compile against it.
add_library(sessile_usage INTERFACE)
target_compile_features(sessile_usage INTERFACE cxx_std_20)
target_include_directories(sessile_usage INTERFACE ${SESSILE_INCLUDE_DIR} ${SESSILE_GENERATED_DIR})
target_link_libraries(
  sessile_usage
  INTERFACE Threads::Threads absl::status absl::statusor absl::strings absl::str_format absl::span absl::flat_hash_map
            absl::flat_hash_set absl::inlined_vector absl::time)

# How our own files are compiled.
add_library(sessile_options INTERFACE)
target_link_libraries(sessile_options INTERFACE sessile_usage)
# A contracted multiply-add rounds once instead of twice: results would differ between compilers. Without a build type (a
# project's CMAKE_BUILD_TYPE is empty by default) kernels would be compiled without optimization.
target_compile_options(sessile_options INTERFACE -ffp-contract=off $<$<CONFIG:>:-O2> -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
# GCC 12 sees overlaps and overflows in std::string that are not there (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(sessile_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(SESSILE_WARNINGS_AS_ERRORS)
  target_compile_options(sessile_options INTERFACE -Werror)
endif()

# Precompiles what nearly every file of a target includes: the standard library's and Abseil's headers, and the given ones. Every
# file still names all that it uses: -DSESSILE_PRECOMPILE_HEADERS=OFF -DSESSILE_UNITY_BUILD=OFF shows.
function(sessile_precompile target)
  if(SESSILE_PRECOMPILE_HEADERS)
    target_precompile_headers(
      ${target}
      PRIVATE
      <algorithm>
      <array>
      <cmath>
      <deque>
      <functional>
      <limits>
      <map>
      <memory>
      <mutex>
      <optional>
      <shared_mutex>
      <source_location>
      <span>
      <string>
      <string_view>
      <utility>
      <vector>
      <absl/strings/str_join.h>
      <sessile/core/framework/status.h>
      ${ARGN})
  endif()
endfunction()

# A layer is the objects of one folder: every .cc below it. What follows the folder's name are headers to precompile.
function(sessile_layer folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cc)
  if(NOT sources)
    add_library(sessile_${folder} INTERFACE)
    return()
  endif()
  add_library(sessile_${folder} OBJECT ${sources})
  target_link_libraries(sessile_${folder} PRIVATE sessile_options protobuf::libprotobuf)
  if(folder STREQUAL kernels)
    target_link_libraries(sessile_kernels PRIVATE DNNL::dnnl ZLIB::ZLIB)
  endif()
  add_dependencies(sessile_${folder} sessile_proto)
  sessile_precompile(sessile_${folder} ${ARGN})
  set_target_properties(sessile_${folder} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# The one library that users link.
function(sessile_library)
  add_library(sessile ${PROJECT_SOURCE_DIR}/sessile.cc)
  add_library(Sessile::sessile ALIAS sessile)
  target_compile_definitions(sessile PRIVATE SESSILE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(sessile PUBLIC sessile_usage PRIVATE sessile_options sessile_proto sessile_core sessile_ops sessile_kernels
                                                               protobuf::libprotobuf DNNL::dnnl ZLIB::ZLIB ${CMAKE_DL_LIBS})
  set_target_properties(sessile PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
