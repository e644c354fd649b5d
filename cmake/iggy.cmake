# One CMake library for each folder of src/, with its unit tests beside it.
include(GoogleTest)

# The tests run once for each runtime backend; those of folders without I/O run once.
set(IGGY_BACKENDS io_uring epoll)

# iggy_folder(NAME [USES folders...] [LIBRARIES libraries...])
#
# Makes the library iggy_NAME of src/NAME/*.cpp and the test program NAME_test of *_test.cpp.
# main.cpp belongs to iggy_program. A file that ends in _fuzz.cpp belongs to fuzz/.
function(iggy_folder name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")

  if(sources)
    add_library(iggy_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(iggy_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(iggy_${name} ${scope} ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(iggy_${name} ${scope} iggy_options ${arg_LIBRARIES})
  foreach(folder IN LISTS arg_USES)
    target_link_libraries(iggy_${name} ${scope} iggy_${folder})
  endforeach()

  # wire_test brings an operator new that counts, where TSan has its own; wire knows no threads.
  if(name STREQUAL "wire" AND IGGY_SANITIZE STREQUAL "thread")
    set(tests "")
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE iggy_${name} GTest::gtest GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE IGGY_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
    iggy_discover(${name}_test ${name})
  endif()
endfunction()

# Registers the tests of a test program with ctest, once for each backend where I/O is involved.
function(iggy_discover program folder)
  if(folder MATCHES "^(base|wire)$")
    gtest_discover_tests(${program} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${folder}." PROPERTIES TIMEOUT 300)
    return()
  endif()
  foreach(backend IN LISTS IGGY_BACKENDS)
    gtest_discover_tests(${program} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${folder}.${backend}."
                         TEST_LIST ${program}_${backend}
                         PROPERTIES TIMEOUT 300 ENVIRONMENT IGGY_RUNTIME=${backend})
  endforeach()
endfunction()

# iggy_program(NAME FOLDER folder): the program NAME of src/FOLDER/main.cpp.
function(iggy_program name)
  cmake_parse_arguments(arg "" "FOLDER" "" ${ARGN})
  if(EXISTS ${CMAKE_SOURCE_DIR}/src/${arg_FOLDER}/main.cpp)
    add_executable(${name} ${CMAKE_SOURCE_DIR}/src/${arg_FOLDER}/main.cpp)
    target_link_libraries(${name} PRIVATE iggy_${arg_FOLDER})
  endif()
endfunction()
