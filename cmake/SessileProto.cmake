# Compiles proto/*.proto as sessile/proto/x.proto: protobuf keeps file names in one pool for the whole process, so a plain x.proto
# would collide with TensorFlow's in a program that links both.

function(sessile_proto_layer)
  file(GLOB protos CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proto/*.proto)
  set(sources)
  foreach(proto ${protos})
    get_filename_component(stem ${proto} NAME_WE)
    set(out ${SESSILE_GENERATED_DIR}/sessile/proto/${stem}.pb)
    add_custom_command(
      OUTPUT ${out}.cc ${out}.h
      COMMAND ${Protobuf_PROTOC_EXECUTABLE} --proto_path=${SESSILE_INCLUDE_DIR} --cpp_out=${SESSILE_GENERATED_DIR}
              ${SESSILE_INCLUDE_DIR}/sessile/proto/${stem}.proto
      DEPENDS ${protos}
      VERBATIM)
    list(APPEND sources ${out}.cc)
  endforeach()
  add_library(sessile_proto OBJECT ${sources})
  target_compile_features(sessile_proto PUBLIC cxx_std_20)
  target_include_directories(sessile_proto PUBLIC ${SESSILE_GENERATED_DIR})
  target_link_libraries(sessile_proto PUBLIC protobuf::libprotobuf)
  # Generated code: nobody debugs it, so the sanitizers leave it out.
  target_compile_options(sessile_proto PRIVATE -fno-sanitize=all -g0)
  # The messages stay inside of the shared library.
  set_target_properties(sessile_proto PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF CXX_VISIBILITY_PRESET hidden)
  if(SESSILE_PRECOMPILE_HEADERS)
    target_precompile_headers(
      sessile_proto PRIVATE <google/protobuf/generated_message_reflection.h> <google/protobuf/map_entry.h>
      <google/protobuf/map_field.h> <google/protobuf/reflection_ops.h> <google/protobuf/wire_format.h>)
  endif()
endfunction()
