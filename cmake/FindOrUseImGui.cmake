# rcuscope::imgui: Dear ImGui with its GLFW and OpenGL 3 backends, GLFW, EGL and FreeType, all from
# the system (Dear ImGui 1.86 in Debian 12). Sets RCUSCOPE_IMGUI_MISSING to what was not found.
set(RCUSCOPE_IMGUI_MISSING "")
find_package(PkgConfig QUIET)
find_package(OpenGL QUIET COMPONENTS OpenGL EGL)
if(PkgConfig_FOUND)
  pkg_check_modules(IMGUI QUIET IMPORTED_TARGET imgui)
  pkg_check_modules(GLFW QUIET IMPORTED_TARGET glfw3)
  pkg_check_modules(FREETYPE QUIET IMPORTED_TARGET freetype2)
endif()
foreach(pair "PkgConfig::IMGUI=libimgui-dev libstb-dev" "PkgConfig::GLFW=libglfw3-dev"
             "PkgConfig::FREETYPE=libfreetype-dev" "OpenGL::EGL=libegl-dev" "OpenGL::OpenGL=libgl-dev")
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 target)
  list(GET pair 1 packages)
  if(NOT TARGET ${target})
    string(APPEND RCUSCOPE_IMGUI_MISSING " ${packages}")
  endif()
endforeach()
string(STRIP "${RCUSCOPE_IMGUI_MISSING}" RCUSCOPE_IMGUI_MISSING)

if(RCUSCOPE_IMGUI_MISSING STREQUAL "")
  add_library(rcuscope_imgui INTERFACE)
  add_library(rcuscope::imgui ALIAS rcuscope_imgui)
  target_link_libraries(rcuscope_imgui INTERFACE PkgConfig::IMGUI PkgConfig::GLFW OpenGL::EGL
                                                 PkgConfig::FREETYPE ${CMAKE_DL_LIBS})
  # Only what is called becomes a run-time need: a headless viewer shall not ask for libEGL.
  target_link_options(rcuscope_imgui INTERFACE -Wl,--as-needed)
endif()
