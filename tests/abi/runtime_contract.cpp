#include "contract.hpp"
#include "golden_text.hpp"
#include <cstddef>
#include <cw/core/cells/layout.hpp>
#include <cw/core/module_state.hpp>
#include <cw/core/pending.hpp>
#include <cw/core/service/cells.hpp>
#include <cw/core/service/clients.hpp>
#include <cw/core/service/control.hpp>
#include <cw/core/service/files.hpp>
#include <cw/core/service/heaps.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/service/modules.hpp>
#include <cw/core/service/system.hpp>
#include <cw/core/service/trace.hpp>
#include <cw/core/service/variables.hpp>
#include <cw/core/task.hpp>
#include <cw/core/trace.hpp>
#include <cw/core/variables/clock.hpp>
#include <cw/core/variables/directory.hpp>
#include <cw/core/vdso_exports.hpp>

#define AT(field)                                                                                  \
    Field {                                                                                        \
        #field, offsetof(T, field), sizeof(T::field)                                               \
    }
#define LAYOUT(type, ...)                                                                          \
    do {                                                                                           \
        using T = type;                                                                            \
        text.layout(#type, sizeof(T), alignof(T), {__VA_ARGS__});                                  \
    } while (false)

namespace cw::goldens {

namespace {

std::string runtime() {
    GoldenText text{
        "core/module_state.hpp, core/pending.hpp, core/task.hpp: compiled into modules"};
    text.constant("kPoolPendings", kPoolPendings);
    text.constant("kCookieStep", kCookieStep);
    text.constant("kCarrierBit", kCarrierBit);
    text.constant("Outcome::kInReady", Outcome::kInReady);
    text.constant("Outcome::kArmed", Outcome::kArmed);
    text.constant("FramePool::kClasses", FramePool::kClasses);
    text.enumerators<PendingState>("PendingState");
    text.enumerators<ReadyKind>("ReadyKind");
    text.flags<GateBits>("GateBits");
    LAYOUT(RuntimeOps,
           AT(size_bytes),
           AT(queue),
           AT(gate_left),
           AT(suspended),
           AT(complete),
           AT(ready),
           AT(set_deadline),
           AT(cancel),
           AT(release),
           AT(now),
           AT(ticks_per_second),
           AT(sleep),
           AT(wait_interrupt),
           AT(fail),
           AT(submit_slowly),
           AT(note_submitted),
           AT(caller),
           AT(wake),
           AT(count_interrupt_in),
           AT(variables),
           AT(trace));
    LAYOUT(FramePool, AT(free), AT(bump), AT(end), AT(allocations));
    LAYOUT(ModuleState,
           AT(gate),
           AT(free),
           AT(ops),
           AT(home),
           AT(mailbox),
           AT(pendings),
           AT(id),
           AT(flags),
           AT(frames),
           AT(heap_begin),
           AT(heap_end),
           AT(heap),
           AT(traced),
           AT(pool_entries));
    LAYOUT(Edge,
           AT(end),
           AT(client),
           AT(server),
           AT(submission),
           AT(call_grant),
           AT(opcode),
           AT(argument_words),
           AT(reply_words),
           AT(calls),
           AT(reserved));
    LAYOUT(Context, AT(stack_limit), AT(executor), AT(cookie));
    LAYOUT(Ready, AT(next), AT(coroutine), AT(module), AT(kind));
    LAYOUT(Request,
           AT(words),
           AT(next),
           AT(invoke),
           AT(origin),
           AT(cookie),
           AT(reply_words),
           AT(opcode));
    LAYOUT(Pending,
           AT(words),
           AT(outcome),
           AT(cookie),
           AT(coroutine),
           AT(reply),
           AT(pool),
           AT(next),
           AT(end),
           AT(module),
           AT(carried),
           AT(deadline),
           AT(heap_index),
           AT(opcode),
           AT(argument_words),
           AT(alone),
           AT(unanswered),
           AT(waiter),
           AT(answer_link),
           AT(request),
           AT(handler),
           AT(answer),
           AT(carrier_cookie),
           AT(callee));
    LAYOUT(Ticket, AT(target), AT(cookie), AT(remote));
    LAYOUT(PromiseBase,
           AT(ready),
           AT(continuation),
           AT(ticket),
           AT(next_suspended),
           AT(suspended_link),
           AT(awaited_call),
           AT(awaited_task),
           AT(detached),
           AT(cancelled));
    return text.text();
}

std::string vdso() {
    GoldenText text{"core/vdso_exports.hpp: between the kernel and its vDSO"};
    LAYOUT(VdsoExports,
           AT(ops),
           AT(start),
           AT(ring_stubs),
           AT(call_stubs),
           AT(unlinked),
           AT(traced_ring_stubs),
           AT(traced_call_stubs));
    return text.text();
}

std::string shared_variables() {
    GoldenText text{
        "core/variables/: the directory of shared variables, and what lies where in it"};
    text.enumerators<variables::State>("State");
    text.enumerators<variables::Kind>("Kind");
    text.constant("Header::kMagic", variables::Header::kMagic);
    text.constant("kMaxName", variables::kMaxName);
    text.constant("kMaxSchema", variables::kMaxSchema);
    text.constant("kMaxBytes", variables::kMaxBytes);
    LAYOUT(variables::Header,
           AT(magic),
           AT(boot),
           AT(entry_bytes),
           AT(bucket_count),
           AT(buckets),
           AT(table),
           AT(table_entries),
           AT(count),
           AT(nothing),
           AT(slots));
    LAYOUT(variables::Link, AT(place), AT(entry));
    LAYOUT(variables::Entry,
           AT(version),
           AT(address),
           AT(layout),
           AT(schema),
           AT(schema_bytes),
           AT(bytes),
           AT(form),
           AT(group),
           AT(offset),
           AT(lease_ms),
           AT(publisher),
           AT(name_hash),
           AT(name),
           AT(name_bytes),
           AT(index),
           AT(next),
           AT(publisher_bytes),
           AT(place),
           AT(reserved));
    text.constant("kLatchEmpty", kLatchEmpty);
    text.constant("latch_stride(7)", latch_stride(7));
    text.constant("latch_stride(8)", latch_stride(8));
    text.constant("latch_stride(128)", latch_stride(128));
    using Latch48 = LatchWords<NativeSync, 6>;
    LAYOUT(Latch48, AT(current), AT(slots));
    LAYOUT(Latch48::Slot, AT(stamp), AT(words));
    text.constant("schema of time/scale", variables::kLayoutOf<clock::Scale>);
    return text.text();
}

std::string control_cells() {
    GoldenText text{"core/cells/: the words of control cells"};
    text.enumerators<cells::State>("State");
    text.enumerators<cells::Type>("Type");
    text.enumerators<cells::OnRelease>("OnRelease");
    text.enumerators<cells::Mode>("Mode");
    text.constant("kMaxWideBytes", cells::kMaxWideBytes);
    text.constant("kMaxName", cells::kMaxName);
    text.constant("kMaxSchema", cells::kMaxSchema);
    LAYOUT(cells::Entry, AT(address), AT(hold), AT(rest), AT(min), AT(max), AT(bytes), AT(type));
    LAYOUT(cells::Line, AT(value), AT(renewed));
    LAYOUT(cells::WideLine, AT(line), AT(latch));
    LAYOUT(cells::Echo, AT(value), AT(epoch), AT(rejects));
    LAYOUT(cells::Request, AT(layout), AT(bytes), AT(on_release), AT(min), AT(max), AT(initial));
    return text.text();
}

std::string traces() {
    GoldenText text{"core/trace.hpp: rings that one domain writes and others read"};
    text.enumerators<trace::What>("What");
    text.enumerators<trace::ModuleNews>("ModuleNews");
    text.enumerators<TracePolicy>("TracePolicy");
    text.constant("kArgs", trace::kArgs);
    text.constant("kReaders", trace::kReaders);
    text.constant("kMaxRings", trace::kMaxRings);
    text.constant("kLocal", trace::kLocal);
    LAYOUT(TraceWords<NativeSync>, AT(begin), AT(end), AT(dropped), AT(space_event));
    LAYOUT(trace::BlockOf<NativeSync>, AT(words), AT(closed));
    LAYOUT(trace::Slot, AT(timestamp), AT(tag), AT(args));
    return text.text();
}

std::string services() {
    GoldenText text{"core/service/: what the kernel provides"};
    text.method(memory::area);
    text.method(memory::grow);
    text.method(memory::statistics);
    text.method(modules::load);
    text.method(modules::unload);
    text.method(modules::describe);
    text.method(modules::counters);
    text.method(power::off);
    text.method(klog::write);
    text.method(klog::read);
    text.method(interrupts::acknowledge);
    text.method(clock::now);
    text.method(clock::wall);
    text.method(clock::set);
    text.method(variables::show);
    text.method(variables::declare);
    text.method(variables::turn);
    text.method(cells::create);
    text.method(cells::destroy);
    text.method(cells::open);
    text.method(cells::close);
    text.method(cells::holder);
    text.method(cells::look);
    text.method(cells::list);
    text.method(trace::start);
    text.method(trace::stop);
    text.method(trace::status);
    text.method(trace::open);
    text.method(trace::close);
    text.method(trace::next);
    text.method(trace::done);
    text.method(trace::names);
    text.method(archive_pages::map);
    text.method(clients::ended);
    text.method(heaps::create);
    text.method(heaps::admit);
    text.method(heaps::borrow_types);
    text.method(heaps::join);
    text.method(heaps::leave);
    text.method(heaps::remove);
    text.method(files::open);
    text.method(files::close);
    text.method(files::stat);
    text.method(files::list);
    text.method(control::next);
    text.method(control::words);
    text.method(control::put);
    text.method(control::end);
    text.enumerators<modules::What>("modules::What");
    text.flags<modules::Grants>("modules::Grants");
    text.flags<heaps::Flags>("heaps::Flags");
    text.enumerators<control::What>("control::What");
    return text.text();
}

} // namespace

std::vector<Golden> runtime_contract() {
    return {{"runtime", runtime()},
            {"vdso", vdso()},
            {"variables", shared_variables()},
            {"cells", control_cells()},
            {"trace", traces()},
            {"services", services()}};
}

} // namespace cw::goldens
