# What tests of the runtime and its fuzzer share: test modules, and the host for tests.
include_guard(GLOBAL)
find_package(GTest REQUIRED)

# Test modules: the same sources a module has, as shared objects of this machine. One file for each instance that a test needs at once.
set(CW_TEST_MODULE_DIRECTORY ${PROJECT_BINARY_DIR}/core/tests/modules)
add_custom_target(core_test_modules)
function(add_test_module name source)
    add_library(test_module_${name} MODULE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/modules/${source})
    set_target_properties(
        test_module_${name}
        PROPERTIES PREFIX ""
                   OUTPUT_NAME ${name}
                   LIBRARY_OUTPUT_DIRECTORY ${CW_TEST_MODULE_DIRECTORY}
                   CXX_VISIBILITY_PRESET hidden
                   VISIBILITY_INLINES_HIDDEN ON)
    target_compile_options(test_module_${name} PRIVATE -fno-exceptions -fno-rtti)
    target_link_libraries(test_module_${name} PRIVATE cw::sdk cw::warnings)
    add_dependencies(core_test_modules test_module_${name})
endfunction()
foreach(instance a b c)
    add_test_module(service_${instance} service.cpp)
    add_test_module(caller_${instance} caller.cpp)
    add_test_module(chain_${instance} chain.cpp)
endforeach()

# The runtime as it ships, and the host for it.
set(CW_TEST_HOST_SOURCES couple.cpp fake_host.cpp module_file.cpp world.cpp)
list(TRANSFORM CW_TEST_HOST_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
add_library(core_test_host OBJECT EXCLUDE_FROM_ALL ${CW_RUNTIME_SOURCES} ${CW_TEST_HOST_SOURCES})
set_target_properties(core_test_host PROPERTIES UNITY_BUILD OFF) # one file of it is exchanged for a planted one
target_compile_definitions(core_test_host PRIVATE CW_TEST_MODULES="${CW_TEST_MODULE_DIRECTORY}")
target_link_libraries(core_test_host PUBLIC cw::core GTest::gtest PRIVATE cw::warnings)
