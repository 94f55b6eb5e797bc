// What the slot of an edge holds: read where the client's code reads it, and looked up among what
// it may lead to. Nothing of how the edge was linked is asked, so the two can be compared.
#include "modules.hpp"
#include <cw/core/ring_stub.hpp>
#include <cw/nucleus/vdso.hpp>

namespace cw::kernel {

namespace {

bool lies_in(std::uint64_t address, const Segment& segment) noexcept {
    return address - segment.base < segment.bytes;
}

/// The stubs of a method of this shape.
struct Stubs {
    std::uint64_t ring, traced_ring, call, traced_call, unlinked[2];
};

Stubs stubs_for(const abi::MethodShape& shape, bool kernel) noexcept {
    const std::uint32_t words = shape.argument_words;
    const std::uint32_t large = shape.reply_words > 1 ? 1 : 0;
    const Vdso& table = vdso();
    if (!kernel)
        return {table.ring_stubs[large][words],
                table.traced_ring_stubs[large][words],
                table.call_stubs[large][words],
                table.traced_call_stubs[large][words],
                {table.unlinked[0], table.unlinked[1]}};
    const auto address = [](AnyFunction function) {
        return reinterpret_cast<std::uint64_t>(function);
    };
    return {address(ring_stub(words, large != 0)),
            address(traced_ring_stub(words, large != 0)),
            0,
            0,
            {address(unlinked_stub(false)), address(unlinked_stub(true))}};
}

const char* name_among(const Stubs& stubs, std::uint64_t function) noexcept {
    if (function == stubs.ring)
        return "ring stub";
    if (function == stubs.traced_ring)
        return "traced ring stub";
    if (function == stubs.call)
        return "call stub";
    if (function == stubs.traced_call)
        return "traced call stub";
    if (function == stubs.unlinked[0] || function == stubs.unlinked[1])
        return "unlinked stub";
    return nullptr;
}

/// The provided method that `function` is the code of, in its module's image or its own stubs.
bool describe_code_of(const ModuleInstance& provider,
                      const abi::RequireRecord& require,
                      std::uint64_t function,
                      TextWriter& text) noexcept {
    for (const abi::ProvideRecord& provide : provider.image->provides()) {
        if (provide.hash != require.hash)
            continue;
        if (function == provider.base + provide.direct) {
            text.put("function in ").put(provider.image->name());
            return true;
        }
        if (provider.remote_text == nullptr || !lies_in(function, *provider.remote_text))
            continue;
        for (const loader::Load& load : provider.image->loads()) {
            if (load.remote_text &&
                function - provider.remote_text->base == provide.remote_stub - load.address) {
                text.put("ring stub in ").put(provider.image->name());
                return true;
            }
        }
    }
    return false;
}

} // namespace

void describe_slot(const ModuleInstance& client, std::size_t index, TextWriter& text) noexcept {
    const abi::RequireRecord& require = client.image->requires_()[index];
    // The client's code may write there what it likes: loaded once, and only compared.
    const std::uint64_t function = __atomic_load_n(
        static_cast<const std::uint64_t*>(image_view(client, require.slot)), __ATOMIC_RELAXED);
    const bool kernel = client.domain->is_kernel();
    if (const char* name = name_among(stubs_for(require.shape, kernel), function);
        name != nullptr && (kernel || lies_in(function, *vdso().segment))) {
        text.put(name).put(kernel ? " in the kernel" : " in the vDSO");
        return;
    }
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (describe_code_of(*m, require, function, text))
            return;
    }
    text.put("unknown");
}

} // namespace cw::kernel
