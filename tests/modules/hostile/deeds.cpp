// How rounds end: most of these cost the domain its life.
#include "attack.hpp"
#include "calls.hpp"
#include "wild_call.hpp"
#include <cw/core/service/system.hpp>
#include <cw/sdk/arch/raw_calls.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/use.hpp>
#include <iterator>

CW_USES(cw::clock::now);

namespace hostile {

namespace {

using cw::abi::Report;

std::uint64_t volatile sink;

void write_at(std::uint64_t address, std::uint64_t value) noexcept {
    *reinterpret_cast<volatile std::uint64_t*>(address) = value;
}

void report(Report kind, std::uint64_t b, std::uint64_t c = 0) noexcept {
    const std::uint64_t words[6] = {static_cast<std::uint64_t>(kind), b, c, 0, 0, 0};
    call(2, 0, words, 0);
}

[[gnu::noinline]] std::uint64_t descend(std::uint64_t depth) noexcept {
    volatile std::uint64_t room[64];
    room[depth % 64] = depth;
    return (depth == ~std::uint64_t{0} ? 0 : descend(depth + 1)) + room[(depth + 1) % 64];
}

void write_read_only(Attack& attack) noexcept {
    const std::uint64_t places[] = {attack.places.read_only,
                                    attack.places.read_only + 512,
                                    attack.places.read_only + 4096,
                                    attack.places.shared,
                                    attack.places.shared + cw::abi::kSlotsOffset};
    write_at(places[attack.random.below(std::size(places))], attack.random.word());
}

void run_illegal(Attack& attack) noexcept {
    switch (attack.random.below(6)) {
#ifdef __riscv
    case 0:
        asm volatile("csrr t0, sstatus" ::: "t0");
        break;
    case 1:
        asm volatile("csrw satp, zero");
        break;
    case 2:
        asm volatile("sret");
        break;
    case 3:
        asm volatile("sfence.vma");
        break;
    case 4:
        asm volatile("ebreak");
        break;
    default:
        asm volatile(".word 0xffffffff");
        break;
#else
    case 0:
        asm volatile("hlt");
        break;
    case 1:
        asm volatile("movq %%rax, %%cr3" ::: "memory");
        break;
    case 2:
        asm volatile("cli");
        break;
    case 3: // a system call that domains do not have: getpid
        cw::raw::system_call(39, 0, 0, 0);
        break;
    case 4:
        asm volatile("int3");
        break;
    default:
        asm volatile("ud2");
        break;
#endif
    }
}

/// A frame pointer that the kernel would follow to say where the fault was.
[[noreturn]] void forge_frames(Attack& attack) noexcept {
    Registers registers{};
    const std::uint64_t place = any_address(attack.random, attack.places) & ~std::uint64_t{15};
    registers.sp = place - 64;
    registers.others = place; // s0 among them
    registers.gp = registers.tp = place;
    wild_fault(registers);
}

void publish(Attack& attack, std::uint32_t tail) noexcept {
    each_client(attack, [&](cw::ClientEnd& end) {
        own_page(end).producer.tail.store(tail, cw::Order::release);
        own_page(end).consumer.head.store(tail, cw::Order::release);
        own_page(end).producer.space_event.store(tail, cw::Order::relaxed);
        own_page(end).consumer.data_event.store(tail, cw::Order::relaxed);
        cw::raw::wake(end.submissions.doorbell);
    });
}

void bad_opcode(Attack& attack) noexcept {
    each_client(attack, [&](cw::ClientEnd& end) {
        std::uint32_t& tail = attack.tails[end.index];
        end.submission_slots[tail % cw::abi::kSubmissionSlots].head.store(attack.random.word(),
                                                                          cw::Order::relaxed);
        own_page(end).producer.tail.store(++tail, cw::Order::release);
        cw::raw::wake(end.submissions.doorbell);
    });
}

void lie_to_client(Attack& attack) noexcept {
    cw::ServerEnd& end = own_server(attack.executor);
    cw::IndexPage& page = own_page(end);
    std::uint32_t tail = page.producer.tail.load(cw::Order::relaxed);
    const std::uint64_t answers = 1 + attack.random.below(8);
    for (std::uint64_t i = 0; i < answers; ++i) {
        cw::RingMessage& message = end.completion_slots[tail % cw::abi::kCompletionSlots];
        message.head.store(attack.random.below(2) == 0 ? attack.random.word()
                                                       : attack.random.below(256),
                           cw::Order::relaxed);
        for (auto& word : message.words)
            word.store(any_word(attack.random, attack.places), cw::Order::relaxed);
        page.producer.tail.store(++tail, cw::Order::release);
    }
    if (attack.random.below(2) == 0)
        page.producer.tail.store(static_cast<std::uint32_t>(attack.random.word()),
                                 cw::Order::release);
    if (attack.random.below(2) == 0)
        page.consumer.head.store(static_cast<std::uint32_t>(attack.random.word()),
                                 cw::Order::release);
    cw::raw::wake(end.completions.doorbell);
    cw::raw::wait(cw_module.ops->now() + 2000, cw::abi::kNoDoorbell);
}

void betray() noexcept {
    for (std::uint64_t index = 0; index < cw::abi::kMaxEnds; ++index) {
        report(Report::end_faulted, index);
        report(Report::end_faulted, index | std::uint64_t{1} << 32);
        report(Report::end_closed, index, 1);
        report(Report::end_closed, index | std::uint64_t{1} << 32, 1);
    }
}

/// Changes words of a stretch of its own memory.
void scramble(Attack& attack, void* begin, std::uint64_t bytes, std::uint64_t changes) noexcept {
    auto* words = static_cast<volatile std::uint64_t*>(begin);
    for (std::uint64_t i = 0; i < changes; ++i)
        words[attack.random.below(bytes / 8)] = any_word(attack.random, attack.places);
}

void break_control(Attack& attack) noexcept {
    cw::IndexPage& page = *attack.executor.control_page;
    page.consumer.head.store(static_cast<std::uint32_t>(attack.random.word()), cw::Order::release);
    page.consumer.data_event.store(static_cast<std::uint32_t>(attack.random.word()),
                                   cw::Order::relaxed);
    page.producer.tail.store(static_cast<std::uint32_t>(attack.random.word()), cw::Order::release);
    report(Report::relink, 0); // the kernel looks at the ring now
}

void flood_and_die(Attack& attack) noexcept {
    each_client(attack, [&](cw::ClientEnd& end) {
        for (std::uint32_t i = 0; i < cw::abi::kSubmissionSlots - 1; ++i)
            forge_message(attack, end);
        cw::raw::wake(end.submissions.doorbell);
    });
    write_at(0, 0);
}

} // namespace

void commit(Attack& attack, Deed deed) noexcept {
    switch (deed) {
    case Deed::leave:
        break;
    case Deed::read_kernel:
        sink = *reinterpret_cast<volatile std::uint64_t*>(0xffff'ffff'8020'0000);
        break;
    case Deed::write_text:
        write_at(attack.places.text & ~std::uint64_t{7}, 0);
        break;
    case Deed::write_read_only:
        write_read_only(attack);
        break;
    case Deed::jump:
        reinterpret_cast<void (*)()>(any_address(attack.random, attack.places) &
                                     ~std::uint64_t{1})();
        break;
    case Deed::illegal:
        run_illegal(attack);
        break;
    case Deed::overflow:
        sink = descend(0);
        break;
    case Deed::forge_frames:
        forge_frames(attack);
    case Deed::give_up:
        report(Report::module_failed, attack.random.word(), attack.random.word());
        break;
    case Deed::bad_opcode:
        bad_opcode(attack);
        break;
    case Deed::bad_index:
        publish(attack, static_cast<std::uint32_t>(attack.random.word()));
        break;
    case Deed::lie_to_client:
        lie_to_client(attack);
        break;
    case Deed::betray:
        betray();
        break;
    case Deed::break_executor:
        scramble(
            attack, &attack.executor, sizeof(cw::Executor), attack.random.below(2) == 0 ? 4 : 400);
        break;
    case Deed::break_control:
        break_control(attack);
        break;
    case Deed::break_edges:
        scramble(attack, cw::SlotOf<cw::clock::now_method>::value.edge, sizeof(cw::Edge), 4);
        static_cast<void>(cw::clock::now());
        break;
    case Deed::flood_and_die:
        flood_and_die(attack);
        break;
    case Deed::sleep:
        for (;;)
            cw::raw::wait(cw::abi::kNoDeadline, attack.random.word());
    case Deed::loop:
        for (;;)
            sink = sink + 1;
    }
}

} // namespace hostile
