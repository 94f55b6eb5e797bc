// Fuzzes what the runtime does with messages: a hostile client writes anything into everything that
// a client can write, or a hostile server what a server can; beside it an innocent peer goes on as
// ever. The input is the programme of both, with steps of the executor and of the clock between.
#include "client_attack.hpp"
#include "input_choices.hpp"
#include "server_attack.hpp"
#include "test_modules.hpp"

#include <gtest/gtest.h>

/// Executors leave their stacks by longjmp, after which the sanitizer would look through all that
/// it keeps of old frames; and each input has a heap of its own, of which little needs to be kept.
extern "C" const char* __asan_default_options() {
    return "detect_stack_use_after_return=0:quarantine_size_mb=8:max_malloc_fill_size=0:"
           "malloc_context_size=3";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cw;
    static const fuzz::TestModules files;
    // Time is spent on messages, not on mapping memory.
    test::Pages::use_again();
    // What fails in the host for tests is a finding.
    GTEST_FLAG_SET(throw_on_failure, true);
    fuzz::InputChoices choices{{data, size}};
    if (choices.pick(2) == 0)
        fuzz::ClientAttack{files, choices}.run();
    else
        fuzz::ServerAttack{files, choices}.run();
    return 0;
}
