// What the parts of the Linux host know of each other.
#pragma once
#include "../shared/protocol.hpp"
#include <cw/nucleus/domain.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/host_offset.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cw::hosted {

using namespace kernel;

// memory.cpp

/// Takes the segment window for this process, and a second one in which the nucleus sees segments.
/// Requires: first of all. Empty, or what stands in the way.
[[nodiscard]] std::string reserve_windows();
/// Memory that segment_borrow() may be given: [data, data + size) is the file behind `descriptor`
/// (opened for reading) from its beginning on.
void lend(std::span<const std::byte> stretch, int descriptor) noexcept;
/// A sealed memfd with these bytes, seen read-only; what is lent is page aligned at both ends.
/// Empty: there is no descriptor or no memory for it.
[[nodiscard]] std::span<const std::byte> make_sealed(const char* name,
                                                     std::span<const std::byte> bytes) noexcept;
/// The domain's process is told to see this range of the descriptor, or nothing (-1).
void tell_map(Domain& domain,
              VirtualAddress address,
              std::uint64_t bytes,
              int descriptor,
              std::uint64_t offset,
              int protection) noexcept;

// process.cpp

/// Sends a command to a domain's process; `descriptor` goes along unless it is -1.
void send(Domain& domain, const Command& command, int descriptor) noexcept;
/// Starts the programme of a domain in a process of its own. Errors: no_resource.
struct Process {
    int descriptor; ///< A pidfd.
    int id;
};
[[nodiscard]] Result<Process> spawn_process(Domain& domain, const char* name, int bell) noexcept;
void kill_process(int process) noexcept;
/// Waits for the end of a process; what people are to know of it.
struct Ending {
    int status; ///< As in siginfo_t.
    bool signalled;
};
[[nodiscard]] Ending reap_process(int process) noexcept;

// withdrawn.cpp; all under kernel_lock but the last

/// Commands that the domain's process says it has done. Untrusted: it may say anything.
[[nodiscard]] std::uint64_t commands_done(const Domain& domain) noexcept;
/// The domain has been told to see the segment no more: from now on its process is asked whether it
/// does, and ended if it holds on to it.
void note_withdrawn(const Segment& segment, const Domain& domain) noexcept;
/// The domain may see it, again perhaps.
void note_shown(const Segment& segment, const Domain& domain) noexcept;
/// Looks into the processes that have something to give back. Stops each for some 100 us. Context:
/// the reaper, without kernel_lock.
void check_withdrawn() noexcept;

// addresses.cpp

/// Nothing is at the addresses of this segment any more, but processes may not know it yet. Locks:
/// kernel_lock held.
void free_addresses(const Segment& segment);
/// Addresses that no process still has something else at are free for others. Locks: kernel_lock
/// held.
void reuse_addresses() noexcept;

// doorbells.cpp

/// An eventfd; they are never closed, so that who rings a stranger's by a race rings a bell.
[[nodiscard]] int take_bell() noexcept;
void give_bell(int bell) noexcept;
void ring_bell(int bell) noexcept;

// calls.cpp

/// Serves the synchronous calls of a user domain until its process is gone.
void serve_calls(Thread& self) noexcept;

// reaper.cpp

/// Starts the thread that sees processes end, and who makes no progress.
void start_reaper() noexcept;
/// Ends it. Requires: no domain has a process any more, nor will have one.
void stop_reaper() noexcept;
void watch_process(Thread& thread) noexcept;
/// Its calls have ended: it is told no more, and may be freed.
void forget_ended(Thread& thread) noexcept;

// wake_cost.cpp

/// Ticks of the processor's counter from waking a sleeper to its first instruction; 0 if that
/// cannot be found out. Takes 20 ms.
[[nodiscard]] std::uint64_t measure_wake_ticks() noexcept;

// clock.cpp

void start_clock() noexcept;
void fill_clock(HostWords& words) noexcept;

// devices.cpp

/// As it was before the console had it.
void restore_terminal() noexcept;

// threads.cpp

/// Makes the calling thread one of the nucleus' own.
void adopt_thread(Thread& self, const char* name) noexcept;
/// Frees threads that have ended. Context: the reaper.
void bury_threads() noexcept;

// fault.cpp

inline constexpr const char* kNoProgress =
    "no progress for 2000 ms (it loops, or a handler runs too long)";
/// What the processor said, in the words that every host uses; `trap` and `error` as it gave them.
[[nodiscard]] const char*
cause_of_fault(int signal, std::uint32_t trap, std::uint64_t error) noexcept;
void catch_module_faults() noexcept;
/// The thread makes no progress: if it is in a module, that is stopped. Locks: kernel_lock held, so
/// that it is still there.
void interrupt_loop(Thread& thread) noexcept;

} // namespace cw::hosted

// log.cpp

namespace cw::kernel::log {
/// A module has the terminal now.
void leave_terminal() noexcept;
/// A line on standard error, whatever else happens to lines: the last one.
void print(std::string_view line) noexcept;
} // namespace cw::kernel::log

namespace cw::hosted {

// boot.cpp

/// A directory that drivers of files may enter.
struct GrantedFile {
    std::string name;
    int descriptor; ///< Opened as a path only.
};
struct GrantedDirectory {
    std::string name;
    int descriptor; ///< Opened as a path only; -1: it is `files`.
    bool read_only;
    std::vector<GrantedFile> files;
};

struct Settings {
    bool system = false; ///< This process is the system's: the terminal and its end are ours too.
    std::string arguments;
    std::span<const std::byte> archive;        ///< Made by make_sealed(), or empty.
    std::function<void(std::string_view)> log; ///< Unless it is the system's process.
    std::vector<GrantedDirectory> directories;
};
[[nodiscard]] Settings& settings() noexcept;
/// Brings the nucleus up as the settings say; `start` runs on its executor. Empty, or what stands
/// in the way: then nothing runs, but addresses may be taken. Requires: called once.
[[nodiscard]] std::string boot(void (*start)() noexcept);

} // namespace cw::hosted
