// How modules and domains end: faults, reports, the watchdog.
#include "modules.hpp"
#include <cw/core/executor.hpp>
#include <cw/kernel/arch/csr.hpp>
#include <cw/kernel/arch/timer.hpp>
#include <cw/kernel/boot.hpp>
#include <cw/kernel/interrupts.hpp>
#include <cw/kernel/log.hpp>
#include <cw/kernel/panic.hpp>
#include <cw/kernel/sched.hpp>
#include <cw/kernel/vdso.hpp>

namespace cw::kernel {

namespace {

constexpr std::uint64_t kTickMilliseconds = 4;
constexpr std::uint64_t kDefaultWatchdogMilliseconds = 2000;
constexpr const char* kNoProgress =
    "no progress for 2000 ms (it loops, or a handler runs too long)";

/// Not a device, whose registers are not to be touched by looking.
bool is_ram(PhysicalAddress page) noexcept {
    return page >= machine().ram_begin && page < machine().ram_end;
}

} // namespace

ModuleInstance* module_at(std::uint64_t address) noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->segment != nullptr && address >= m->base && address - m->base < m->segment->bytes)
            return m;
    }
    return nullptr;
}

namespace {

/// The module a domain's thread is in: where pc or ra lie, else the domain's first.
ModuleInstance* guilty_module(const Domain& domain, const TrapFrame& frame) noexcept {
    for (const std::uint64_t address : {frame.pc, frame.x[1]}) {
        if (ModuleInstance* m = module_at(address); m != nullptr && m->domain == &domain)
            return m;
    }
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == &domain)
            return m;
    }
    return nullptr;
}

void fail_instance(ModuleInstance& instance, const char* cause) noexcept {
    instance.stage = ModuleStage::failed;
    instance.start_status = Status::peer_died;
    instance.end_cause = cause;
    revoke_call_grants(instance);
    close_channels(instance);
    resume_waiter(instance, instance.waiter);
}

} // namespace

namespace {

/// The address within its module's image, if it is in stubs that the module shares with its
/// clients; else the address.
std::uint64_t address_in_image(std::uint64_t address) noexcept {
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        const Segment* stubs = m->remote_text;
        if (stubs == nullptr || address < stubs->base || address - stubs->base >= stubs->bytes)
            continue;
        for (const loader::Load& load : m->image->loads()) {
            if (load.remote_text)
                return m->base + load.address + (address - stubs->base);
        }
    }
    return address;
}

} // namespace

void describe_address(std::uint64_t executed) noexcept {
    const std::uint64_t address = address_in_image(executed);
    if (const ModuleInstance* m = module_at(address))
        log::line("@frame {} module={} offset={}",
                  Hex{executed},
                  m->image->name(),
                  Hex{address - m->base});
    else if (const Segment& segment = *vdso().segment;
             address >= segment.base && address - segment.base < segment.bytes)
        log::line("@frame {} module=vdso offset={}", Hex{address}, Hex{address - segment.base});
    else
        log::line("@frame {}", Hex{executed});
}

bool read_mapped(std::uint64_t address, std::uint64_t (&words)[2]) noexcept {
    const Domain* domain = current()->domain;
    const bool user = domain != nullptr && !domain->is_kernel();
    const AddressSpace& space = domain != nullptr ? domain->space : kernel_space();
    // A user domain chooses the address: it is shown its own memory, not the kernel's in its upper
    // half. Registers of devices are never read: that may do something.
    const std::uint64_t needed = kPteRead | (user ? std::uint64_t{kPteUser} : 0);
    for (unsigned i = 0; i < 2; ++i) {
        if (user && address + 8 * i >= abi::kWindowEnd)
            return false;
        const auto page = space.translate(address + 8 * i);
        if (page.bytes == 0 || (page.flags & needed) != needed || !is_ram(page.page))
            return false;
        words[i] =
            *direct_as<const std::uint64_t>(page.page + ((address + 8 * i) & (page.bytes - 1)));
    }
    return true;
}

ModuleInstance* module_by_id(std::uint32_t id) noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->id == id)
            return m;
    }
    return nullptr;
}

void end_domain(Domain& domain, const char* cause) noexcept {
    if (domain.ended || domain.is_kernel())
        return;
    // We may be here by a trap from user mode; the coroutines to be woken lie in the kernel's own
    // view. The way back out of a trap sets satp anew.
    CW_CSR_WRITE(satp, kernel_space().satp());
    domain.ended = true;
    Thread& thread = *domain.executor->thread;
    thread.doomed = true;
    thread.user_satp = thread.kernel_satp; // nothing of user mode is mapped there: the thread traps
                                           // as soon as it returns
    interrupts_release(thread);
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == &domain)
            fail_instance(*m, cause);
    }
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next)
        executor_forget(*record, thread);
    if (&thread != current())
        thread_wake(thread); // it ends itself on its own hart
}

void domain_finish(Domain& domain) noexcept {
    CW_CSR_WRITE(satp, kernel_space().satp()); // as in end_domain()
    domain.at_rest = true;
    for (ModuleInstance *m = registry().modules, *next = nullptr; m != nullptr; m = next) {
        next = m->next;
        if (m->domain == &domain)
            destroy_instance(*m);
    }
    domain_destroy(domain);
}

void domain_fault(Domain& domain, const char* cause, const TrapFrame& frame) noexcept {
    {
        const Locked hold{kernel_lock};
        if (const char* known = domain.executor->condemned; known != nullptr && !domain.ended) {
            log::line("{}: ended: {}", domain.name, known);
            end_domain(domain, known);
        }
        if (!domain.ended) {
            const ModuleInstance* guilty = guilty_module(domain, frame);
            log::line("{}: ended: {} at {}, address {}",
                      guilty == nullptr ? std::string_view{domain.name} : guilty->image->name(),
                      cause,
                      Hex{frame.pc},
                      Hex{frame.value});
            print_backtrace(frame.pc, frame.x[1], frame.x[8], frame.x[2]);
            end_domain(domain, cause);
        }
    }
    thread_exit();
}

