# Flags of freestanding code, and the module builder.
set(CW_FLOATING_POINT $<BOOL:$<TARGET_PROPERTY:CW_FLOATING_POINT>>) # of the target that is compiled
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "riscv64")
    set(CW_MACHINE_FLAGS
        $<IF:${CW_FLOATING_POINT},-march=rv64imafdc_zicsr_zifencei,-march=rv64imac_zicsr_zifencei>
        $<IF:${CW_FLOATING_POINT},-mabi=lp64d,-mabi=lp64>)
else()
    # No red zone, no vector registers: the same files are to run in a kernel, whose interrupts spare neither.
    set(CW_MACHINE_FLAGS -march=x86-64-v2 -mno-red-zone $<$<NOT:${CW_FLOATING_POINT}>:-mno-sse$<SEMICOLON>-mno-mmx>)
endif()
set(CW_FREESTANDING_FLAGS
    ${CW_MACHINE_FLAGS}
    -ffreestanding
    -fno-stack-protector
    -fasynchronous-unwind-tables
    -fvisibility=hidden
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
    -g
    -O2)
set(CW_FREESTANDING_CXX_FLAGS -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-use-cxa-atexit)

add_library(cw_freestanding INTERFACE)
target_compile_options(cw_freestanding INTERFACE ${CW_FREESTANDING_FLAGS}
                                                 $<$<COMPILE_LANGUAGE:CXX>:${CW_FREESTANDING_CXX_FLAGS}>)
target_include_directories(cw_freestanding SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/core/freestanding/include)
target_link_libraries(cw_freestanding INTERFACE cw::warnings)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(CW_CHECK_REMOTE_TEXT ${CMAKE_SOURCE_DIR}/tools/checks/remote_text.py)

# cw_module(NAME source...): builds NAME.cwm, the file for the archive, and NAME.elf beside it with symbols. Modules in
# CW_MODULE_OUTPUT are packed always.
# FLOATING_POINT: for the hard-float ABI, as a module must be that says .floating_point in CW_MODULE.
set(CW_MODULE_OUTPUT ${CMAKE_BINARY_DIR}/modules)
function(cw_module name)
    cmake_parse_arguments(ARG "FLOATING_POINT" "OUTPUT_DIRECTORY" "DEPENDS" ${ARGN})
    if(NOT ARG_OUTPUT_DIRECTORY)
        set(ARG_OUTPUT_DIRECTORY ${CW_MODULE_OUTPUT})
    endif()
    add_library(module_${name} OBJECT ${ARG_UNPARSED_ARGUMENTS})
    set(runtime cw_sdk_runtime)
    if(ARG_FLOATING_POINT)
        set(runtime cw_sdk_runtime_double)
    endif()
    set_target_properties(module_${name} PROPERTIES CW_FLOATING_POINT ${ARG_FLOATING_POINT})
    target_compile_options(module_${name} PRIVATE -fPIC -fno-omit-frame-pointer -momit-leaf-frame-pointer)
    target_include_directories(module_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(module_${name} PRIVATE cw::sdk cw_freestanding cw_module_interfaces)
    set(elf ${ARG_OUTPUT_DIRECTORY}/${name}.elf)
    set(file ${ARG_OUTPUT_DIRECTORY}/${name}.cwm)
    file(MAKE_DIRECTORY ${ARG_OUTPUT_DIRECTORY})
    add_custom_command(
        OUTPUT ${file} ${elf}
        COMMAND ${Python3_EXECUTABLE} ${CW_CHECK_REMOTE_TEXT} $<TARGET_OBJECTS:module_${name}>
        COMMAND
            ld.lld-19 -shared -Bsymbolic -z now -z text -z noexecstack -z defs --build-id=none
            --apply-dynamic-relocs --hash-style=sysv --gc-sections --discard-locals --no-relax-gp -T
            ${CMAKE_SOURCE_DIR}/sdk/module.ld $<TARGET_OBJECTS:module_${name}>
            $<TARGET_FILE:${runtime}> -o ${elf}
        COMMAND llvm-objcopy-19 --strip-all ${elf} ${file}
        DEPENDS module_${name} ${runtime} $<TARGET_OBJECTS:module_${name}>
                ${CMAKE_SOURCE_DIR}/sdk/module.ld ${CW_CHECK_REMOTE_TEXT}
        COMMAND_EXPAND_LISTS VERBATIM
        COMMENT "Linking module ${name}")
    add_custom_target(module_file_${name} ALL DEPENDS ${file})
endfunction()
