# rcuscope_warnings: linked privately by our own targets, so that nobody else's code is judged.
option(RCUSCOPE_WERROR "Warnings are errors (on in all presets but dev, which shares its objects with the package)" OFF)
add_library(rcuscope_warnings INTERFACE)
target_compile_options(rcuscope_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow)
if(RCUSCOPE_WERROR)
  target_compile_options(rcuscope_warnings INTERFACE -Werror)
endif()
# False alarms: GCC 12 on std::string's own operator+ (GCC bug 105651), and any GCC once the sanitizers'
# checks stand between a variable and its first use.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(rcuscope_warnings INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND RCUSCOPE_SANITIZE)
  target_compile_options(rcuscope_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
