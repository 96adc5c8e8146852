# Boost::context_raw: make_fcontext and jump_fcontext. The archive is preferred, because a wheel
# must run where no Boost is installed; its objects are position independent assembly.
find_path(BoostContext_INCLUDE_DIR boost/context/detail/fcontext.hpp)
find_library(BoostContext_LIBRARY NAMES libboost_context.a boost_context)
mark_as_advanced(BoostContext_INCLUDE_DIR BoostContext_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  BoostContext REQUIRED_VARS BoostContext_LIBRARY BoostContext_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libboost-context-dev (Debian, Ubuntu)")

if(BoostContext_FOUND AND NOT TARGET Boost::context_raw)
  add_library(Boost::context_raw UNKNOWN IMPORTED)
  set_target_properties(
    Boost::context_raw PROPERTIES IMPORTED_LOCATION "${BoostContext_LIBRARY}"
                                  INTERFACE_INCLUDE_DIRECTORIES "${BoostContext_INCLUDE_DIR}")
endif()
