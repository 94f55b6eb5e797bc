// What the tests of file have in common.
#pragma once
#include <algorithm>
#include <array>
#include <cw/modules/file.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <cw/sdk/test.hpp>
#include <cw/sdk/use.hpp>
#include <cw/sdk/wait.hpp>
#include <optional>
#include <string_view>

CW_USES(cw::memory::area);
CW_USES(file::statistics);

namespace file_tests {

inline constexpr std::uint64_t kWords = 4096; ///< In the area: paths first, then what is written,
inline constexpr std::uint64_t kRoom = 8192;  ///< then what is read.

inline cw::Area area;

inline cw::Task<> prepare() noexcept {
    if (area.size() == 0) {
        CW_CO_TRY(made, co_await cw::Area::create(64 * 1024));
        area = made;
    }
    co_return cw::Nothing{};
}

inline cw::BufferRef path(std::string_view text) noexcept {
    text.copy(area.text(), text.size());
    return area.ref(0, text.size());
}
inline cw::BufferRef words(std::string_view text) noexcept {
    text.copy(area.text() + kWords, text.size());
    return area.ref(kWords, text.size());
}
inline cw::OutBuffer room(std::uint64_t bytes) noexcept {
    return area.out(kRoom, bytes);
}
inline char* room_text() noexcept {
    return area.text() + kRoom;
}
inline std::string_view text_of(const file::Bytes& read) noexcept {
    return {room_text(), read.bytes};
}

template <class T>
cw::Status error_of(const cw::Result<T>& result) noexcept {
    return result ? cw::Status::ok : result.error();
}

/// Waits until the module's statistics are as `wanted` says. Errors: timed_out (after 10 s).
template <class Wanted>
cw::Task<> until(Wanted wanted) noexcept {
    for (int tries = 0; tries < 10'000; ++tries) {
        CW_CO_TRY(now, co_await file::statistics());
        if (wanted(now))
            co_return cw::Nothing{};
        static_cast<void>(co_await cw::sleep_ns(1'000'000));
    }
    co_return cw::refuse(cw::Status::timed_out);
}

} // namespace file_tests
