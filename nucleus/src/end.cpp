// How modules and domains end, and what executors report.
#include "modules.hpp"
#include <cw/core/executor.hpp>
#include <cw/nucleus/cells.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/trace.hpp>
#include <cw/nucleus/variables.hpp>
#include <cw/nucleus/vdso.hpp>

namespace cw::kernel {

ModuleInstance* module_at(std::uint64_t address) noexcept {
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->segment != nullptr && address >= m->base &&
            address - m->base < m->image->span_bytes())
            return m;
    }
    return nullptr;
}

namespace {

void fail_instance(ModuleInstance& instance, const char* cause) noexcept {
    instance.stage = ModuleStage::failed;
    instance.start_status = Status::peer_died;
    instance.end_cause = cause;
    if (cause != nullptr)
        trace_module(instance, trace::ModuleNews::broken);
    variables_end(instance);
    cells_end(instance);
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
    if (const ModuleCode code = module_code_at(address); code.image != nullptr)
        log::line("@frame {} module={} offset={}",
                  Hex{executed},
                  code.image->name(),
                  Hex{address - code.base});
    else if (const Segment& segment = *vdso().segment;
             address >= segment.base && address - segment.base < segment.bytes)
        log::line("@frame {} module=vdso offset={}", Hex{address}, Hex{address - segment.base});
    else
        log::line("@frame {}", Hex{executed});
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
    enter_own_view(); // the coroutines to be woken lie there
    domain.ended = true;
    Thread& thread = *domain.executor->thread;
    interrupts_release(thread);
    for (ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == &domain)
            fail_instance(*m, cause);
    }
    for (ExecutorRecord* record = all_executors(); record != nullptr; record = record->next)
        executor_forget(*record, thread);
    thread_doom(thread);
}

void domain_finish(Domain& domain) noexcept {
    enter_own_view(); // as in end_domain()
    space_rests(domain);
    for (ModuleInstance *m = registry().modules, *next = nullptr; m != nullptr; m = next) {
        next = m->next;
        if (m->domain == &domain)
            destroy_instance(*m);
    }
    domain_destroy(domain);
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
    char words[sizeof(memory)];
    const std::size_t count =
        read_domain(domain, message, words, length < sizeof(words) ? length : sizeof(words));
    for (std::size_t i = 0; i < count; ++i)
        reason.put(words[i] >= ' ' && words[i] <= '~' ? words[i] : '.');
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
                trace_module(*m,
                             m->stage == ModuleStage::running ? trace::ModuleNews::started
                                                              : trace::ModuleNews::refused);
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
