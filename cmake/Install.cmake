# The C++ core for other projects: `cmake --install BUILD --component core --prefix DIR`, then
# find_package(rcuscope) there. docs/cpp.md has an example.
include(CMakePackageConfigHelpers)
set(RCUSCOPE_CONFIG_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/rcuscope")

install(TARGETS rcuscope_core EXPORT rcuscope-targets COMPONENT core)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/core/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/rcuscope"
        COMPONENT core
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "trace_cmd" EXCLUDE)
install(EXPORT rcuscope-targets NAMESPACE rcuscope:: DESTINATION "${RCUSCOPE_CONFIG_DIR}"
        COMPONENT core)

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/rcuscope-config.cmake.in" "${PROJECT_BINARY_DIR}/rcuscope-config.cmake"
  INSTALL_DESTINATION "${RCUSCOPE_CONFIG_DIR}")
# Before version 1.0 every minor version may change the C++ API.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rcuscope-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rcuscope-config.cmake"
              "${PROJECT_BINARY_DIR}/rcuscope-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindBoostContext.cmake"
        DESTINATION "${RCUSCOPE_CONFIG_DIR}" COMPONENT core)