void watch(Thread& thread, TrapFrame& frame) noexcept {
    const bool user_mode = (frame.status & arch::kStatusSpp) == 0;
    // In the kernel only modules are watched: they lie in the segment window, the kernel does not.
    if (thread.executor == nullptr || (!user_mode && frame.pc >= abi::kWindowEnd))
        return;
    // Untrusted, and only compared: a module that changes it by itself gets processor time, nothing
    // else.
    const ExecutorStatistics& statistics = thread.executor->view->statistics;
    const std::uint64_t progress = statistics.received + statistics.completed;
    if (progress != thread.progress_seen) {
        thread.progress_seen = progress;
        thread.user_ticks = 0;
        return;
    }
    if (++thread.user_ticks * kTickMilliseconds < kDefaultWatchdogMilliseconds)
        return;
    thread.user_ticks = 0;
    if (!user_mode) {
        module_fault(kNoProgress, frame); // interrupted in a module: the kernel holds no lock
        return;
    }
    const Locked hold{kernel_lock};
    if (!thread.domain->ended) {
        log::line("{}: ended: {}", thread.domain->name, kNoProgress);
        end_domain(*thread.domain, kNoProgress);
    }
}

namespace {

/// An executor says that its peer on this channel lied. A user domain's word costs its peer only
/// this channel; the kernel's own ends a user domain.
void end_faulted(ExecutorRecord& record, std::uint32_t index, bool client) noexcept {
    if (index >= abi::kMaxEnds)
        return;
    Channel* channel = client ? record.channels_by_client[index] : record.channels_by_server[index];
    if (channel == nullptr || channel->closed)
        return;
    ModuleInstance& guilty = client ? *channel->provider : *channel->client;
    log::line("{}: broke the contract of its channel with {}; the channel is closed",
              guilty.image->name(),
              (client ? channel->client : channel->provider)->image->name());
    if (record.domain->is_kernel() && !guilty.domain->is_kernel())
        end_domain(*guilty.domain, "it broke the contract of a channel");
    else
        close_channel(*channel);
}

/// A user module gave up. Untrusted: all of it; the message may lie anywhere, or nowhere.
void module_failed(Domain& domain,
                   std::uint64_t module,
                   std::uint64_t message,
                   std::uint64_t length) noexcept {
    std::string_view name = domain.name;
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == &domain && m->base + m->image->module().state == module)
            name = m->image->name();
    }
    char memory[200];
    TextWriter reason{memory, sizeof(memory)};
    for (std::uint64_t i = 0; i < length && i < sizeof(memory); ++i) {
        constexpr std::uint64_t kReadable = kPteUser | kPteRead;
        const auto page = domain.space.translate(message + i);
        if (message + i >= abi::kWindowEnd || page.bytes == 0 ||
            (page.flags & kReadable) != kReadable || !is_ram(page.page))
            break;
        const char c = *direct_as<const char>(page.page + ((message + i) & (page.bytes - 1)));
        reason.put(c >= ' ' && c <= '~' ? c : '.');
    }
    log::line(
        "{}: ended: {}", name, reason.size() == 0 ? std::string_view{"it gave up"} : reason.text());
    end_domain(domain, "it gave up");
}

} // namespace

void handle_report(ExecutorRecord& record,
                   abi::Report kind,
                   std::uint64_t b,
                   std::uint64_t c,
                   std::uint64_t d) noexcept {
    const Locked hold{kernel_lock};
    if (record.domain->ended) // its thread has not noticed yet; its channels may be gone
        return;
    executor_pump(record);
    switch (kind) {
    case abi::Report::module_started:
        for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
            if (m->id == b && m->executor == &record && m->stage == ModuleStage::starting) {
                m->start_status =
                    c <= kLastStatus ? static_cast<Status>(c) : Status::protocol_violation;
                m->stage =
                    m->start_status == Status::ok ? ModuleStage::running : ModuleStage::failed;
                // Its methods may be wanted by modules that run already, and it may want what
                // started after its plan was made.
                for (ModuleInstance* provider = registry().modules;
                     m->stage == ModuleStage::running && provider != nullptr;
                     provider = provider->next) {
                    if (provider->stage == ModuleStage::running && !provider->removing)
                        link_waiting_clients(*provider);
                }
                resume_waiter(*m, m->waiter);
                return;
            }
        }
        return;
    case abi::Report::end_closed:
    case abi::Report::end_faulted:
        if (kind == abi::Report::end_faulted)
            end_faulted(record, static_cast<std::uint32_t>(b), b >> 32 == 1);
        else
            channel_side_done(record, static_cast<std::uint32_t>(b), b >> 32 == 1, c == 1);
        return;
    case abi::Report::relink:
        if (ModuleInstance* m = module_by_id(static_cast<std::uint32_t>(b));
            m != nullptr && m->executor == &record) {
            relink_now(*m);
            if (c == 1 && m->let_go)
                refuse_callers(*m);
        }
        return;
    case abi::Report::module_removed:
        if (ModuleInstance* m = module_by_id(static_cast<std::uint32_t>(b));
            m != nullptr && m->executor == &record && m->let_go) {
            m->stage = ModuleStage::failed;
            if (m->waiter != nullptr)
                resume_waiter(*m, m->waiter);
            else
                bury(*m);
        }
        return;
    case abi::Report::module_failed:
        if (!record.domain->is_kernel()) {
            module_failed(*record.domain, b, c, d);
        }
        return;
    default:
        return;
    }
}

} // namespace cw::kernel
