// The kernel's own services, and the module instance that stands for the kernel itself.
#include "caller.hpp"
#include "clock.hpp"
#include "modules.hpp"
#include "samples.hpp"
#include <cstring>
#include <cw/core/declare.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/thread_sanitizer.hpp>
#include <cw/nucleus/archive.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/kmem.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/nucleus.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/variables.hpp>
#include <new>

extern "C" {
cw::ModuleState cw_module{};
extern const std::byte nucleus_records_begin[], nucleus_records_end[];
}

namespace cw::kernel {

namespace {

template <std::size_t N>
std::string_view text_of(const std::array<char, N>& field) noexcept {
    const std::string_view all{field.data(), N};
    return all.substr(0, all.find('\0'));
}

std::uint32_t grants_of_caller() noexcept {
    const Locked hold{kernel_lock};
    return caller().grants();
}

Result<memory::Stretch> memory_area(memory::Size size) noexcept {
    const Locked hold{kernel_lock};
    const Caller who = caller();
    if (who.domain == nullptr)
        return refuse(Status::peer_died);
    const auto area = area_create(*who.domain, who.module, size.bytes);
    if (!area)
        return refuse(area.error());
    return memory::Stretch{(*area)->base, (*area)->bytes};
}
CW_PROVIDE(memory::area, memory_area, abi::kMethodQueuedOnly);

memory::Statistics memory_statistics(Nothing) noexcept {
    const PageCounts counts = page_counts();
    return {counts.total * kPage, counts.free * kPage};
}
CW_PROVIDE(memory::statistics, memory_statistics);

Result<Nothing> power_off_service(power::Exit exit) noexcept {
    if ((grants_of_caller() & kGrantPower) == 0) {
        kernel::log::line("power.off: not permitted: the calling domain has no grant \"power\"");
        return refuse(Status::not_permitted);
    }
    power_off(static_cast<std::uint8_t>(exit.status));
}
CW_PROVIDE(power::off, power_off_service, abi::kMethodQueuedOnly);

void log_write(klog::Line line) noexcept {
    kernel::log::write(text_of(line.text));
}
CW_PROVIDE(klog::write, log_write);

klog::ReadReply log_read(klog::ReadArguments arguments) noexcept {
    const OrderedByPeer order{arguments.text.address, arguments.text.size_bytes};
    std::uint64_t position = arguments.position;
    const std::size_t count = kernel::log::read(
        position, reinterpret_cast<char*>(arguments.text.address), arguments.text.size_bytes);
    return {position, count};
}
CW_PROVIDE(klog::read, log_read);

Result<Nothing> acknowledge(interrupts::Index index) noexcept {
    ExecutorRecord* executor = current()->executor;
    if (executor == nullptr)
        return refuse(Status::out_of_range);
    CW_CHECK_OK(interrupt_acknowledge(*executor, index.index));
    return Nothing{};
}
CW_PROVIDE(interrupts::acknowledge, acknowledge);

AllocationSite archive_segments{"archive.pages"};

/// One segment for all who ask: mapping it again and again costs nobody anything.
Result<Segment*> archive_segment() noexcept {
    static Segment* segment = nullptr;
    if (segment == nullptr) {
        Segment* fresh =
            CW_TRY(segment_reserve(kernel_domain(), boot_archive().size(), archive_segments));
        if (const Status status = segment_borrow(*fresh, 0, boot_archive().data(), fresh->bytes);
            status != Status::ok) {
            segment_release(*fresh);
            return refuse(status);
        }
        segment = fresh;
    }
    return segment;
}

Result<archive_pages::Stretch> archive_map(Nothing) noexcept {
    if (archive_count() == 0)
        return refuse(Status::not_found);
    const Locked hold{kernel_lock};
    Domain* domain = caller().domain;
    if (domain == nullptr)
        return refuse(Status::peer_died);
    Segment* segment = CW_TRY(archive_segment());
    if (!segment_seen(*segment, *domain)) {
        if (const Status status = segment_map(*segment, *domain, kRightRead);
            status != Status::ok) {
            segment_unmap(*segment, *domain);
            return refuse(status);
        }
    }
    return archive_pages::Stretch{segment->base, boot_archive().size()};
}
CW_PROVIDE(archive_pages::map, archive_map, abi::kMethodQueuedOnly);

// Services that take their time: by ring only, on the worker.

/// A buffer of a client for text. In which order it is given to whom is the client's business.
class ClientText : public TextWriter {
public:
    explicit ClientText(const OutBuffer& buffer) noexcept :
        TextWriter{reinterpret_cast<char*>(buffer.address), buffer.size_bytes},
        order_{buffer.address, buffer.size_bytes} {}

private:
    OrderedByPeer order_;
};

Task<modules::LoadReply> load(modules::LoadArguments arguments) noexcept {
    ClientText text{arguments.text};
    // What the buffer holds is copied before it is written over; what the client changes meanwhile
    // concerns nobody.
    char links[256];
    std::size_t length = 0;
    const auto* in = reinterpret_cast<const volatile char*>(arguments.text.address);
    while (length < sizeof(links) && length < arguments.text.size_bytes) {
        const char c = in[length];
        if (c == '\0')
            break;
        links[length++] = c;
    }
    const auto result =
        co_await load_module({.name = text_of(arguments.name),
                              .placement = static_cast<abi::Placement>(arguments.placement),
                              .domain = arguments.domain,
                              .dry_run = arguments.dry_run != 0,
                              .hart = arguments.hart,
                              .grants = grants_of_caller(),
                              .passed_grants = arguments.grants,
                              .links = {links, length}},
                             text);
    co_return modules::LoadReply{static_cast<std::uint32_t>(text.size()),
                                 static_cast<std::uint32_t>(result ? Status::ok : result.error())};
}
CW_PROVIDE(modules::load, load, abi::kMethodQueuedOnly);

Task<modules::LoadReply> unload(modules::UnloadArguments arguments) noexcept {
    ClientText text{arguments.text};
    const auto result = co_await unload_module(text_of(arguments.name), grants_of_caller(), text);
    co_return modules::LoadReply{static_cast<std::uint32_t>(text.size()),
                                 static_cast<std::uint32_t>(result ? Status::ok : result.error())};
}
CW_PROVIDE(modules::unload, unload, abi::kMethodQueuedOnly);

Result<modules::TextReply> describe(modules::DescribeArguments arguments) noexcept {
    ClientText text{arguments.text};
    switch (arguments.what) {
    case modules::What::modules:
        describe_modules(text);
        break;
    case modules::What::edges:
        describe_edges(text);
        break;
    case modules::What::files:
        describe_files(text);
        break;
    case modules::What::services:
        describe_services(text);
        break;
    case modules::What::stubs:
        describe_stubs(text);
        break;
    case modules::What::domains:
        describe_domains(text);
        break;
    default:
        return refuse(Status::invalid_argument);
    }
    return modules::TextReply{text.size()};
}
CW_PROVIDE(modules::describe, describe);

Result<modules::Counters> counters(modules::CounterArguments arguments) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* module = module_by_name(text_of(arguments.module));
    if (module == nullptr)
        return refuse(Status::not_found);
    const ExecutorCounts s = seen(module->executor->view->statistics);
    return modules::Counters{
        s.wakes(), s.waits, s.received, s.completed, module->executor->checked_calls, s.faults};
}
CW_PROVIDE(modules::counters, counters);

Result<modules::Lent> lent(modules::CounterArguments arguments) noexcept {
    const Locked hold{kernel_lock};
    const ModuleInstance* module = module_by_name(text_of(arguments.module));
    if (module == nullptr)
        return refuse(Status::not_found);
    return modules::Lent{seen(module->executor->view->statistics).lent, module->executor->lent};
}
CW_PROVIDE(modules::lent, lent);

/// The kernel's module record: only for its name and state.
abi::ModuleRecord nucleus_record() noexcept {
    abi::ModuleRecord record{};
    record.header = {abi::RecordKind::module, sizeof(record)};
    record.abi_major = abi::kAbiMajor;
    record.flags = abi::kModuleConcurrent;
    record.state = reinterpret_cast<std::uint64_t>(&cw_module);
    record.frame_bytes = 256 * 1024;
    return record;
}

loader::Image nucleus_image;

} // namespace

