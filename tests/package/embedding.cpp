// A programme that embeds the nucleus and checks what its headers promise. Ends with "all well".
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cw/hosted/programme.hpp>
#include <cw/modules/echo.hpp>
#include <iostream>
#include <setjmp.h>
#include <sys/wait.h>
#include <thread>

CW_PROGRAMME(embedding);
CW_REQUIRE(echo::ping);
CW_REQUIRE(echo::late);
CW_REQUIRE(echo::block);

namespace {

using namespace std::chrono_literals;
using cw::Status;
using cw::hosted::Nucleus;

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        if (!(__VA_ARGS__)) {                                                                      \
            std::printf("line %d: not so: %s\n", __LINE__, #__VA_ARGS__);                          \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (false)

template <class Value>
bool says(const std::expected<Value, cw::hosted::Failure>& result,
          Status status,
          std::string_view words) {
    if (result || result.error().status != status || !result.error().text.contains(words)) {
        std::printf("%s: %s\n",
                    result ? "ok" : cw::name_of(result.error().status),
                    result ? "" : result.error().text.c_str());
        return false;
    }
    return true;
}

bool is(const cw::Result<echo::Word>& reply, std::uint64_t value) {
    return reply && reply->value == value;
}

sigjmp_buf behind_the_fault;
std::atomic<int> interrupts;

void own_handlers() {
    std::signal(SIGSEGV, [](int) { siglongjmp(behind_the_fault, 1); });
    std::signal(SIGINT, [](int) { ++interrupts; });
}

/// A fault of the programme's own goes to the handler that it had set before.
void faults_stay_ours() {
    volatile int* nowhere = nullptr;
    asm volatile("" : "+r"(nowhere));
    if (sigsetjmp(behind_the_fault, 1) == 0) {
        *nowhere = 1;
        CHECK(!"the fault was passed over");
    }
}

void refusals(Nucleus& nucleus, const std::string& file) {
    CHECK(says(Nucleus::start({}), Status::already_exists, "one per process"));
    CHECK(says(nucleus.load("nobody"), Status::refused, "nobody"));
    CHECK(says(nucleus.load("./nobody.cwm"), Status::not_found, "No such file"));
    CHECK(says(nucleus.load("/proc/self/exe"), Status::malformed, "/proc/self/exe: "));
    CHECK(says(nucleus.load(file, *cw::hosted::placing_of("domain=nobody")),
               Status::not_found,
               "there is no process nobody"));
    CHECK(says(cw::hosted::placing_of("here"), Status::invalid_argument, "sync-caller"));
    CHECK(says(nucleus.unload("echo"), Status::not_found, "is not loaded"));
    CHECK(says(nucleus.unload("embedding"), Status::not_permitted, "is the programme"));
    CHECK(nucleus.call(echo::ping, {1}).error() == Status::not_found);
    CHECK(nucleus.area(0).error() == Status::invalid_argument);
}

/// In coroutines, from which nobody may wait for the executor that they keep busy.
cw::Task<echo::Word> twice(Nucleus& nucleus, std::uint64_t value) {
    CHECK(nucleus.call(echo::ping, {1}).error() == Status::not_permitted);
    CHECK(says(nucleus.unload("echo"), Status::not_permitted, "coroutine"));
    CW_CO_TRY(once, co_await echo::ping({value}));
    CW_CO_TRY(again, co_await echo::ping({once.value}));
    co_return again;
}

void calls(Nucleus& nucleus) {
    CHECK(is(nucleus.call(echo::ping, {41}), 42));
    CHECK(nucleus.call(echo::block, {{1, 2, 3}})->words[2] == 4);
    CHECK(nucleus.call(echo::late, {10'000'000}, 10ms).error() == Status::timed_out);
    CHECK(is(nucleus.call(echo::late, {1000}, 10s), 1001));
    CHECK(is(nucleus.run([&] { return twice(nucleus, 5); }), 7));
    auto later = nucleus.begin([&] { return twice(nucleus, 6); });
    CHECK(is(later.get(), 8));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&nucleus] {
            for (std::uint64_t i = 0; i < 500; ++i)
                CHECK(is(nucleus.call(echo::ping, {i}), i + 1));
        });
    for (std::thread& thread : threads)
        thread.join();
}

void everywhere(Nucleus& nucleus, const std::string& file) {
    for (const char* placement : {"user-process", "kernel", "sync-caller", "user-process"}) {
        const auto loaded = nucleus.load(file, *cw::hosted::placing_of(placement));
        CHECK(loaded && loaded->contains(placement));
        CHECK(says(nucleus.load("echo"), Status::refused, "loaded already"));
        calls(nucleus);
        CHECK(nucleus.describe(cw::modules::What::modules).contains("embedding"));
        CHECK(nucleus.describe(cw::modules::What::edges)
                  .contains(std::string_view{placement} == "sync-caller" ? "direct" : "ring"));
        faults_stay_ours();
        CHECK(nucleus.unload("echo").has_value());
        const auto after = nucleus.call(echo::ping, {1});
        CHECK(after.error() == Status::not_found || after.error() == Status::peer_died);
    }
}

/// What the terminal sends to all of the programme's group does not reach its modules.
void interrupted(Nucleus& nucleus, const std::string& file) {
    CHECK(nucleus.load(file).has_value());
    CHECK(kill(0, SIGINT) == 0);
    std::this_thread::sleep_for(50ms);
    CHECK(interrupts >= 1); // whoever started us may pass it on as well
    CHECK(is(nucleus.call(echo::ping, {1}), 2));
}

} // namespace

int main(int, char** arguments) {
    const std::string file = arguments[1];
    own_handlers();
    {
        auto nucleus =
            Nucleus::start({.programme = cw::hosted::this_programme(), .modules = {}, .log = {}});
        CHECK(nucleus.has_value());
        refusals(**nucleus, file);
        everywhere(**nucleus, file);
        interrupted(**nucleus, file);
        CHECK((*nucleus)
                  ->load("/proc/self/cwd/../prefix/share/causeway/modules/text.cwm",
                         *cw::hosted::placing_of("kernel"))
                  .has_value());
    }
    CHECK(waitpid(-1, nullptr, 0) == -1); // nothing of it is left
    std::string line;
    std::getline(std::cin, line);
    CHECK(line == "still the programme's");
    std::printf("all well\n");
    return 0;
}
