# Fuzzers: programmes of libFuzzer, which what is compiled with its instrumentation guides. And tests, without libFuzzer, that
# run the inputs of tests/corpora once.
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

if(CW_REPLAY)
    add_library(replay OBJECT ${CMAKE_CURRENT_LIST_DIR}/replay.cpp)
    target_link_libraries(replay PRIVATE cw::warnings)
endif()

# cw_replay(NAME SOURCES...): the programme NAME_replay, and the test corpus.NAME.
function(cw_replay name)
    add_executable(${name}_replay ${ARGN})
    target_link_libraries(${name}_replay PRIVATE replay cw::abi cw::core cw::warnings)
    add_test(NAME corpus.${name} COMMAND ${name}_replay ${PROJECT_SOURCE_DIR}/tests/corpora/${name})
    set_tests_properties(corpus.${name} PROPERTIES TIMEOUT 120)
endfunction()
