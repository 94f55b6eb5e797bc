// How modules and domains end: faults, reports, the watchdog.
#include "modules.hpp"
#include <cw/core/executor.hpp>
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

void fail_instance(ModuleInstance& instance, Status status) noexcept {
    instance.stage = ModuleStage::failed;
    instance.start_status = status;
    revoke_call_grants(instance);
    close_channels(instance);
    resume_starter(instance);
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
    const AddressSpace& space =
        current()->domain != nullptr ? current()->domain->space : kernel_space();
    for (unsigned i = 0; i < 2; ++i) {
        const auto page = space.translate(address + 8 * i);
        if (page.bytes == 0 || (page.flags & kPteRead) == 0)
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

void end_domain(Domain& domain) noexcept {
    if (domain.ended || domain.is_kernel())
        return;
    domain.ended = true;
    Thread& thread = *domain.executor->thread;
    thread.doomed = true;
    thread.user_satp = thread.kernel_satp; // nothing of user mode is mapped there: the thread traps
                                           // as soon as it returns
    interrupts_release(thread);
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == &domain)
            fail_instance(*m, Status::peer_died);
    }
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next)
        executor_forget(*record, thread);
    if (&thread != current())
        thread_wake(thread); // it ends itself on its own hart
}

void domain_finish(Domain& domain) noexcept {
    if (!domain.ended) // a thread that never ran: the domain could not be built
        return;
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
        if (!domain.ended) {
            const ModuleInstance* guilty = guilty_module(domain, frame);
            log::line("{}: ended: {} at {}, address {}",
                      guilty == nullptr ? std::string_view{domain.name} : guilty->image->name(),
                      cause,
                      Hex{frame.pc},
                      Hex{frame.value});
            print_backtrace(frame.pc, frame.x[1], frame.x[8], frame.x[2]);
            end_domain(domain);
        }
    }
    thread_exit();
}

void watch(Thread& thread, bool user_mode) noexcept {
    if (!user_mode || thread.executor == nullptr)
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
    const Locked hold{kernel_lock};
    if (!thread.domain->ended) {
        log::line("{}: ended: no progress for {} ms (it loops, or a handler runs too long)",
                  thread.domain->name,
                  kDefaultWatchdogMilliseconds);
        end_domain(*thread.domain);
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
        end_domain(*guilty.domain);
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
    end_domain(domain);
}

} // namespace

void handle_report(ExecutorRecord& record,
                   abi::Report kind,
                   std::uint64_t b,
                   std::uint64_t c,
                   std::uint64_t d) noexcept {
    const Locked hold{kernel_lock};
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
                resume_starter(*m);
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
            if (m->starter != nullptr)
                resume_starter(*m);
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
