// A client that has reads under way which do not end, for tests: of a pipe that nobody writes to.
#include <array>
#include <cw/core/text.hpp>
#include <cw/modules/console.hpp>
#include <cw/modules/file.hpp>
#include <cw/sdk/buffer.hpp>
#include <cw/sdk/module.hpp>
#include <optional>

CW_MODULE(orphan, {.version = {1, 0}});
CW_REQUIRE(console::put);
// Optional, so that its provider can be taken out under it.
CW_REQUIRE(file::open, cw::abi::kMethodOptional);
CW_REQUIRE(file::read, cw::abi::kMethodOptional);
CW_REQUIRE(cw::memory::area);

namespace {

constexpr std::size_t kReads = 8;
std::array<std::optional<cw::Future<file::read_method>>, kReads> reads;

template <class... Args>
cw::Task<> say(std::string_view pattern, Args... args) noexcept {
    console::Inline line{};
    cw::TextWriter text{line.bytes.data(), line.bytes.size()};
    text.format(pattern, args...).put("\r\n");
    line.size = text.size();
    CW_CO_CHECK(co_await console::put(line));
    co_return cw::Nothing{};
}

cw::Task<> run() noexcept {
    constexpr std::string_view kPath = "data/pipe";
    CW_CO_TRY(area, co_await cw::Area::create(16 * 4096));
    kPath.copy(area.text(), kPath.size());
    const auto opened =
        co_await file::open({area.ref(0, kPath.size()), file::kRead | file::kWrite});
    if (!opened)
        co_return co_await say("orphan: open: {}", cw::name_of(opened.error()));
    for (std::size_t i = 0; i < kReads; ++i)
        reads[i].emplace(file::read({opened->handle, 0, area.out((i + 1) * 4096, 4096)}));
    CW_CO_CHECK(co_await say("orphan: {} reads under way", kReads));
    for (auto& read : reads) {
        const auto ended = co_await *read;
        CW_CO_CHECK(
            co_await say("orphan: read: {}", ended ? "a byte" : cw::name_of(ended.error())));
    }
    co_return cw::Nothing{};
}

} // namespace

CW_START {
    static_cast<void>(cw::spawn(run()));
}
