# rcuscope-read-dat, the reader of trace-cmd's files: a program of its own, because a damaged file
# may take it down. It lies beside the viewer, where both the Python module and the viewer look.
set(RCUSCOPE_HAS_TRACE_CMD 0)
set(RCUSCOPE_TRACE_CMD_PACKAGES "libtracecmd-dev libtraceevent-dev libtracefs-dev")
if(RCUSCOPE_TRACE_CMD STREQUAL "off")
  return()
endif()
if(PkgConfig_FOUND)
  pkg_check_modules(TRACE_CMD IMPORTED_TARGET libtracecmd libtraceevent libtracefs)
endif()
if(NOT TARGET PkgConfig::TRACE_CMD)
  if(RCUSCOPE_TRACE_CMD STREQUAL "on")
    message(FATAL_ERROR "RCUSCOPE_TRACE_CMD=on, but pkg-config does not find libtracecmd; install "
                        "${RCUSCOPE_TRACE_CMD_PACKAGES} (Debian, Ubuntu)")
  endif()
  return()
endif()

set(RCUSCOPE_HAS_TRACE_CMD 1)
file(GLOB read_dat_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/io/trace_cmd/*.cpp")
add_executable(rcuscope-read-dat ${read_dat_sources})
target_link_libraries(rcuscope-read-dat PRIVATE rcuscope_core PkgConfig::TRACE_CMD
                                                rcuscope_warnings)
# It lives for milliseconds, and libstdc++ is most of what the dynamic linker would relocate.
if(NOT RCUSCOPE_SANITIZE)
  target_link_options(rcuscope-read-dat PRIVATE -static-libstdc++ -static-libgcc)
endif()
set_target_properties(rcuscope-read-dat PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/rcuscope/bin")
install(TARGETS rcuscope-read-dat RUNTIME DESTINATION rcuscope/bin COMPONENT python)
