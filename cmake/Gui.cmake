# rcuscope_gui and the program rcuscope-viewer. Build tree and wheel share one layout, so that the
# viewer finds ../fonts from its own path in both: rcuscope/bin/rcuscope-viewer, rcuscope/fonts/.
set(RCUSCOPE_STAGE_DIR "${PROJECT_BINARY_DIR}/rcuscope")

file(GLOB_RECURSE gui_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/gui/*.cpp")
set(gui_main "${PROJECT_SOURCE_DIR}/gui/main.cpp")
set(RCUSCOPE_HAS_GUI 0)
set(RCUSCOPE_HAS_GUI_WHY "switched off")
if(NOT RCUSCOPE_GUI STREQUAL "off")
  include(FindOrUseImGui)
  if(NOT RCUSCOPE_IMGUI_MISSING STREQUAL "")
    set(RCUSCOPE_HAS_GUI_WHY "missing: ${RCUSCOPE_IMGUI_MISSING}")
    if(RCUSCOPE_GUI STREQUAL "on")
      message(FATAL_ERROR "RCUSCOPE_GUI=on, but not found: ${RCUSCOPE_IMGUI_MISSING}; "
                          "install them or use -DRCUSCOPE_GUI=off")
    endif()
  elseif(gui_sources)
    set(RCUSCOPE_HAS_GUI 1)
  else()
    set(RCUSCOPE_HAS_GUI_WHY "gui/ has no sources")
  endif()
endif()
if(NOT RCUSCOPE_HAS_GUI)
  return()
endif()

list(REMOVE_ITEM gui_sources "${gui_main}")
if(gui_sources)
  add_library(rcuscope_gui STATIC ${gui_sources})
  set(gui_scope PUBLIC)
  target_link_libraries(rcuscope_gui PRIVATE rcuscope_warnings)
else()
  add_library(rcuscope_gui INTERFACE)
  set(gui_scope INTERFACE)
endif()
target_include_directories(rcuscope_gui ${gui_scope} "${PROJECT_SOURCE_DIR}/gui")
target_link_libraries(rcuscope_gui ${gui_scope} rcuscope_core rcuscope::imgui)

# Loops over pixels: worth the compiler's vectors.
set_source_files_properties("${PROJECT_SOURCE_DIR}/gui/raster.cpp" PROPERTIES COMPILE_OPTIONS -O3)

if(EXISTS "${gui_main}")
  add_executable(rcuscope-viewer "${gui_main}")
  target_link_libraries(rcuscope-viewer PRIVATE rcuscope_gui rcuscope_warnings)
  set_target_properties(rcuscope-viewer PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                   "${RCUSCOPE_STAGE_DIR}/bin")
  install(TARGETS rcuscope-viewer RUNTIME DESTINATION rcuscope/bin COMPONENT python)
  # What its source panel shows: the files that traces of the machinery point to.
  file(MAKE_DIRECTORY "${RCUSCOPE_STAGE_DIR}/source")
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/core" "${RCUSCOPE_STAGE_DIR}/source/core" SYMBOLIC)
  foreach(part iommu scenario world)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/core/${part}" DESTINATION rcuscope/source/core
            COMPONENT python FILES_MATCHING PATTERN "*.h" PATTERN "*.cpp")
  endforeach()
endif()
