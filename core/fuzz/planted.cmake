# That the corpus finds what it is for: the runtime again, with defects that an environment variable chooses.

# plant(FILE OLD NEW): replaces one place in the copy of a source of the runtime, in `planted_FILE`.
function(plant file old new)
    set(source ${PROJECT_SOURCE_DIR}/core/src/${file})
    if(NOT DEFINED planted_${file})
        file(READ ${source} planted_${file})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    endif()
    string(REPLACE "${old}" "${new}" changed "${planted_${file}}")
    string(LENGTH "${planted_${file}}" before)
    string(LENGTH "${changed}" after)
    string(LENGTH "${old}" old_length)
    string(LENGTH "${new}" new_length)
    math(EXPR expected "${before} - ${old_length} + ${new_length}")
    if(NOT after EQUAL expected)
        message(FATAL_ERROR "core/src/${file} does not have exactly one \"${old}\": core/fuzz/planted.cmake plants a defect there")
    endif()
    set(planted_${file} "${changed}" PARENT_SCOPE)
endfunction()

set(is "cw::planted::is(cw::planted::Defect::")
# The tail is compared with twice the ring's capacity.
plant(executor.cpp "count - 1 >= abi::kSubmissionSlots" "count - 1 >= (${is}tail) ? 2 : 1) * abi::kSubmissionSlots")
# An answer completes whatever uses the entry now.
plant(channel.cpp "(carried ? entry.carrier_cookie : entry.cookie) != cookie ||"
                  "((carried ? entry.carrier_cookie : entry.cookie) != cookie && !${is}generation)) ||")
# Buffers may lie anywhere.
plant(channel.cpp "if (!buffers_allowed(" "if (!${is}buffers) && !buffers_allowed(")
# A client may have any number of requests suspended.
plant(channel.cpp "end.suspended_count > abi::kChannelCredits" "end.suspended_count > abi::kChannelCredits && !${is}credits)")
# Calls that wait for a credit are forgotten when the channel is closed.
plant(channel.cpp "        died(*waiting);\n        waiting = next;" "        if (!${is}waiting))\n            died(*waiting);\n        waiting = next;")

set(planted_sources planted.cpp)
foreach(file executor.cpp channel.cpp)
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/planted_${file})
    file(CONFIGURE OUTPUT ${copy} CONTENT "#include \"planted.hpp\"\n${planted_${file}}" @ONLY)
    list(APPEND planted_sources ${copy})
endforeach()

add_executable(message_replay_planted ${planted_sources})
target_include_directories(message_replay_planted PRIVATE . ../src)
target_sources(
    message_replay_planted PRIVATE $<FILTER:$<TARGET_OBJECTS:core_test_host>,EXCLUDE,src/\(executor|channel\)[.]cpp[.]o$>)
target_link_libraries(message_replay_planted PRIVATE replay cw::core cw::warnings)
use_test_modules(message_replay_planted)

# planted_test(DEFECT REPORT): the corpus finds it, and says so in these words.
function(planted_test defect report)
    add_test(NAME corpus.message.planted.${defect} COMMAND message_replay_planted ${PROJECT_SOURCE_DIR}/tests/corpora/message)
    set_tests_properties(
        corpus.message.planted.${defect} PROPERTIES ENVIRONMENT CW_PLANTED=${defect} PASS_REGULAR_EXPRESSION ${report} TIMEOUT 120)
endfunction()
planted_test(none "replay: [1-9][0-9]* inputs")
planted_test(tail "message_fuzz: a guilty (client|server)'s end stays open")
planted_test(generation "message_fuzz: a wrong completion was taken for an answer")
planted_test(buffers "message_fuzz: a request was not answered as it should be|Sanitizer: ")
planted_test(credits "message_fuzz: a client has more requests under way than credits")
planted_test(waiting "message_fuzz: a call did not complete although its server has ended")