ModuleInstance* calling_module() noexcept {
    const ExecutorRecord& worker = *registry().worker;
    return worker.channels_by_server[worker.view->serving->index]->client;
}

bool leaves_enough(std::uint64_t bytes) noexcept {
    const PageCounts counts = page_counts();
    return bytes / kPage + counts.total / 16 <= counts.free;
}

namespace {
AllocationSite area_segments{"areas.memory"};
}

Result<Segment*> area_create(Domain& domain, ModuleInstance* module, std::uint64_t bytes) noexcept {
    if (bytes == 0 || bytes > kGigaPage)
        return refuse(Status::invalid_argument);
    const AreaList* list = module != nullptr ? module->areas : domain.areas;
    if (list != nullptr && list->count == abi::kMaxAreas)
        return refuse(Status::no_resource);
    if (!leaves_enough(bytes))
        return refuse(Status::no_memory);
    Segment* segment = CW_TRY(segment_create(domain, bytes, Backing::pages, area_segments));
    const auto share = [&]() -> Result<Nothing> {
        CW_CHECK_OK(segment_map(*segment, domain, kRightRead | kRightWrite));
        return publish_area(domain, module, *segment);
    };
    if (const auto shared = share(); !shared) {
        segment_withdraw(*segment);
        return refuse(shared.error());
    }
    return segment;
}

