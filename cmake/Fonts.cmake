# Inter and JetBrains Mono, as installed by the system's packages, with their licence texts. Only the
# characters that gui/fonts.cpp loads, where Python has fontTools: a third of the size.
# Nothing of them is committed; without them the viewer falls back to Dear ImGui's own font.
set(RCUSCOPE_HAS_FONTS 0)
if(NOT RCUSCOPE_HAS_GUI)
  return()
endif()

set(font_dir "${RCUSCOPE_STAGE_DIR}/fonts")
set(font_outputs "")
# As glyph_ranges in gui/fonts.cpp.
set(font_characters "U+0020-017F,U+00D7,U+2010-2027,U+2190-2193,U+2264-2265")
set(can_subset_fonts 0)
if(Python_EXECUTABLE)
  execute_process(COMMAND "${Python_EXECUTABLE}" -c "import fontTools.subset"
                  RESULT_VARIABLE subset_result OUTPUT_QUIET ERROR_QUIET)
  if(subset_result EQUAL 0)
    set(can_subset_fonts 1)
  endif()
endif()

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
  if(can_subset_fonts)
    set(make_font "${Python_EXECUTABLE}" -m fontTools.subset "${FONT_${face}}"
                  "--unicodes=${font_characters}" "--output-file=${output}")
  else()
    set(make_font ${CMAKE_COMMAND} -E copy "${FONT_${face}}" "${output}")
  endif()
  add_custom_command(OUTPUT "${output}" COMMAND ${make_font} DEPENDS "${FONT_${face}}" VERBATIM)
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
