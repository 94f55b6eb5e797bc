# How module files are compiled and linked: in the tree (cmake/freestanding.cmake) and against an installed package alike.
# Whoever includes it has set CW_MODULE_SCRIPT (sdk/module.ld) and CW_CHECK_REMOTE_TEXT (tools/checks/remote_text.py).
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
set(CW_MODULE_FLAGS -fPIC -fno-omit-frame-pointer -momit-leaf-frame-pointer)

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# cw_link_module(NAME TARGET RUNTIME FOLDER): NAME.cwm and, with symbols, NAME.elf in FOLDER, of the objects of TARGET.
# RUNTIME: the target of the SDK's library.
function(cw_link_module name target runtime folder)
    set(elf ${folder}/${name}.elf)
    set(file ${folder}/${name}.cwm)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
        OUTPUT ${file} ${elf}
        COMMAND ${Python3_EXECUTABLE} ${CW_CHECK_REMOTE_TEXT} $<TARGET_OBJECTS:${target}>
        COMMAND
            ld.lld-19 -shared -Bsymbolic -z now -z text -z noexecstack -z defs --build-id=none
            --apply-dynamic-relocs --hash-style=sysv --gc-sections --discard-locals --no-relax-gp -T
            ${CW_MODULE_SCRIPT} $<TARGET_OBJECTS:${target}> $<TARGET_FILE:${runtime}> -o ${elf}
        COMMAND llvm-objcopy-19 --strip-all ${elf} ${file}
        DEPENDS ${target} ${runtime} $<TARGET_OBJECTS:${target}> ${CW_MODULE_SCRIPT} ${CW_CHECK_REMOTE_TEXT}
        COMMAND_EXPAND_LISTS VERBATIM
        COMMENT "Linking module ${name}")
    add_custom_target(module_file_${name} ALL DEPENDS ${file})
endfunction()
