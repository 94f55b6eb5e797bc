# What tests, seeds and the fuzzer share: module files built in memory, and the list of those that must be refused.
add_library(loader_test_support STATIC EXCLUDE_FROM_ALL
    ${CMAKE_CURRENT_LIST_DIR}/exercise_image.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_cases.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_dynamic_sections.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_file_headers.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_loads.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_module_records.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_program_headers.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_provide_records.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_record_sections.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_relocations.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_relocations_x86_64.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_require_records.cpp
    ${CMAKE_CURRENT_LIST_DIR}/malformed_variable_records.cpp
    ${CMAKE_CURRENT_LIST_DIR}/module_file.cpp
    ${CMAKE_CURRENT_LIST_DIR}/module_file_bytes.cpp)
set_target_properties(loader_test_support PROPERTIES UNITY_BUILD OFF) # every list of cases is called the same
target_include_directories(loader_test_support PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(loader_test_support PUBLIC cw::loader PRIVATE cw::warnings)

# Writes every file of that list, and valid ones, into a folder; and as seeds of the fuzzers.
add_executable(loader_corpus EXCLUDE_FROM_ALL
    ${CMAKE_CURRENT_LIST_DIR}/../../tests/loader/write_corpus.cpp
    ${CMAKE_CURRENT_LIST_DIR}/../fuzz/packed.cpp ${CMAKE_CURRENT_LIST_DIR}/../fuzz/record_module.cpp)
target_include_directories(loader_corpus PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../fuzz)
target_link_libraries(loader_corpus PRIVATE loader_test_support cw::warnings)
