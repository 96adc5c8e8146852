# rcuscope_core: everything below core/. It knows neither Python nor Dear ImGui.
find_package(PkgConfig)
find_package(Threads REQUIRED)
find_package(BoostContext REQUIRED)

set(RCUSCOPE_HAS_LIVE 0)
if(NOT RCUSCOPE_LIVE STREQUAL "off")
  if(PkgConfig_FOUND)
    # One library per flavor; which one runs is chosen at run time, memb by default.
    pkg_check_modules(URCU IMPORTED_TARGET liburcu-memb liburcu-mb liburcu-bp liburcu-qsbr)
  endif()
  if(TARGET PkgConfig::URCU)
    set(RCUSCOPE_HAS_LIVE 1)
  elseif(RCUSCOPE_LIVE STREQUAL "on")
    message(FATAL_ERROR "RCUSCOPE_LIVE=on, but pkg-config does not find liburcu; "
                        "install liburcu-dev (Debian, Ubuntu) or use -DRCUSCOPE_LIVE=off")
  endif()
endif()

file(GLOB core_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/core/*/*.cpp")
if(NOT RCUSCOPE_HAS_LIVE)
  list(FILTER core_sources EXCLUDE REGEX "/core/(live/|scenario/workload)")
endif()

if(core_sources)
  add_library(rcuscope_core STATIC ${core_sources})
  set(core_scope PUBLIC)
  target_link_libraries(rcuscope_core PRIVATE $<BUILD_INTERFACE:rcuscope_warnings>)
else()
  add_library(rcuscope_core INTERFACE)
  set(core_scope INTERFACE)
endif()
set_target_properties(rcuscope_core PROPERTIES EXPORT_NAME core)
target_compile_features(rcuscope_core ${core_scope} cxx_std_20)
target_include_directories(
  rcuscope_core ${core_scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core>
                              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/rcuscope>)
target_compile_definitions(rcuscope_core ${core_scope} RCUSCOPE_LIVE=${RCUSCOPE_HAS_LIVE}
                                                       RCUSCOPE_VERSION="${PROJECT_VERSION}")
target_link_libraries(rcuscope_core ${core_scope} Boost::context_raw Threads::Threads)
if(RCUSCOPE_HAS_LIVE)
  # Shared on purpose: the licence wants it replaceable, and its state must exist once per process.
  target_link_libraries(rcuscope_core ${core_scope} PkgConfig::URCU atomic)  # atomic: 16 bytes
endif()
