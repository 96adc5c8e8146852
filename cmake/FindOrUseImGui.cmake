# rcuscope::imgui: Dear ImGui with its GLFW and OpenGL 3 backends, GLFW, EGL and FreeType, all from
# the system (Dear ImGui 1.86 in Debian 12). Sets RCUSCOPE_IMGUI_MISSING to what was not found.
# EGL and GL by pkg-config: CMake's FindOpenGL wants libopengl-dev and GLX, which nobody here needs.
set(RCUSCOPE_IMGUI_MISSING "")
find_package(PkgConfig QUIET)
add_library(rcuscope_imgui INTERFACE)
add_library(rcuscope::imgui ALIAS rcuscope_imgui)

function(rcuscope_imgui_part module package)
  if(PkgConfig_FOUND)
    pkg_check_modules(RCUSCOPE_${module} QUIET IMPORTED_TARGET GLOBAL ${module})
  endif()
  if(TARGET PkgConfig::RCUSCOPE_${module})
    target_link_libraries(rcuscope_imgui INTERFACE PkgConfig::RCUSCOPE_${module})
  else()
    set(RCUSCOPE_IMGUI_MISSING "${RCUSCOPE_IMGUI_MISSING} ${package}" PARENT_SCOPE)
  endif()
endfunction()

rcuscope_imgui_part(imgui "libimgui-dev libstb-dev")
rcuscope_imgui_part(glfw3 libglfw3-dev)
rcuscope_imgui_part(freetype2 libfreetype-dev)
rcuscope_imgui_part(egl libegl-dev)
rcuscope_imgui_part(gl libgl-dev)
string(STRIP "${RCUSCOPE_IMGUI_MISSING}" RCUSCOPE_IMGUI_MISSING)

# Only what is called becomes a run-time need: a headless viewer shall not ask for libGL.
target_link_options(rcuscope_imgui INTERFACE -Wl,--as-needed)
target_link_libraries(rcuscope_imgui INTERFACE ${CMAKE_DL_LIBS})
