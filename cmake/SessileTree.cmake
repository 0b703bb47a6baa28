# Every include reads "sessile/FOLDER/...". In the build tree that is a folder of links to the sources.

set(SESSILE_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)
set(SESSILE_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated)

function(sessile_include_tree)
  file(MAKE_DIRECTORY ${SESSILE_INCLUDE_DIR}/sessile ${SESSILE_GENERATED_DIR})
  foreach(entry ${ARGN} sessile.h)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${entry} ${SESSILE_INCLUDE_DIR}/sessile/${entry} SYMBOLIC)
  endforeach()
endfunction()
