# Unit tests on this machine, with GoogleTest.
find_package(GTest REQUIRED)
include(GoogleTest)

# Half of the time that a test takes to compile is GoogleTest's header: it is read once.
add_library(cw_test_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/unit_tests.cpp)
target_link_libraries(cw_test_headers PRIVATE GTest::gtest)
target_precompile_headers(cw_test_headers PRIVATE <gtest/gtest.h>)

# cw_unit_tests(TARGET [options of gtest_discover_tests]): TARGET is a programme of tests; registers each of them.
function(cw_unit_tests target)
    target_link_libraries(${target} PRIVATE GTest::gtest_main cw::warnings)
    target_precompile_headers(${target} REUSE_FROM cw_test_headers)
    gtest_discover_tests(${target} ${ARGN})
endfunction()
