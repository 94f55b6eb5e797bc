// A module with a heap. It answers echo.ping; the value says what to do with it.
#include "exercises.hpp"
#include <cw/modules/echo.hpp>
#include <cw/sdk/heap.hpp>
#include <cw/sdk/module.hpp>
#include <new>

CW_MODULE(stash, {.version = {1, 0}, .heap_bytes = std::uint64_t{1} << 30});
CW_HEAP;
CW_REQUIRE(cw::memory::statistics);

namespace {

constexpr std::uint64_t kCount = 1000;
constexpr std::uint64_t kMuch = 3 << 20;

enum Exercise : std::uint64_t {
    containers = 0, ///< Gives what use_containers() gives.
    lengths = 1,    ///< Growing, giving back, and every refusal. Gives the number of failed checks.
    nothrow = 2,    ///< As well.
    out_of_memory = 3, ///< The module fails.
    released_twice = 4,
    exhaustion = 5, ///< As `lengths`: more than the machine has.
    given_back = 6, ///< Writes to what it has given back, which is no longer there.
};

/// Counts what is not so.
class Checks {
public:
    void that(bool holds) noexcept {
        ++count_;
        if (!holds && first_ == 0)
            first_ = count_;
    }
    /// The number of the first that failed, or 0.
    [[nodiscard]] std::uint64_t first() const noexcept { return first_; }

private:
    std::uint64_t count_ = 0;
    std::uint64_t first_ = 0;
};

bool is_zero(std::uint64_t begin, std::uint64_t end) noexcept {
    for (; begin < end; begin += 8) {
        if (*reinterpret_cast<volatile std::uint64_t*>(begin) != 0)
            return false;
    }
    return true;
}

void fill(std::uint64_t begin, std::uint64_t end) noexcept {
    for (; begin < end; begin += 8)
        *reinterpret_cast<volatile std::uint64_t*>(begin) = begin;
}

/// The kernel's call itself, above what the heap uses. Leaves the heap as it was.
cw::Task<std::uint64_t> use_lengths() noexcept {
    Checks checks;
    const std::uint64_t id = cw_module.id;
    const std::uint64_t begin = cw_module.heap_begin;
    const std::uint64_t before = cw_module.heap_end - begin;
    const auto grown = co_await cw::memory::grow({id, before + 100});
    checks.that(grown && grown->address == begin && grown->bytes == before + 4096);
    const auto more = co_await cw::memory::grow({id, before + kMuch});
    checks.that(more && more->bytes == before + kMuch);
    checks.that(is_zero(begin + before, begin + before + kMuch));
    fill(begin + before, begin + before + kMuch);
    const auto full = co_await cw::memory::statistics();
    const auto less = co_await cw::memory::grow({id, before + 8192});
    checks.that(less && less->bytes == before + 8192);
    const auto given = co_await cw::memory::statistics(); // others take little meanwhile
    checks.that(full && given && given->free_bytes > full->free_bytes + kMuch / 2);
    const auto again = co_await cw::memory::grow({id, before + kMuch});
    checks.that(again && again->bytes == before + kMuch);
    checks.that(!is_zero(begin + before, begin + before + 8192));
    checks.that(is_zero(begin + before + 8192, begin + before + kMuch)); // fresh pages
    const auto same = co_await cw::memory::grow({id, before + kMuch});
    checks.that(same && same->bytes == before + kMuch);

    const auto beyond = co_await cw::memory::grow({id, kCwModuleOptions.heap_bytes + 1});
    checks.that(!beyond && beyond.error() == cw::Status::out_of_range);
    const auto most = co_await cw::memory::grow({id, ~std::uint64_t{0}});
    checks.that(!most && most.error() == cw::Status::out_of_range);
    const auto nobody = co_await cw::memory::grow({id + 1000, 4096});
    checks.that(!nobody && nobody.error() == cw::Status::not_found);
    const auto wrapped = co_await cw::memory::grow({id + (std::uint64_t{1} << 32), 4096});
    checks.that(!wrapped && wrapped.error() == cw::Status::not_found);
    // The shell, in a domain of its own, was loaded early. Nobody else is to be shortened by us.
    std::uint64_t foreign = 0;
    for (std::uint64_t other = 1; other < id; ++other) {
        const auto theirs = co_await cw::memory::grow({other, 4096});
        foreign += !theirs && theirs.error() == cw::Status::not_permitted ? 1 : 0;
    }
    checks.that(foreign != 0);
    checks.that(!is_zero(begin + before, begin + before + 8192)); // and nothing has changed

    const auto back = co_await cw::memory::grow({id, before});
    checks.that(back && back->bytes == before);
    co_return checks.first();
}

cw::Task<std::uint64_t> use_exhaustion() noexcept {
    Checks checks;
    const auto before = co_await cw::memory::statistics();
    const std::uint64_t length = cw_module.heap_end - cw_module.heap_begin;
    const auto all = co_await cw::memory::grow({cw_module.id, kCwModuleOptions.heap_bytes});
    checks.that(!all && all.error() == cw::Status::no_memory);
    const auto after = co_await cw::memory::statistics();
    // Page tables stay; they are a 512th of it.
    checks.that(before && after &&
                before->free_bytes - after->free_bytes < before->free_bytes / 256);
    const auto same = co_await cw::memory::grow({cw_module.id, length});
    checks.that(same && same->bytes == length);
    checks.that(is_zero(cw_module.heap_end - 4096, cw_module.heap_end) || length != 0);
    co_return checks.first();
}

/// Everything that was released is free again, in one piece at the end, and can be given back.
cw::Task<std::uint64_t> use_nothrow() noexcept {
    Checks checks;
    checks.that(new (std::nothrow) char[kMuch] == nullptr);
    const auto reserved = co_await cw::heap::reserve(kMuch);
    checks.that(reserved.has_value());
    const std::uint64_t length = cw_module.heap_end - cw_module.heap_begin;
    char* piece = new (std::nothrow) char[kMuch];
    checks.that(piece != nullptr);
    if (piece != nullptr)
        piece[kMuch - 1] = 1;
    const auto nothing = co_await cw::heap::trim();
    checks.that(nothing.has_value());
    delete[] piece;
    checks.that(cw::heap::statistics().failures != 0);
    const auto trimmed = co_await cw::heap::trim();
    checks.that(trimmed.has_value());
    checks.that(cw_module.heap_end - cw_module.heap_begin + kMuch <= length);
    const auto too_much = co_await cw::heap::reserve(kCwModuleOptions.heap_bytes);
    checks.that(!too_much && too_much.error() == cw::Status::out_of_range);
    checks.that(cw::heap::statistics().blocks == 0);
    co_return checks.first();
}

cw::Task<echo::Word> ping(echo::Word what) noexcept {
    CW_CO_CHECK(co_await cw::heap::reserve(stash::kContainerBytes));
    std::uint64_t result = 0;
    switch (what.value) {
    case containers:
        result = stash::use_containers(kCount);
        if (result == 0 || cw::heap::statistics().blocks != 0)
            co_return cw::refuse(cw::Status::refused);
        break;
    case lengths: {
        CW_CO_TRY(failed, co_await use_lengths());
        result = failed;
        break;
    }
    case nothrow: {
        CW_CO_TRY(failed, co_await use_nothrow());
        result = failed;
        break;
    }
    case exhaustion: {
        CW_CO_TRY(failed, co_await use_exhaustion());
        result = failed;
        break;
    }
    case out_of_memory:
        *new std::array<char, kMuch> = {};
        break;
    case given_back: {
        const std::uint64_t length = cw_module.heap_end - cw_module.heap_begin;
        CW_CO_TRY(grown, co_await cw::memory::grow({cw_module.id, length + 4096}));
        fill(grown.address + length, grown.address + grown.bytes);
        CW_CO_TRY(less, co_await cw::memory::grow({cw_module.id, length}));
        fill(less.address + less.bytes, less.address + less.bytes + 8);
        break;
    }
    case released_twice: {
        auto* volatile piece = new std::uint64_t;
        delete piece;
        delete piece;
        break;
    }
    default:
        co_return cw::refuse(cw::Status::invalid_argument);
    }
    co_return echo::Word{result};
}

} // namespace

CW_PROVIDE(echo::ping, ping);
