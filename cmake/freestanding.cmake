# Freestanding code of the tree, and its modules.
set(CW_MODULE_SCRIPT ${CMAKE_SOURCE_DIR}/sdk/module.ld)
set(CW_CHECK_REMOTE_TEXT ${CMAKE_SOURCE_DIR}/tools/checks/remote_text.py)
include(${CMAKE_CURRENT_LIST_DIR}/module.cmake)

add_library(cw_freestanding INTERFACE)
target_compile_options(cw_freestanding INTERFACE ${CW_FREESTANDING_FLAGS}
                                                 $<$<COMPILE_LANGUAGE:CXX>:${CW_FREESTANDING_CXX_FLAGS}>)
target_include_directories(cw_freestanding SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/core/freestanding/include)
target_link_libraries(cw_freestanding INTERFACE cw::warnings)

# Half of the time that a module takes to compile is the SDK's headers: they are read once. Made here, before the first
# module; its libraries come later.
add_library(cw_module_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/module_headers.cpp)
target_compile_options(cw_module_headers PRIVATE ${CW_MODULE_FLAGS})
target_link_libraries(cw_module_headers PRIVATE cw::sdk cw_freestanding cw_module_interfaces)
target_precompile_headers(cw_module_headers PRIVATE <cw/sdk/module.hpp>)

# cw_module(NAME source...): builds NAME.cwm, the file for the archive, and NAME.elf beside it with symbols. Modules in
# CW_MODULE_OUTPUT are packed always.
# FLOATING_POINT: for the hard-float ABI, as a module must be that says .floating_point in CW_MODULE.
set(CW_MODULE_OUTPUT ${CMAKE_BINARY_DIR}/modules)
function(cw_module name)
    cmake_parse_arguments(ARG "FLOATING_POINT" "OUTPUT_DIRECTORY" "" ${ARGN})
    if(NOT ARG_OUTPUT_DIRECTORY)
        set(ARG_OUTPUT_DIRECTORY ${CW_MODULE_OUTPUT})
    endif()
    add_library(module_${name} OBJECT ${ARG_UNPARSED_ARGUMENTS})
    set(runtime cw_sdk_runtime)
    if(ARG_FLOATING_POINT)
        set(runtime cw_sdk_runtime_double)
    endif()
    set_target_properties(module_${name} PROPERTIES CW_FLOATING_POINT ${ARG_FLOATING_POINT})
    target_compile_options(module_${name} PRIVATE ${CW_MODULE_FLAGS})
    target_include_directories(module_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(module_${name} PRIVATE cw::sdk cw_freestanding cw_module_interfaces)
    if(NOT ARG_FLOATING_POINT)
        target_precompile_headers(module_${name} REUSE_FROM cw_module_headers)
    endif()
    cw_link_module(${name} module_${name} ${runtime} ${ARG_OUTPUT_DIRECTORY})
endfunction()
