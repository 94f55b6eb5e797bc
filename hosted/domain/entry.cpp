// The vDSO of domains on Linux: the runtime, and the three system calls as this host has them. Code
// and constants only; all state is in the domain.
#include "agent.hpp"
#include "confine.hpp"
#include <cw/abi/control.hpp>
#include <cw/abi/files.hpp>
#include <cw/core/arch/context.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/ring_stub.hpp>
#include <cw/core/runtime_ops.hpp>
#include <cw/core/traced_call.hpp>
#include <cw/core/vdso_exports.hpp>
#include <cw/nucleus/host_offset.hpp>
#include <utility>

namespace cw {

namespace {

using namespace hosted;

CallPage& call_page() noexcept {
    const Executor& executor = *reinterpret_cast<const Executor*>(arch::context());
    return *reinterpret_cast<CallPage*>(executor.start->run_base + kernel::kHostOffset);
}
const HostWords& host_words_of(const abi::StartBlock& start) noexcept {
    return *reinterpret_cast<const HostWords*>(reinterpret_cast<std::uint64_t>(&start) +
                                               kernel::kHostOffset);
}
const HostWords& host_words() noexcept {
    const Executor& executor = *reinterpret_cast<const Executor*>(arch::context());
    return host_words_of(*executor.start);
}

/// Carries out what the nucleus has sent; true if that was anything.
bool catch_up() noexcept {
    CallPage& page = call_page();
    const std::uint64_t sent = host_words().commands_sent.load(Order::acquire);
    if (page.commands_done == sent) [[likely]]
        return false;
    while (page.commands_done != sent) {
        Command command{};
        int descriptor = -1;
        if (!receive(command, descriptor, kDontWait))
            return true;
        obey(command, descriptor);
        ++page.commands_done;
    }
    return true;
}

constexpr unsigned kSpins = 200; ///< Looks at an answer before it sleeps.

abi::RawFuture system_call_by_page(std::uint64_t grant,
                                   const std::uint64_t (&words)[6],
                                   std::uint64_t cookie,
                                   std::uint64_t* reply,
                                   std::uint32_t reply_words) noexcept {
    CallPage& page = call_page();
    page.grant = grant;
    page.cookie = cookie;
    for (int i = 0; i < 6; ++i)
        page.words[i] = words[i];
    constexpr auto kAsked = static_cast<std::uint32_t>(CallState::asked);
    page.state.store(kAsked, Order::release);
    futex_wake(page.state);
    for (unsigned spins = 0; page.state.load(Order::acquire) == kAsked; ++spins) {
        if (spins < kSpins)
            asm volatile("pause");
        else
            futex_wait(page.state, kAsked);
    }
    catch_up();
    for (std::uint32_t i = 0; i < reply_words; ++i)
        reply[i] = page.reply[i];
    return {page.value, page.outcome};
}

abi::RawFuture call_stub_queued(const abi::Slot* slot) noexcept {
    ClientEnd& end = *slot->edge->end;
    Pending* pending = pool_take(end.free);
    pending->outcome = Outcome{PendingState::in_flight};
    ++end.by_call;
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

abi::RawFuture call_synchronously(const abi::Slot* slot,
                                  const std::uint64_t (&words)[6],
                                  std::uint64_t* reply) noexcept {
    const Edge& edge = *slot->edge;
    const Pending* pending = edge.end->free;
    if (pending == nullptr) // from now on calls go by ring, until the last that does is answered
        return submit_without_credit(slot, words);
    const abi::RawFuture result = system_call_by_page(
        edge.call_grant, words, pending->cookie, reply, reply == nullptr ? 0u : edge.reply_words);
    if (result.state == abi::kStateQueued)
        return call_stub_queued(slot);
    if (result.state > static_cast<std::uint64_t>(kLastStatus))
        return {0, static_cast<std::uint64_t>(Status::protocol_violation)};
    return result;
}

template <class Indices>
struct CallStub;
template <std::size_t... I>
struct CallStub<std::index_sequence<I...>> {
    static abi::RawFuture small(const abi::Slot* slot,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        const std::uint64_t words[6] = {w...};
        return call_synchronously(slot, words, nullptr);
    }
    static abi::RawFuture large(const abi::Slot* slot,
                                std::uint64_t* reply,
                                decltype(static_cast<std::uint64_t>(I))... w) noexcept {
        const std::uint64_t words[6] = {w...};
        return call_synchronously(slot, words, reply);
    }
};

} // namespace

namespace platform {

std::uint32_t longest_lingering() noexcept {
    return static_cast<std::uint32_t>(host_words().longest_lingering);
}

std::uint64_t now() noexcept {
    const HostWords& words = host_words();
    return hosted::now(words);
}

void wake(std::uint32_t doorbell) noexcept {
    if (doorbell == abi::kFilesDoorbell) { // takes what is there and does not wait
        system_call(number::kIoUringEnter, kFilesRing, abi::kFileSubmissions, 0, 0, 0, 0);
        return;
    }
    const std::uint64_t one = 1;
    const auto ring = [&] {
        return system_call(number::kWrite,
                           std::uint64_t{kFirstDoorbell} + doorbell,
                           reinterpret_cast<std::uint64_t>(&one),
                           sizeof(one));
    };
    if (ring() < 0 && catch_up()) // it was not there yet
        ring();
}

abi::RingTag wait(std::uint64_t deadline, std::uint64_t doorbell) noexcept {
    if (doorbell != abi::kNoDoorbell)
        wake(static_cast<std::uint32_t>(doorbell));
    sleep_on_bell(kBell, deadline, now());
    catch_up();
    return 0;
}

void report(abi::Report report, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    const std::uint64_t words[6] = {static_cast<std::uint64_t>(report), b, c, d, 0, 0};
    static_cast<void>(system_call_by_page(0, words, 0, nullptr, 0));
}

void fail(ModuleState* module, const char* message, std::size_t length) noexcept {
    report(abi::Report::module_failed,
           reinterpret_cast<std::uint64_t>(module),
           reinterpret_cast<std::uint64_t>(message),
           length);
    for (;;)
        system_call(number::kExitGroup, 0);
}

void wake_self(Executor&) noexcept {
} // a user domain has one thread: the executor is awake while this runs

} // namespace platform

namespace {

/// A place where nothing is yet, or a fault. Context: signal.
void on_fault(int signal, const SignalInformation* information, SignalContext* context) noexcept {
    if (signal == kSegmentationFault && catch_up())
        return; // the instruction runs again
    CallPage& page = call_page();
    page.fault_trap = static_cast<std::uint32_t>(context->trap);
    page.fault_error = context->error;
    page.fault_address =
        signal == kSegmentationFault || signal == kBusError ? information->address : 0;
    page.fault_pc = context->rip;
    page.fault_stack = context->rsp;
    page.fault_frame = context->rbp;
    __atomic_store_n(&page.fault_signal, static_cast<std::uint32_t>(signal), __ATOMIC_RELEASE);
    for (;;)
        system_call(number::kExitGroup, kFaultStatus);
}

[[gnu::naked]] void return_from_signal() noexcept {
    asm("movl $15, %eax\n syscall");
}

[[noreturn]] void start(const abi::StartBlock* block,
                        void* fault_stack,
                        std::uint64_t fault_stack_bytes,
                        std::uint64_t commands_done) noexcept {
    const std::uint64_t executor = block->ticks_per_second == 0 ? 0 : block->run_base;
    auto& page = *reinterpret_cast<CallPage*>(executor + kernel::kHostOffset);
    page.commands_done = commands_done;
    auto& self = *reinterpret_cast<Executor*>(executor + kernel::kExecutorOffset);
    self.start = block;
    if (!prepare_thread(&self) ||
        !catch_faults(reinterpret_cast<std::uint64_t>(&on_fault),
                      reinterpret_cast<std::uint64_t>(&return_from_signal),
                      fault_stack,
                      fault_stack_bytes) ||
        !confine(host_words_of(*block).drives_files != 0))
        for (;;)
            system_call(number::kExitGroup, kNoConfinementStatus);
    executor_create(self, *block);
    executor_run(self);
}

template <std::size_t N>
void export_stubs(VdsoExports* out) noexcept {
    using Stub = CallStub<std::make_index_sequence<N>>;
    out->call_stubs[0][N] = reinterpret_cast<std::uint64_t>(&Stub::small);
    out->call_stubs[1][N] = reinterpret_cast<std::uint64_t>(&Stub::large);
    out->ring_stubs[0][N] = reinterpret_cast<std::uint64_t>(ring_stub(N, false));
    out->ring_stubs[1][N] = reinterpret_cast<std::uint64_t>(ring_stub(N, true));
    using Words = std::make_index_sequence<N>;
    out->traced_call_stubs[0][N] =
        reinterpret_cast<std::uint64_t>(&TracedCall<&Stub::small, Words>::small);
    out->traced_call_stubs[1][N] =
        reinterpret_cast<std::uint64_t>(&TracedCall<&Stub::large, Words>::large);
    out->traced_ring_stubs[0][N] = reinterpret_cast<std::uint64_t>(traced_ring_stub(N, false));
    out->traced_ring_stubs[1][N] = reinterpret_cast<std::uint64_t>(traced_ring_stub(N, true));
}

} // namespace

/// First in the image: tells the nucleus where things are.
extern "C" [[gnu::section(".text.first"), gnu::used]] void
vdso_describe(VdsoExports* out) noexcept {
    out->ops = runtime_ops();
    out->start = reinterpret_cast<std::uint64_t>(&start);
    out->unlinked[0] = reinterpret_cast<std::uint64_t>(unlinked_stub(false));
    out->unlinked[1] = reinterpret_cast<std::uint64_t>(unlinked_stub(true));
    [&]<std::size_t... N>(std::index_sequence<N...>) {
        (export_stubs<N>(out), ...);
    }(std::make_index_sequence<7>{});
}

} // namespace cw