namespace {

Task<Nothing> first_module() noexcept {
    static char memory[2048];
    TextWriter text{memory, sizeof(memory)};
    // "first=NAME" on the kernel's command line starts another module than the shell.
    std::string_view first = "shell";
    const std::string_view arguments = boot_arguments();
    if (const std::size_t at = arguments.find("first="); at != std::string_view::npos)
        first = arguments.substr(at + 6, arguments.substr(at + 6).find(' '));
    const auto result = co_await load_module({.name = first,
                                              .placement = abi::Placement::user_process,
                                              .domain = 0,
                                              .dry_run = false,
                                              .hart = 0,
                                              .grants = kGrantAll,
                                              .passed_grants = kGrantAll,
                                              .links = {}},
                                             text);
    if (!result) {
        log::seize();
        log::write(text.text());
        log::line("no {}: the system ends", first);
        power_off(102);
    }
    co_return Nothing{};
}

} // namespace

void nucleus_start() noexcept {
    static_cast<void>(spawn(first_module()));
}

ModuleInstance& nucleus_create(void (*start)() noexcept) noexcept {
    const Locked hold{kernel_lock};
    ModuleRegistry& all = registry();
    nucleus_image.describe(
        {nucleus_records_begin, nucleus_records_end}, nucleus_record(), "kernel");
    variables_initialise();
    sites_publish();
    clock_initialise();
    const auto worker = kernel_executor_create("worker");
    CW_ASSERT(worker.has_value());
    (*worker)->view->passed_through = true;
    all.worker = *worker;
    kernel_domain().executor = *worker;
    const auto made =
        build_instance(nucleus_image, kernel_domain(), **worker, abi::Placement::sync_caller);
    CW_ASSERT(made.has_value());
    (*made)->nucleus = true;
    all.nucleus = *made;
    sites_make_cells();
    executor_tell(**worker,
                  {.kind = abi::ControlKind::add_module,
                   .index = 0,
                   .a = reinterpret_cast<std::uint64_t>(&cw_module),
                   .b = 0,
                   .c = 0,
                   .d = reinterpret_cast<std::uint64_t>(start),
                   .e = (*made)->id,
                   .f = kModulePendings,
                   .reserved = 0});
    executor_start(**worker);
    samples_initialise();
    return **made;
}

} // namespace cw::kernel
