// A programme that embeds the nucleus and checks what its headers promise. Ends with "all well".
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cw/core/heap_resource.hpp>
#include <cw/core/service/heaps.hpp>
#include <cw/hosted/programme.hpp>
#include <cw/modules/echo.hpp>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <memory>
#include <setjmp.h>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>

CW_PROGRAMME(embedding);
CW_REQUIRE(echo::ping);
CW_REQUIRE(echo::late);
CW_REQUIRE(echo::block);
CW_REQUIRE(cw::heaps::create);
CW_REQUIRE(cw::heaps::leave);

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

/// Where segments are to be, somebody has mapped a file already: it stays, and the refusal names
/// it. In a process of its own, which has no nucleus yet.
void occupied_window() {
    const pid_t child = fork();
    if (child == 0) {
        const int file = open("/proc/self/exe", O_RDONLY);
        void* const inside = reinterpret_cast<void*>(cw::abi::kWindowBase + (1 << 24));
        const void* const mapped =
            mmap(inside, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, 0);
        CHECK(mapped == inside);
        const auto started = Nucleus::start({});
        CHECK(says(started, Status::unsupported, "is taken by\n  1001000000-"));
        CHECK(started.error().text.contains("/embedding"));
        CHECK(std::memcmp(inside,
                          "\x7f"
                          "ELF",
                          4) == 0);
        std::exit(0);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/// What libraries allocate never lies where segments do.
void allocations_stay_outside() {
    std::vector<std::unique_ptr<char[]>> blocks;
    for (std::size_t i = 0; i < 20'000; ++i) {
        const std::size_t bytes = i % 100 == 0 ? std::size_t{1} << 20 : i % 5000; // by mmap, by brk
        blocks.emplace_back(new char[bytes + 1]);
        const auto address = reinterpret_cast<std::uintptr_t>(blocks.back().get());
        CHECK(address + bytes < cw::abi::kWindowBase || address >= cw::abi::kWindowEnd);
    }
}

/// A heap of the programme's in which a module could join, with a standard container in it.
void shared_heap(Nucleus& nucleus) {
    const auto made = nucleus.call(cw::heaps::create, {{"programme/map"}, 1 << 20, 0, 0});
    CHECK(made.has_value());
    CHECK(nucleus.call(cw::heaps::create, {{"programme/map"}, 1 << 20, 0, 0}).error() ==
          Status::already_exists);
    cw::SharedHeap heap;
    CHECK(cw::SharedHeap::attach(reinterpret_cast<void*>(made->address),
                                 made->bytes,
                                 static_cast<std::uint32_t>(made->user),
                                 heap) == Status::ok);
    {
        cw::HeapResource resource{heap};
        std::pmr::map<int, std::pmr::string> names{&resource};
        for (int i = 0; i < 1000; ++i)
            names.emplace(i, "a name that is longer than what a string has room for within");
        CHECK(heap.audit().blocks == 2000);
        CHECK(heap.contains(names.find(7)->second.data()));
        bool refused = false;
        try {
            std::pmr::string large(2 << 20, ' ', &resource);
        } catch (const std::bad_alloc&) {
            refused = true;
        }
        CHECK(refused);
    }
    CHECK(heap.audit().blocks == 0);
    CHECK(nucleus.call(cw::heaps::leave, {{"programme/map"}}).has_value());
    CHECK(nucleus.call(cw::heaps::leave, {{"programme/map"}}).error() == Status::not_found);
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
    occupied_window();
    {
        auto nucleus =
            Nucleus::start({.programme = cw::hosted::this_programme(), .modules = {}, .log = {}});
        CHECK(nucleus.has_value());
        refusals(**nucleus, file);
        allocations_stay_outside();
        shared_heap(**nucleus);
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
