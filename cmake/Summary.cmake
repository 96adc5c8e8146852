# What will be built, in one look; what will not, with the reason.
function(rcuscope_summary what has why)
  if(has)
    message(STATUS "rcuscope:   ${what}: yes")
  else()
    message(STATUS "rcuscope:   ${what}: no (${why})")
  endif()
endfunction()

message(STATUS "rcuscope ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}, sanitizers: "
               "${RCUSCOPE_SANITIZE}, compiler cache: ${CCACHE_PROGRAM}")
rcuscope_summary("live world" ${RCUSCOPE_HAS_LIVE} "RCUSCOPE_LIVE=${RCUSCOPE_LIVE}, liburcu-dev")
rcuscope_summary("trace-cmd files" ${RCUSCOPE_HAS_TRACE_CMD}
                 "RCUSCOPE_TRACE_CMD=${RCUSCOPE_TRACE_CMD}, ${RCUSCOPE_TRACE_CMD_PACKAGES}")
rcuscope_summary("viewer" ${RCUSCOPE_HAS_GUI} "${RCUSCOPE_HAS_GUI_WHY}")
rcuscope_summary("fonts" ${RCUSCOPE_HAS_FONTS} "fonts-inter fonts-jetbrains-mono")
rcuscope_summary("python module" ${RCUSCOPE_HAS_PYTHON} "${RCUSCOPE_HAS_PYTHON_WHY}")
rcuscope_summary("C++ tests" ${RCUSCOPE_HAS_TESTS} "RCUSCOPE_TESTS=${RCUSCOPE_TESTS}, libgtest-dev")
rcuscope_summary("benchmarks" ${RCUSCOPE_HAS_BENCHMARKS}
                 "RCUSCOPE_BENCHMARKS=${RCUSCOPE_BENCHMARKS}, libbenchmark-dev")
