# Inter and JetBrains Mono, as installed by the system's packages, with their licence texts.
# Nothing of them is committed; without them the viewer falls back to Dear ImGui's own font.
set(RCUSCOPE_HAS_FONTS 0)
if(NOT RCUSCOPE_HAS_GUI)
  return()
endif()

set(font_dir "${RCUSCOPE_STAGE_DIR}/fonts")
set(font_outputs "")
function(rcuscope_add_font face package)
  find_file(FONT_${face} NAMES ${face}.ttf ${face}.otf
            PATHS /usr/share/fonts /usr/local/share/fonts
            PATH_SUFFIXES opentype/inter truetype/inter truetype/jetbrains-mono
                          opentype/jetbrains-mono inter jetbrains-mono
            NO_DEFAULT_PATH)
  mark_as_advanced(FONT_${face})
  if(NOT FONT_${face})
    message(STATUS "rcuscope: font ${face} not found (Debian, Ubuntu: ${package})")
    return()
  endif()
  get_filename_component(extension "${FONT_${face}}" EXT)
  set(output "${font_dir}/${face}${extension}")
  add_custom_command(OUTPUT "${output}"
                     COMMAND ${CMAKE_COMMAND} -E copy "${FONT_${face}}" "${output}"
                     DEPENDS "${FONT_${face}}" VERBATIM)
  set(licence "/usr/share/doc/${package}/copyright")
  if(EXISTS "${licence}")
    configure_file("${licence}" "${font_dir}/LICENSE.${package}.txt" COPYONLY)
  endif()
  set(font_outputs ${font_outputs} "${output}" PARENT_SCOPE)
endfunction()

# The faces that gui/fonts.cpp looks for.
foreach(face Inter-Regular Inter-Medium Inter-SemiBold)
  rcuscope_add_font(${face} fonts-inter)
endforeach()
foreach(face JetBrainsMono-Regular JetBrainsMono-Bold)
  rcuscope_add_font(${face} fonts-jetbrains-mono)
endforeach()
if(font_outputs)
  set(RCUSCOPE_HAS_FONTS 1)
  add_custom_target(rcuscope_fonts ALL DEPENDS ${font_outputs})
  install(DIRECTORY "${font_dir}" DESTINATION rcuscope COMPONENT python)
endif()
