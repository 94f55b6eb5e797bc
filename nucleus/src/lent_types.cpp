// Types of modules, lent to other modules: the part of an image that is not writable is shown to
// the borrower's domain as well, at its one address. So tables of virtual functions, and the
// functions that they lead to, are there wherever an object of such a type is. docs/heaps.md.
#include "modules.hpp"
#include <cw/nucleus/host.hpp>
#include <utility>

namespace cw::kernel {

/// Of one module. It stays as long as somebody borrows them, whether the module does or not.
/// Guarded by kernel_lock.
struct LentTypes {
    ModuleInstance* lender; ///< Null once it is gone.
    const loader::Image* image;
    Segment* segment; ///< Orphaned once the lender is gone: it goes when nobody sees it any more.
    std::uint32_t borrowers;
    LentTypes* next;
};

namespace {

Pool<LentTypes> lent_pool{"modules.lent_types"};
LentTypes* all_lent_types;

bool has_borrowed(const ModuleInstance& module, const LentTypes& types) noexcept {
    for (const LentTypes* borrowed : module.borrowed) {
        if (borrowed == &types)
            return true;
    }
    return false;
}

/// The lent types in whose pages an address lies, or null.
const LentTypes* lent_types_at(std::uint64_t address) noexcept {
    for (const LentTypes* types = all_lent_types; types != nullptr; types = types->next) {
        if (address >= types->segment->base &&
            address - types->segment->base < types->segment->bytes)
            return types;
    }
    return nullptr;
}

/// True if somebody in the domain runs that code: its own module, or one that has borrowed it.
bool needed_in(const LentTypes& types, const Domain& domain) noexcept {
    for (const ModuleInstance* m = registry().modules; m != nullptr; m = m->next) {
        if (m->domain == &domain && (m == types.lender || has_borrowed(*m, types)))
            return true;
    }
    return false;
}

Status show_types(const LentTypes& types, Domain& domain) noexcept {
    if (segment_seen(*types.segment, domain))
        return Status::ok;
    for (const loader::Load& load : types.image->loads()) {
        if (load.address >= types.segment->bytes)
            continue; // writable
        if (const Status status = segment_map(
                *types.segment, domain, load.address, load.memory_bytes, page_rights(load.rights));
            status != Status::ok) {
            segment_unmap(*types.segment, domain);
            return status;
        }
    }
    return Status::ok;
}

/// An ended domain's view goes with the domain.
void hide_types(const LentTypes& types, Domain& domain) noexcept {
    if (!domain.ended && !needed_in(types, domain))
        segment_unmap(*types.segment, domain);
}

void forget_types(LentTypes& types) noexcept {
    if (types.lender != nullptr)
        types.lender->lent = nullptr;
    LentTypes** link = &all_lent_types;
    while (*link != &types)
        link = &(*link)->next;
    *link = types.next;
    lent_pool.release(&types);
}

} // namespace

Status types_borrow(ModuleInstance& borrower, ModuleInstance& lender) noexcept {
    if (lender.lent != nullptr && has_borrowed(borrower, *lender.lent))
        return Status::ok;
    LentTypes** place = nullptr;
    for (LentTypes*& borrowed : borrower.borrowed) {
        if (borrowed == nullptr && place == nullptr)
            place = &borrowed;
    }
    if (place == nullptr)
        return Status::no_resource;
    LentTypes* types = lender.lent;
    if (types == nullptr) {
        types = lent_pool.allocate();
        if (types == nullptr)
            return Status::no_memory;
        *types = {&lender, lender.image, lender.segment, 0, all_lent_types};
        all_lent_types = types;
        lender.lent = types;
    }
    const Status status = show_types(*types, *borrower.domain);
    if (status == Status::ok) {
        ++types->borrowers;
        *place = types;
    } else if (types->borrowers == 0) {
        forget_types(*types);
    }
    return status;
}

void types_detach(ModuleInstance& instance) noexcept {
    for (LentTypes*& borrowed : instance.borrowed) {
        LentTypes* const types = std::exchange(borrowed, nullptr);
        if (types == nullptr)
            continue;
        hide_types(*types, *instance.domain);
        if (--types->borrowers == 0)
            forget_types(*types);
    }
    if (instance.lent == nullptr)
        return;
    LentTypes& types = *std::exchange(instance.lent, nullptr);
    types.lender = nullptr;
    hide_types(types, *instance.domain);
    segment_release(*std::exchange(instance.segment, nullptr)); // its borrowers see it still
}

bool types_lent(const loader::Image& image) noexcept {
    for (const LentTypes* types = all_lent_types; types != nullptr; types = types->next) {
        if (types->image == &image)
            return true;
    }
    return false;
}

ModuleCode module_code_at(std::uint64_t address) noexcept {
    if (const ModuleInstance* m = module_at(address))
        return {m->image, m->base, m->domain->is_kernel()};
    if (const LentTypes* types = lent_types_at(address))
        return {types->image, types->segment->base, segment_seen(*types->segment, kernel_domain())};
    return {};
}

ModuleInstance* borrower_at(const Domain& domain, std::uint64_t address) noexcept {
    const LentTypes* const types = lent_types_at(address);
    for (ModuleInstance* m = registry().modules; types != nullptr && m != nullptr; m = m->next) {
        if (m->domain == &domain && has_borrowed(*m, *types))
            return m;
    }
    return nullptr;
}

namespace {

/// The module that has called a virtual function of types which it has borrowed: its call returns
/// to `from`, and `function` is where the function begins that it has called. Null: `from` is
/// nobody's who has borrowed any there, or a service was called.
ModuleInstance* borrower_calling(std::uint64_t function, std::uint64_t from) noexcept {
    const LentTypes* const types = lent_types_at(function);
    ModuleInstance* const caller = module_at(from);
    if (types == nullptr || caller == nullptr || !has_borrowed(*caller, *types))
        return nullptr;
    for (const abi::ProvideRecord& provide : types->image->provides()) {
        if (types->segment->base + provide.direct == function)
            return nullptr; // a call of a service of the lender, which is the lender's affair
    }
    return caller;
}

} // namespace

ModuleInstance* borrower_running(const Frames& frames,
                                 loader::FrameRegisters at,
                                 Result<loader::FrameRegisters> caller) noexcept {
    constexpr unsigned kMostCalled = 4; // functions outside of modules that are looked through
    constexpr unsigned kMaxFrames = 4096;
    if (all_lent_types == nullptr)
        return nullptr;
    loader::PcKind kind = loader::PcKind::interrupted;
    unsigned others = 0; // frames that are no module's: what it has called
    for (unsigned depth = 0; caller && depth < kMaxFrames && others <= kMostCalled; ++depth) {
        const ModuleCode code = module_code_at(at.pc);
        others += code.image == nullptr ? 1 : 0;
        if (code.image != nullptr && module_code_at(caller->pc).base != code.base) {
            const auto function = loader::function_begin(frames.table_at(at.pc), at.pc, kind);
            return function ? borrower_calling(*function, caller->pc) : nullptr;
        }
        at = *caller;
        kind = loader::PcKind::return_address;
        caller = loader::caller_frame(frames.table_at(at.pc), at, kind, frames.stack);
    }
    return nullptr;
}

} // namespace cw::kernel
