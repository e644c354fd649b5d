# Warnings, sanitizers, linker and compiler cache: how every target of the project is built.
add_library(iggy_options INTERFACE)
target_compile_options(iggy_options INTERFACE -Wall -Wextra -Werror -Wno-missing-field-initializers
                                              -fno-omit-frame-pointer)
# GCC 12 warns falsely about coroutine frames and inlined string code.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(iggy_options INTERFACE -Wno-error -fcoroutines)
endif()

if(IGGY_SANITIZE)
  target_compile_options(iggy_options INTERFACE -fsanitize=${IGGY_SANITIZE})
  target_link_options(iggy_options INTERFACE -fsanitize=${IGGY_SANITIZE})
  if(IGGY_SANITIZE MATCHES "undefined")
    target_compile_options(iggy_options INTERFACE -fno-sanitize-recover=all)
  endif()
endif()

# Everything that a fuzz target runs through tells it which edges were taken.
if(IGGY_FUZZ AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(iggy_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(iggy_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(IGGY_MOLD mold)
if(IGGY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_program(IGGY_CCACHE ccache)
if(IGGY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${IGGY_CCACHE})
endif()
