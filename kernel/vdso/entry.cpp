// The vDSO: the runtime that every user domain shares. Code and constants only; all state is in the
// domain.
#include <cw/abi/control.hpp>
#include <cw/abi/syscall.hpp>
#include <cw/core/arch/context.hpp>
#include <cw/core/executor.hpp>
#include <cw/core/ring_stub.hpp>
#include <cw/core/runtime_ops.hpp>
#include <cw/core/traced_call.hpp>
#include <cw/core/vdso_exports.hpp>
#include <utility>

namespace cw {

namespace {

abi::RawFuture system_call(std::uint64_t grant,
                           std::uint64_t a,
                           std::uint64_t b,
                           std::uint64_t c,
                           std::uint64_t d) noexcept {
    register std::uint64_t a0 asm("a0") = grant;
    register std::uint64_t a1 asm("a1") = a;
    register std::uint64_t a2 asm("a2") = b;
    register std::uint64_t a3 asm("a3") = c;
    register std::uint64_t a4 asm("a4") = d;
    register std::uint64_t a7 asm("a7") = static_cast<std::uint64_t>(abi::Call::call);
    register std::uint64_t t1 asm("t1") = 0;
    asm volatile("ecall"
                 : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a7), "+r"(t1)
                 :
                 : "memory", "ra", "t0", "t2", "t3", "t4", "t5", "t6", "a5", "a6");
    return {a0, a1};
}

} // namespace

namespace platform {

std::uint64_t now() noexcept {
    std::uint64_t value;
    asm volatile("rdtime %0" : "=r"(value));
    return value;
}

void report(abi::Report report, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    static_cast<void>(system_call(0, static_cast<std::uint64_t>(report), b, c, d));
}

void fail(ModuleState* module, const char* message, std::size_t length) noexcept {
    report(abi::Report::module_failed,
           reinterpret_cast<std::uint64_t>(module),
           reinterpret_cast<std::uint64_t>(message),
           length);
    for (;;)
        asm volatile("ebreak");
}

void wake_self(Executor&) noexcept {
} // a user domain has one thread: the executor is awake while this runs

} // namespace platform

namespace {

[[noreturn]] void start(const abi::StartBlock* block) noexcept {
    Executor& executor = *arch::context()->executor;
    executor_create(executor, *block);
    executor_run(executor);
}

} // namespace

static_assert(offsetof(Pending, cookie) == 52 && offsetof(ClientEnd, free) == 0, "stubs.S");
static_assert(offsetof(Edge, end) == 0 && offsetof(Edge, call_grant) == 32 &&
                  offsetof(Edge, reply_words) == 39,
              "stubs.S");
static_assert(abi::kStateQueued == 257 && kLastStatus == 18 &&
                  static_cast<unsigned>(Status::protocol_violation) == 11,
              "stubs.S");

extern "C" {

#define CW_DECLARE(n)                                                                              \
    void call_stub_small_##n();                                                                    \
    void call_stub_large_##n();
CW_DECLARE(0)
CW_DECLARE(1)
CW_DECLARE(2)
CW_DECLARE(3)
CW_DECLARE(4)
CW_DECLARE(5)
CW_DECLARE(6)

/// A synchronous call stayed pending: its Pending leaves the pool. Called by the stubs.
abi::RawFuture call_stub_queued(const abi::Slot* slot) noexcept {
    ClientEnd& end = *slot->edge->end;
    Pending* pending = pool_take(end.free);
    pending->outcome = Outcome{PendingState::in_flight};
    ++end.by_call;
    return {0, reinterpret_cast<std::uint64_t>(pending)};
}

/// A synchronous call finds no credit: from now on calls go through the ring, until the last one
/// that does has been answered. Called by the stubs; words beyond the method's are unspecified.
abi::RawFuture call_without_credit(const abi::Slot* slot,
                                   std::uint64_t w0,
                                   std::uint64_t w1,
                                   std::uint64_t w2,
                                   std::uint64_t w3,
                                   std::uint64_t w4,
                                   std::uint64_t w5) noexcept {
    const std::uint64_t words[6] = {w0, w1, w2, w3, w4, w5};
    return submit_without_credit(slot, words);
}

} // extern "C"

namespace {
template <std::size_t N, void (*kSmall)(), void (*kLarge)()>
void export_traced(VdsoExports* out) noexcept {
    using Words = std::make_index_sequence<N>;
    out->traced_call_stubs[0][N] =
        reinterpret_cast<std::uint64_t>(&TracedCall<kSmall, Words>::small);
    out->traced_call_stubs[1][N] =
        reinterpret_cast<std::uint64_t>(&TracedCall<kLarge, Words>::large);
    out->traced_ring_stubs[0][N] = reinterpret_cast<std::uint64_t>(traced_ring_stub(N, false));
    out->traced_ring_stubs[1][N] = reinterpret_cast<std::uint64_t>(traced_ring_stub(N, true));
}
} // namespace

extern "C" {

/// First in the image: tells the kernel where things are.
[[gnu::section(".text.first"), gnu::used]] void vdso_describe(VdsoExports* out) noexcept {
    out->ops = runtime_ops();
    out->start = reinterpret_cast<std::uint64_t>(&start);
    out->unlinked[0] = reinterpret_cast<std::uint64_t>(unlinked_stub(false));
    out->unlinked[1] = reinterpret_cast<std::uint64_t>(unlinked_stub(true));
    for (unsigned n = 0; n <= 6; ++n) {
        out->ring_stubs[0][n] = reinterpret_cast<std::uint64_t>(ring_stub(n, false));
        out->ring_stubs[1][n] = reinterpret_cast<std::uint64_t>(ring_stub(n, true));
    }
    export_traced<0, &call_stub_small_0, &call_stub_large_0>(out);
    export_traced<1, &call_stub_small_1, &call_stub_large_1>(out);
    export_traced<2, &call_stub_small_2, &call_stub_large_2>(out);
    export_traced<3, &call_stub_small_3, &call_stub_large_3>(out);
    export_traced<4, &call_stub_small_4, &call_stub_large_4>(out);
    export_traced<5, &call_stub_small_5, &call_stub_large_5>(out);
    export_traced<6, &call_stub_small_6, &call_stub_large_6>(out);
    const auto set = [&](unsigned n, void (*small)(), void (*large)()) {
        out->call_stubs[0][n] = reinterpret_cast<std::uint64_t>(small);
        out->call_stubs[1][n] = reinterpret_cast<std::uint64_t>(large);
    };
    set(0, &call_stub_small_0, &call_stub_large_0);
    set(1, &call_stub_small_1, &call_stub_large_1);
    set(2, &call_stub_small_2, &call_stub_large_2);
    set(3, &call_stub_small_3, &call_stub_large_3);
    set(4, &call_stub_small_4, &call_stub_large_4);
    set(5, &call_stub_small_5, &call_stub_large_5);
    set(6, &call_stub_small_6, &call_stub_large_6);
}
}

} // namespace cw
