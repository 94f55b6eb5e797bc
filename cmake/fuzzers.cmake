# Fuzzers: programmes of libFuzzer, which what is compiled with its instrumentation guides.
function(cw_instrument target)
    set(flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function -fno-sanitize-recover=all)
    target_compile_options(${target} PRIVATE ${flags} -fno-omit-frame-pointer -O1 -g)
    target_link_libraries(${target} PRIVATE cw::abi cw::core cw::warnings)
endfunction()

# cw_fuzzer(TARGET SOURCES...)
function(cw_fuzzer target)
    add_executable(${target} ${ARGN})
    cw_instrument(${target})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer,address,undefined)
endfunction()
