# rcuscope_warnings: linked privately by our own targets, so that nobody else's code is judged.
option(RCUSCOPE_WERROR "Warnings are errors (on in the presets)" OFF)
add_library(rcuscope_warnings INTERFACE)
target_compile_options(rcuscope_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow)
if(RCUSCOPE_WERROR)
  target_compile_options(rcuscope_warnings INTERFACE -Werror)
endif()
