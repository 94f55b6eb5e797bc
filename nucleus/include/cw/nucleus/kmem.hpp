// The places in domain 0 that allocate. Each has a name and counts what it does; people and
// programmes see that as the shared variables "kmem/NAME" (cw/core/service/kmem.hpp).
//
// Each place is an object at namespace scope; no two places share one. All allocating happens under
// kernel_lock, or while the system boots, so these are plain words. What readers see is each number
// by itself: a latch would cost more than all the rest of an allocation.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/core/service/kmem.hpp>
#include <cw/core/trace.hpp>
#include <cw/nucleus/own_cell.hpp>
#include <string_view>

namespace cw::kernel {

/// Locks: kernel_lock held, for all functions.
class AllocationSite {
public:
    /// A place with objects of one size; 0: its objects are whole pages. Context: a constructor at
    /// namespace scope. Requires: `name` is good as a part of a variable's name.
    explicit AllocationSite(std::string_view name, std::uint64_t object_bytes = 0) noexcept;
    AllocationSite(const AllocationSite&) = delete;
    AllocationSite& operator=(const AllocationSite&) = delete;

    /// Before whatever may find no memory. False: it is to fail here, as fail_at() or the site's
    /// cell says, and has been counted as a failure.
    [[nodiscard]] bool may_allocate() noexcept {
        if (fails_in_ == 0 && !cell_.may_have_news()) [[likely]]
            return true;
        return look_whether_to_fail();
    }
    void failed() noexcept;
    void allocated() noexcept;
    void freed() noexcept;
    /// They are seen with the next of allocated(), freed(), failed() and publish().
    void took_pages(std::uint64_t count) noexcept;
    void gave_pages(std::uint64_t count) noexcept;
    void publish() noexcept;

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    /// From 1 on; another one for each site. It says nothing of where the site is.
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    [[nodiscard]] const kmem::Site& counts() const noexcept { return counts_; }
    [[nodiscard]] AllocationSite* next() const noexcept { return next_; }

private:
    friend Status fail_at(std::string_view site, std::uint64_t attempt) noexcept;
    friend void sites_publish() noexcept;
    friend void sites_make_cells() noexcept;
    [[nodiscard]] bool look_whether_to_fail() noexcept;
    void count_bytes() noexcept;
    void publish_counts() noexcept;
    void pages_changed(std::uint64_t by) noexcept;
    void attend(trace::What what) noexcept;
    void attend_to_all(trace::What what) noexcept;

    std::string_view name_;
    std::uint32_t number_;
    kmem::Site counts_{};
    std::uint64_t fails_in_ = 0;             ///< Attempts until one is to fail; 0: none is.
    OwnCell cell_;                           ///< By which others set that.
    Atomic<std::uint64_t>* words_ = nullptr; ///< The variable; null: there is none yet.
    AllocationSite* next_;
};

/// All of them, in no order.
[[nodiscard]] AllocationSite* all_sites() noexcept;
/// From now on each has its variable. Context: boot, with variables.
void sites_publish() noexcept;
/// From now on each has its control cell "kmem/fail/NAME". Context: boot, when the nucleus is a
/// module.
void sites_make_cells() noexcept;
/// The next but `attempt` - 1 allocation of this site fails; 0: none does. Errors: not_found.
[[nodiscard]] Status fail_at(std::string_view site, std::uint64_t attempt) noexcept;

/// Says where something that did not come about, since this object was made, found no memory.
class Shortage {
public:
    Shortage() noexcept;
    /// Empty: nowhere.
    [[nodiscard]] std::string_view site() const noexcept;

private:
    std::uint64_t failures_before_;
};

} // namespace cw::kernel
