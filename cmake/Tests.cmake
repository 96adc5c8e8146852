# tests/core and tests/gui: one GoogleTest program per file, so that one broken file stops only
# itself. tests/bench: one Google Benchmark program per file; CTest does not run those.
function(rcuscope_add_tests folder library)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/test_*.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "^test_" "test_${folder}_" name "${name}")
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE ${library} GTest::gtest_main GTest::gtest
                                          rcuscope_warnings)
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    # Beside the viewer: ../fonts is found from there.
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${RCUSCOPE_STAGE_DIR}/bin")
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         TEST_PREFIX "${folder}." PROPERTIES TIMEOUT 120 LABELS ${folder})
  endforeach()
endfunction()

set(RCUSCOPE_HAS_TESTS 0)
if(NOT RCUSCOPE_TESTS STREQUAL "off")
  find_package(GTest QUIET)
  if(GTest_FOUND)
    set(RCUSCOPE_HAS_TESTS 1)
    include(GoogleTest)
    # The search once more, with rules that test_mutations switches off.
    file(GLOB mutated_sources CONFIGURE_DEPENDS
         "${PROJECT_SOURCE_DIR}/core/explore/choice_stack.cpp"
         "${PROJECT_SOURCE_DIR}/core/explore/dpor.cpp"
         "${PROJECT_SOURCE_DIR}/core/explore/happens_before.cpp"
         "${PROJECT_SOURCE_DIR}/core/explore/races.cpp"
         "${PROJECT_SOURCE_DIR}/core/explore/reference_budget.cpp")
    add_library(rcuscope_mutated_search OBJECT ${mutated_sources})
    target_compile_definitions(rcuscope_mutated_search PUBLIC RCUSCOPE_MUTATIONS=1)
    target_compile_options(
      rcuscope_mutated_search
      PRIVATE "SHELL:-include \"${PROJECT_SOURCE_DIR}/tests/core/mutated_operation.h\"")
    target_link_libraries(rcuscope_mutated_search PRIVATE rcuscope_core rcuscope_warnings)
    rcuscope_add_tests(core rcuscope_core)
    target_link_libraries(test_core_mutations PRIVATE rcuscope_mutated_search)
    if(RCUSCOPE_HAS_GUI)
      rcuscope_add_tests(gui rcuscope_gui)
      # Of this file alone: the compiler cache knows the others whatever folder they are in.
      set_property(SOURCE "${PROJECT_SOURCE_DIR}/tests/gui/test_source_text.cpp" APPEND PROPERTY
                   COMPILE_DEFINITIONS RCUSCOPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
      foreach(golden_test test_pages test_golden)
        set_property(SOURCE "${PROJECT_SOURCE_DIR}/tests/gui/${golden_test}.cpp" APPEND PROPERTY
                     COMPILE_DEFINITIONS
                     RCUSCOPE_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/gui/golden")
      endforeach()
    endif()
  elseif(RCUSCOPE_TESTS STREQUAL "on")
    message(FATAL_ERROR "RCUSCOPE_TESTS=on, but GoogleTest was not found; install libgtest-dev "
                        "(Debian, Ubuntu) or use -DRCUSCOPE_TESTS=off")
  endif()
endif()

set(RCUSCOPE_HAS_BENCHMARKS 0)
if(NOT RCUSCOPE_BENCHMARKS STREQUAL "off")
  find_package(benchmark QUIET)
  if(benchmark_FOUND)
    set(RCUSCOPE_HAS_BENCHMARKS 1)
    file(GLOB bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/bench/bench_*.cpp")
    foreach(source IN LISTS bench_sources)
      get_filename_component(name "${source}" NAME_WE)
      add_executable(${name} "${source}")
      target_link_libraries(${name} PRIVATE rcuscope_core benchmark::benchmark rcuscope_warnings)
      target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
      if(RCUSCOPE_HAS_GUI)
        target_link_libraries(${name} PRIVATE rcuscope_gui)
      endif()
    endforeach()
    # The peer of the recorder, where it is installed.
    if(PkgConfig_FOUND)
      pkg_check_modules(LTTNG_UST IMPORTED_TARGET lttng-ust)
    endif()
    if(TARGET PkgConfig::LTTNG_UST)
      target_sources(bench_read_side PRIVATE "${PROJECT_SOURCE_DIR}/tests/bench/lttng_provider.cpp")
      target_compile_definitions(bench_read_side PRIVATE RCUSCOPE_LTTNG=1)
      target_link_libraries(bench_read_side PRIVATE PkgConfig::LTTNG_UST ${CMAKE_DL_LIBS})
    endif()
  elseif(RCUSCOPE_BENCHMARKS STREQUAL "on")
    message(FATAL_ERROR "RCUSCOPE_BENCHMARKS=on, but Google Benchmark was not found; install "
                        "libbenchmark-dev (Debian, Ubuntu) or use -DRCUSCOPE_BENCHMARKS=off")
  endif()
endif()
