// Causeway inside a programme on Linux: module files as plug-ins, each in a process of its own or
// in this one, as each load says.
//
//     CW_PROGRAMME(host);                              // cw/hosted/programme.hpp
//     CW_REQUIRE(filter::scan);
//     ...
//     auto nucleus = cw::hosted::Nucleus::start({.programme = cw::hosted::this_programme()});
//     auto loaded = (*nucleus)->load("./filter.cwm");  // in a process of its own
//     auto reply = (*nucleus)->call(filter::scan, {text});
//
// What it needs of the programme, for its whole life:
//  - the addresses of segments, [64 GiB, 252 GiB) and [512 GiB, 700 GiB): a programme built with
//    AddressSanitizer has its shadow there, and start() refuses;
//  - SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGTRAP, of which it takes those that a module in this
//    process raised and passes the others on to the handler that was there before start(); and
//    SIGURG, with which it interrupts such a module when it loops. Set handlers before start();
//  - some file descriptors: about 8, and 20 more for each process (RLIMIT_NOFILE);
//  - its child processes are its own to wait for: no wait() for any child, no SIGCHLD ignored. It
//    stops one for a moment now and then, of which SIGCHLD tells as well.
// It leaves alone: standard input and output, the terminal, threads that it did not make, the
// process' limits, and the end of the process. Where an invariant of its own is broken it says so
// on standard error and calls abort().
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/buffer_ref.hpp>
#include <cw/core/future.hpp>
#include <cw/core/result.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/hosted/inbox.hpp>
#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#define CW_HOSTED_API [[gnu::visibility("default")]]

namespace cw::hosted {

/// A refusal, and why, in words for people: of the loader where it is about modules.
struct Failure {
    Status status;
    std::string text;
};

/// What a programme requires and provides itself; made by this_programme() (programme.hpp).
struct Programme {
    std::span<const std::byte> records;
    Inbox* inbox;
};

/// Shared memory of the programme: what its calls may pass as buffers. Lives as long as the
/// nucleus.
class Area {
public:
    explicit Area(std::span<std::byte> bytes) noexcept : bytes_{bytes} {}

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
    [[nodiscard]] char* text() const noexcept { return reinterpret_cast<char*>(bytes_.data()); }
    /// A stretch of it for a call, cut to what is there. The caller leaves it alone until the
    /// answer has come, also if the call was given up: the callee may still be at it.
    [[nodiscard]] BufferRef ref(std::size_t offset = 0,
                                std::size_t size = std::dynamic_extent) const noexcept {
        const std::size_t from = offset < bytes_.size() ? offset : bytes_.size();
        const std::size_t rest = bytes_.size() - from;
        return {reinterpret_cast<std::uint64_t>(bytes_.data() + from), size < rest ? size : rest};
    }
    /// The same, for the callee to write into.
    [[nodiscard]] OutBuffer out(std::size_t offset = 0,
                                std::size_t size = std::dynamic_extent) const noexcept {
        const BufferRef stretch = ref(offset, size);
        return {stretch.address, stretch.size_bytes};
    }

private:
    std::span<std::byte> bytes_;
};

/// A directory of this machine that modules may use files of: what is below it, as "NAME/...".
struct Directory {
    std::string name; ///< Without a slash.
    std::string path;
    bool read_only = false;
    /// Not empty: a directory of its own kind, in which these files can be read by the last part of
    /// their paths, wherever they are; `path` says nothing then.
    std::vector<std::string> files = {};
};
/// "NAME=PATH" or "NAME=PATH:ro". Errors: invalid_argument, with what is wanted.
CW_HOSTED_API std::expected<Directory, Failure> directory_of(std::string_view text);

struct Options {
    std::optional<Programme> programme; ///< Without one it can load modules, but not call them.
    std::vector<std::string> modules;   ///< Paths of module files that loading may draw on.
    /// Gets each line of the log; empty: nobody does. Context: any thread, with locks held: it must
    /// not call the nucleus, nor throw.
    std::function<void(std::string_view line)> log;
    std::vector<Directory> directories = {}; ///< For the module `file`.
};

/// Where a module is loaded to, and what comes with it.
struct Placing {
    abi::Placement placement = abi::Placement::user_process;
    std::string domain;       ///< With Placement::domain: a module in the process it is to share.
    std::string links;        ///< "METHOD=PATH ...", as modprobe --link.
    bool dry_run = false;     ///< Only say what would be done.
    std::uint32_t hart = 0;   ///< Processor its executor is kept on: 1 + number, 0 for any.
    std::uint32_t grants = 0; ///< cw::modules::Grants of its process. Ending the programme is none.
};
/// "kernel", "user-process", "sync-caller", "domain=NAME", or nothing for user-process, as
/// configuration files and command lines have it. Errors: invalid_argument, with the choices.
CW_HOSTED_API std::expected<Placing, Failure> placing_of(std::string_view text);

/// What comes of a callable that returns a Task<T>: Result<T>.
template <class Body>
using ResultOf = typename std::invoke_result_t<Body&>::promise_type::Value;

/// The nucleus of this process: loads modules, and calls them for the programme. One per process,
/// once: its address windows and threads stay until the process ends.
/// Context: of all functions, ordinary threads of the programme, any number; never coroutines on
/// its executor, which would wait for themselves (not_permitted).
class Nucleus {
public:
    /// Errors: already_exists (there is one, or has been), unsupported (the processor, the
    /// addresses), malformed and what open() says (one of the module files), no_resource.
    CW_HOSTED_API static std::expected<std::unique_ptr<Nucleus>, Failure> start(Options options);
    /// Ends all modules and their processes, and returns when they are gone. Requires: nobody is in
    /// a call of it. Coroutines of the programme never run again.
    CW_HOSTED_API ~Nucleus();
    Nucleus(const Nucleus&) = delete;
    Nucleus& operator=(const Nucleus&) = delete;

