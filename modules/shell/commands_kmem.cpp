// What the nucleus allocates, and where: read from shared variables, without a call.
#include "commands.hpp"
#include "output.hpp"
#include "services.hpp"
#include <algorithm>
#include <array>
#include <cw/sdk/kmem.hpp>

namespace shell {

namespace {

using cw::kmem::Site;

struct Line {
    std::string_view name;
    Site site;
};
constexpr std::size_t kMost = 128;

/// All of one moment, unless the kernel is very busy.
struct Picture {
    std::array<Line, kMost> lines;
    std::size_t count;
    std::uint64_t pages;        ///< Of all lines.
    cw::kmem::Pages all, again; ///< Before and after.

    [[nodiscard]] bool whole() const noexcept {
        return all.free == again.free && all.total - all.free == pages;
    }
};
constinit Picture picture{};

cw::Status take_picture() noexcept {
    picture.count = 0;
    picture.pages = 0;
    const auto all = cw::kmem::pages_now();
    cw::kmem::for_each_site([](std::string_view name, const Site& site) {
        if (picture.count == kMost)
            return;
        picture.lines[picture.count++] = {name, site};
        picture.pages += site.pages;
    });
    const auto again = cw::kmem::pages_now();
    if (!all || !again)
        return all ? again.error() : all.error();
    picture.all = *all;
    picture.again = *again;
    return cw::Status::ok;
}

void put_line(const Line& line) noexcept {
    out.put(line.name);
    for (std::size_t width = line.name.size(); width < 24; ++width)
        out.put(" ");
    out.put_number(line.site.live, 8);
    out.put_number(line.site.live_bytes, 11);
    out.put_number(line.site.pages, 7);
    out.put_number(line.site.peak_bytes, 11);
    out.put_number(line.site.allocations, 12);
    out.put_number(line.site.failures, 7);
    out.put("\n");
}

} // namespace

cw::Task<int> kmemtop(Arguments) noexcept {
    constexpr int kTries = 8;
    cw::Status status = take_picture();
    for (int tries = 1; tries < kTries && status == cw::Status::ok && !picture.whole(); ++tries)
        status = take_picture();
    if (status != cw::Status::ok) {
        out.format("kmemtop: memory/pages: {}\n", cw::name_of(status));
        co_return kFailed;
    }
    const std::span lines{picture.lines.data(), picture.count};
    std::ranges::sort(lines, [](const Line& a, const Line& b) {
        return a.site.live_bytes != b.site.live_bytes ? a.site.live_bytes > b.site.live_bytes
                                                      : a.name < b.name;
    });
    out.put("SITE                        LIVE      BYTES  PAGES  PEAK BYTES ALLOCATIONS FAILED\n");
    for (const Line& line : lines) {
        put_line(line);
        CW_CO_CHECK(co_await out.flush());
    }
    out.format("{} sites hold {} pages; {} of {} are in use\n",
               picture.count,
               picture.pages,
               picture.all.total - picture.all.free,
               picture.all.total);
    co_return kDone;
}

} // namespace shell
