# The version has one home: pyproject.toml.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             "${CMAKE_CURRENT_SOURCE_DIR}/pyproject.toml")
file(STRINGS "${CMAKE_CURRENT_SOURCE_DIR}/pyproject.toml" line REGEX "^version = " LIMIT_COUNT 1)
string(REGEX REPLACE "^version = \"([0-9.]+).*\"$" "\\1" RCUSCOPE_VERSION "${line}")
if(NOT RCUSCOPE_VERSION MATCHES "^[0-9]+\\.[0-9]+\\.[0-9]+$")
  message(FATAL_ERROR "pyproject.toml: expected a line 'version = \"X.Y.Z\"', found '${line}'")
endif()
