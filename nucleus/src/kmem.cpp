#include <cw/nucleus/kmem.hpp>

#include "caller.hpp"
#include "kmem_trace.hpp"
#include <algorithm>
#include <array>
#include <bit>
#include <cw/core/cells/layout.hpp>
#include <cw/core/declare.hpp>
#include <cw/nucleus/host.hpp>
#include <cw/nucleus/log.hpp>
#include <cw/nucleus/panic.hpp>
#include <cw/nucleus/variables.hpp>

namespace cw::kernel {

namespace {

constinit AllocationSite* first_site = nullptr;
constinit const AllocationSite* last_failed = nullptr;
constinit std::uint64_t all_failures = 0;
constinit std::uint32_t site_count = 0;
constinit bool pages_shown = false; ///< They have a variable.
Published<kmem::CwVariable_pages> the_pages;

} // namespace

namespace kmem_trace {
constinit std::uint32_t attention = kPagesChanged;
}
using kmem_trace::attention;

AllocationSite::AllocationSite(std::string_view name, std::uint64_t object_bytes) noexcept :
    name_{name}, number_{++site_count}, next_{first_site} {
    counts_.object_bytes = object_bytes;
    first_site = this;
}

bool AllocationSite::look_whether_to_fail() noexcept {
    if (const auto set = cell_.look()) {
        fails_in_ = *set;
        cell_.applied(*set);
    }
    if (fails_in_ == 0 || --fails_in_ != 0)
        return true;
    cell_.applied(0);
    log::line("kmem: {}: an allocation fails, as asked for", name_);
    failed();
    return false;
}

void AllocationSite::count_bytes() noexcept {
    counts_.live_bytes =
        counts_.object_bytes != 0 ? counts_.live * counts_.object_bytes : counts_.pages * kPage;
    counts_.peak_bytes = std::max(counts_.peak_bytes, counts_.live_bytes);
}

void AllocationSite::failed() noexcept {
    ++counts_.failures;
    ++all_failures;
    last_failed = this;
    publish();
}

void AllocationSite::allocated() noexcept {
    ++counts_.allocations;
    ++counts_.live;
    count_bytes();
    publish_counts();
    if (attention != 0) [[unlikely]]
        attend(trace::What::allocated);
}

void AllocationSite::freed() noexcept {
    --counts_.live;
    count_bytes();
    publish_counts();
    if (attention != 0) [[unlikely]]
        attend(trace::What::freed);
}

void AllocationSite::took_pages(std::uint64_t count) noexcept {
    counts_.pages += count;
    count_bytes();
    pages_changed(count);
}

void AllocationSite::gave_pages(std::uint64_t count) noexcept {
    counts_.pages -= count;
    count_bytes();
    pages_changed(0 - count);
}

void AllocationSite::pages_changed(std::uint64_t by) noexcept {
    attention |= kmem_trace::kPagesChanged;
    if ((attention & kmem_trace::kTraced) != 0)
        kmem_trace::say_pages(*this, by);
}

void AllocationSite::publish_counts() noexcept {
    Atomic<std::uint64_t>* const shown = words_;
    if (shown == nullptr)
        return;
    const auto words = std::bit_cast<std::array<std::uint64_t, sizeof(kmem::Site) / 8>>(counts_);
    for (std::size_t i = 0; i < words.size(); ++i)
        shown[i].store(words[i], Order::relaxed); // nothing is concluded from a count
}

void AllocationSite::publish() noexcept {
    publish_counts();
    if (attention != 0)
        attend_to_all(trace::What{});
}

/// `what` has just been counted.
void AllocationSite::attend(trace::What what) noexcept {
    constexpr std::uint32_t kTracing = kmem_trace::kTraced | kmem_trace::kCellOpen;
    if (attention == kTracing && !kmem_trace::cell.differs()) [[likely]]
        kmem_trace::say(what, *this);
    else
        attend_to_all(what);
}

void AllocationSite::attend_to_all(trace::What what) noexcept {
    if ((attention & kmem_trace::kTraced) != 0 && what != trace::What{})
        kmem_trace::say(what, *this);
    if ((attention & kmem_trace::kCellOpen) != 0)
        kmem_trace::look();
    if ((attention & kmem_trace::kPagesChanged) == 0 || !pages_shown)
        return;
    attention &= ~std::uint32_t{kmem_trace::kPagesChanged};
    const PageCounts counts = page_counts();
    the_pages.publish({counts.total, counts.free});
}

AllocationSite* all_sites() noexcept {
    return first_site;
}

void sites_publish() noexcept {
    CW_ASSERT(the_pages.create() == Status::ok);
    pages_shown = true;
    for (AllocationSite* site = first_site; site != nullptr; site = site->next_) {
        const Text<variables::kMaxName> name{"{}{}", kmem::kPrefix, site->name_};
        const auto place = variables_own({name.view(),
                                          variables::SchemaOf<kmem::Site>::kView,
                                          variables::kLayoutOf<kmem::Site>,
                                          sizeof(kmem::Site),
                                          variables::form_of(variables::Kind::lanes, 1)});
        CW_ASSERT(place.has_value());
        site->words_ = static_cast<Atomic<std::uint64_t>*>(*place);
    }
    // What the last ones allocated for their variables is in the numbers of the first ones.
    for (AllocationSite* site = first_site; site != nullptr; site = site->next_)
        site->publish();
}

void sites_make_cells() noexcept {
    for (AllocationSite* site = first_site; site != nullptr; site = site->next_) {
        const Text<cells::kMaxName> name{"{}{}", kmem::kFailPrefix, site->name_};
        CW_ASSERT(site->cell_.create(name.view(), ~std::uint64_t{0}) == Status::ok);
    }
    kmem_trace::make_cell();
}

Status fail_at(std::string_view name, std::uint64_t attempt) noexcept {
    for (AllocationSite* site = first_site; site != nullptr; site = site->next_) {
        if (site->name_ == name) {
            site->fails_in_ = attempt;
            return Status::ok;
        }
    }
    return Status::not_found;
}

Shortage::Shortage() noexcept : failures_before_{all_failures} {}

std::string_view Shortage::site() const noexcept {
    return all_failures == failures_before_ ? std::string_view{} : last_failed->name();
}

namespace {

Result<Nothing> fail_at_service(kmem::Failure wanted) noexcept {
    const Locked hold{kernel_lock};
    if ((caller().grants() & kGrantPower) == 0) {
        log::line("kmem.fail_at: not permitted: the calling domain has no grant \"power\"");
        return refuse(Status::not_permitted);
    }
    const std::string_view name{wanted.site.data(), wanted.site.size()};
    CW_CHECK_OK(fail_at(name.substr(0, name.find('\0')), wanted.attempt));
    return Nothing{};
}
CW_PROVIDE(kmem::fail_at, fail_at_service, abi::kMethodQueuedOnly);

} // namespace

} // namespace cw::kernel
