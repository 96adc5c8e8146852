# tests/fuzz: one libFuzzer program per reader of our own. Built by `./dev test fuzz` with clang, and
# only from what the readers need.
set(RCUSCOPE_FUZZ off CACHE STRING "libFuzzer targets (clang): on or off")
if(NOT RCUSCOPE_FUZZ STREQUAL "on")
  return()
endif()
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "RCUSCOPE_FUZZ=on needs clang, which has libFuzzer; the compiler is "
                      "${CMAKE_CXX_COMPILER_ID}")
endif()

file(GLOB fuzzed_sources CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/core/trace/*.cpp" "${PROJECT_SOURCE_DIR}/core/io/ctf_*.cpp"
     "${PROJECT_SOURCE_DIR}/core/io/kernel_*.cpp")
list(APPEND fuzzed_sources
     "${PROJECT_SOURCE_DIR}/core/base/assert.cpp" "${PROJECT_SOURCE_DIR}/core/base/place.cpp"
     "${PROJECT_SOURCE_DIR}/core/io/file.cpp" "${PROJECT_SOURCE_DIR}/core/io/ftrace_text.cpp")
add_library(rcuscope_fuzzed OBJECT EXCLUDE_FROM_ALL ${fuzzed_sources})
target_include_directories(rcuscope_fuzzed PUBLIC "${PROJECT_SOURCE_DIR}/core"
                                                  "${PROJECT_SOURCE_DIR}/tests")
target_compile_definitions(rcuscope_fuzzed PUBLIC RCUSCOPE_LIVE=0
                                                  RCUSCOPE_VERSION="${PROJECT_VERSION}")
target_compile_options(rcuscope_fuzzed PUBLIC -fsanitize=fuzzer-no-link)
foreach(reader ctf ftrace_text)
  add_executable(fuzz_${reader} EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_${reader}.cpp")
  target_link_libraries(fuzz_${reader} PRIVATE rcuscope_fuzzed)
  target_link_options(fuzz_${reader} PRIVATE -fsanitize=fuzzer)
endforeach()
add_custom_target(fuzz DEPENDS fuzz_ctf fuzz_ftrace_text)
