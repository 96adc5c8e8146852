# Language level, default build type, compiler cache, sanitizers, reproducible paths.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the core ends in an extension module
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

# The package, the wheel and the dev preset compile the same files with the same flags in different
# build directories: without the directory in its hash, ccache compiles each of them once. With paths
# relative to the checkout, also another clone finds what this one has compiled.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_NOHASHDIR=1;CCACHE_BASEDIR=${CMAKE_CURRENT_SOURCE_DIR};${CCACHE_PROGRAM}")
endif()

set(RCUSCOPE_SANITIZE "" CACHE STRING "Value of -fsanitize=, such as address,undefined")
if(RCUSCOPE_SANITIZE)
  add_compile_options(-fsanitize=${RCUSCOPE_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RCUSCOPE_SANITIZE})
endif()

# std::source_location ends up in traces: paths are relative to the checkout, the same everywhere.
add_compile_options("-fmacro-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/=")
