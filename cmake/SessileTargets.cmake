# How Sessile's targets are compiled and put together.

include(CheckLinkerFlag)
include(GNUInstallDirs)

# What users of the library need to compile against it.
add_library(sessile_usage INTERFACE)
target_compile_features(sessile_usage INTERFACE cxx_std_20)
target_include_directories(
  sessile_usage INTERFACE $<BUILD_INTERFACE:${SESSILE_INCLUDE_DIR}> $<BUILD_INTERFACE:${SESSILE_GENERATED_DIR}>
                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set(SESSILE_PUBLIC_ABSL status statusor strings str_format span flat_hash_map flat_hash_set inlined_vector time)
list(TRANSFORM SESSILE_PUBLIC_ABSL PREPEND absl:: OUTPUT_VARIABLE absl_targets)
target_link_libraries(sessile_usage INTERFACE Threads::Threads ${absl_targets})

# Which names the shared library shows; what it instantiates of other libraries stays its own.
set(SESSILE_VERSION_SCRIPT ${PROJECT_SOURCE_DIR}/cmake/sessile.map)
check_linker_flag(CXX LINKER:--version-script=${SESSILE_VERSION_SCRIPT} SESSILE_HIDES_SYMBOLS)

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

# How far a layer is optimized where the build is an optimized one: the options.
function(sessile_optimize target)
  target_compile_options(${target} PRIVATE "$<$<CONFIG:Release,RelWithDebInfo>:${ARGN}>")
endfunction()

# Addresses that the loader fixes (tables of virtual functions and types) in a few bits each instead of 24 bytes.
check_linker_flag(CXX LINKER:-z,pack-relative-relocs SESSILE_PACKS_RELOCATIONS)
check_linker_flag(CXX LINKER:-Bsymbolic-functions SESSILE_BINDS_FUNCTIONS)
function(sessile_pack_relocations target)
  if(SESSILE_PACKS_RELOCATIONS)
    target_link_options(${target} PRIVATE LINKER:-z,pack-relative-relocs)
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

# What the library itself needs of the system. A program that links the static one links these too.
set(SESSILE_PRIVATE_LIBRARIES protobuf::libprotobuf DNNL::dnnl ZLIB::ZLIB ${CMAKE_DL_LIBS})

# The one library that users link, made of the layers' objects. KIND is STATIC or SHARED, or left to BUILD_SHARED_LIBS.
function(sessile_library target)
  add_library(${target} ${ARGN} ${PROJECT_SOURCE_DIR}/sessile.cc)
  foreach(layer proto core ops kernels)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:sessile_${layer}>)
  endforeach()
  target_compile_definitions(${target} PRIVATE SESSILE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${target} PUBLIC sessile_usage PRIVATE $<BUILD_INTERFACE:sessile_options> ${SESSILE_PRIVATE_LIBRARIES})
  # Version 0.1 makes no promise to programs that were linked with 0.2.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON VERSION ${PROJECT_VERSION}
                                             SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  get_target_property(kind ${target} TYPE)
  if(kind STREQUAL SHARED_LIBRARY)
    sessile_pack_relocations(${target})
    # Its functions call each other without looking each other up first.
    if(SESSILE_BINDS_FUNCTIONS)
      target_link_options(${target} PRIVATE LINKER:-Bsymbolic-functions)
    endif()
  endif()
  if(kind STREQUAL SHARED_LIBRARY AND SESSILE_HIDES_SYMBOLS)
    target_link_options(${target} PRIVATE LINKER:--version-script=${SESSILE_VERSION_SCRIPT})
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${SESSILE_VERSION_SCRIPT})
  endif()
endfunction()
