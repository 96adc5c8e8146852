# The extension module rcuscope._core. pybind11 comes from PyPI, with the Python that builds.
set(RCUSCOPE_HAS_PYTHON 0)
set(RCUSCOPE_HAS_PYTHON_WHY "switched off")
file(GLOB binding_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bindings/*.cpp")
if(RCUSCOPE_PYTHON STREQUAL "off")
  return()
endif()

set(PYBIND11_FINDPYTHON ON)
find_package(Python 3.10 QUIET COMPONENTS Interpreter Development.Module)
if(Python_FOUND AND NOT pybind11_DIR)
  execute_process(COMMAND "${Python_EXECUTABLE}" -m pybind11 --cmakedir
                  OUTPUT_VARIABLE pybind11_DIR OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(Python_FOUND)
  find_package(pybind11 3.0 QUIET CONFIG)
endif()
if(NOT pybind11_FOUND)
  set(RCUSCOPE_HAS_PYTHON_WHY "needs Python >= 3.10 with headers and pybind11 >= 3 from PyPI")
  if(RCUSCOPE_PYTHON STREQUAL "on")
    message(FATAL_ERROR "RCUSCOPE_PYTHON=on ${RCUSCOPE_HAS_PYTHON_WHY}; "
                        "`./dev build` sets both up in .venv")
  endif()
  return()
endif()
if(NOT binding_sources)
  set(RCUSCOPE_HAS_PYTHON_WHY "bindings/ has no sources")
  return()
endif()

set(RCUSCOPE_HAS_PYTHON 1)
pybind11_add_module(_core MODULE ${binding_sources})
target_include_directories(_core PRIVATE "${PROJECT_SOURCE_DIR}/bindings")
target_link_libraries(_core PRIVATE rcuscope_core rcuscope_warnings)
install(TARGETS _core LIBRARY DESTINATION rcuscope COMPONENT python)

# The viewer inside the Python process. It is apart from _core, which must import where no window
# system is installed.
if(RCUSCOPE_HAS_GUI)
  file(GLOB gui_binding_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bindings/gui/*.cpp")
  pybind11_add_module(_gui MODULE ${gui_binding_sources}
                      "${PROJECT_SOURCE_DIR}/bindings/interpreter.cpp")
  target_include_directories(_gui PRIVATE "${PROJECT_SOURCE_DIR}/bindings")
  target_link_libraries(_gui PRIVATE rcuscope_gui rcuscope_warnings)
  install(TARGETS _gui LIBRARY DESTINATION rcuscope COMPONENT python)
endif()

# The lessons come with the package: rs.lessons.notebook() finds them beside the module.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/notebooks/" DESTINATION rcuscope/notebooks COMPONENT python
        FILES_MATCHING PATTERN "*.ipynb" PATTERN ".ipynb_checkpoints" EXCLUDE)