    /// Makes a module file known, in place of an earlier one of the same module; the module's name.
    /// Errors: not_found, malformed (the loader's message), busy (the earlier one is loaded).
    CW_HOSTED_API std::expected<std::string, Failure> add_file(const std::string& path);
    /// Loads and starts a module, by name or by the path of its file (with a slash in it), and what
    /// it requires; what the programme requires of it is linked when this returns. Gives the text
    /// that modprobe prints: where each module went, and each link.
    /// Errors: the text says what is wrong; refused (the plan, or it did not start), not_found.
    CW_HOSTED_API std::expected<std::string, Failure> load(const std::string& module,
                                                           const Placing& placing = {});
    /// Ends a module. Errors: not_found, busy (another module requires it), not_ready.
    CW_HOSTED_API std::expected<std::string, Failure> unload(const std::string& module);
    /// A table for people: modules and where they are, edges and how they are linked, ...
    [[nodiscard]] CW_HOSTED_API std::string describe(modules::What what) const;

    /// Zeroed memory that calls may pass. Errors: invalid_argument (0, or more than 1 GiB),
    /// no_resource (16 areas), no_memory, not_ready (no programme).
    CW_HOSTED_API Result<Area> area(std::size_t bytes);

    /// Calls a method that the programme requires and waits for the answer. Two changes of thread
    /// lie between: who calls often does it in a coroutine, with run().
    /// Errors: the callee's; peer_died (its module ended, in this call or before), not_found
    /// (nobody provides it, or it was unloaded), timed_out, no_memory (frames), not_ready (no
    /// programme).
    template <class M>
    Result<typename M::Reply>
    call(const Method<M>& method,
         const typename M::Arguments& arguments = {},
         std::chrono::nanoseconds within = std::chrono::nanoseconds::max());

    /// Runs `body`, a callable that returns a Task<T>, on the programme's executor, where `co_await
    /// method(arguments)` calls; waits for its Result<T>. Coroutines of the programme run there one
    /// at a time, change at `co_await` only, and must not block.
    template <class Body>
    ResultOf<Body> run(Body body);
    /// The same, without waiting.
    template <class Body>
    std::future<ResultOf<Body>> begin(Body body);

private:
    Nucleus() noexcept = default;
    /// Requires: a programme.
    CW_HOSTED_API static void post(Job& job) noexcept;
    /// ok, or why nobody may wait for the programme's executor here.
    [[nodiscard]] CW_HOSTED_API static Status may_wait() noexcept;
};

} // namespace cw::hosted
