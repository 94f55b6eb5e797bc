#include "passes.hpp"
#include "filter.hpp"
#include <cw/sdk/use.hpp>

CW_USES(filter::scan);

namespace {

std::uint64_t fingerprint(std::uint64_t before, const char* text, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        before = (before ^ static_cast<unsigned char>(text[i])) * 0x100'0000'01b3;
    return before;
}

/// From `next` on, until the end or until the plug-in is gone.
cw::Task<> go_on(const LogFile& log,
                 const std::vector<Piece>& pieces,
                 std::size_t& next,
                 Pass& pass) noexcept {
    for (; next < pieces.size(); ++next) {
        const Piece& piece = pieces[next];
        const filter::Lines lines{log.area.ref(piece.offset, piece.size),
                                  log.area.out(log.size, piece.size)};
        ++pass.calls;
        CW_CO_TRY(kept, co_await filter::scan(lines));
        // What it says of its own answer is not believed either.
        if (kept.bytes > piece.size)
            co_return cw::refuse(cw::Status::protocol_violation);
        pass.kept_lines += kept.lines;
        pass.fingerprint = fingerprint(pass.fingerprint, log.area.text() + log.size, kept.bytes);
    }
    co_return cw::Nothing{};
}

} // namespace

cw::Result<Pass> pass_over(cw::hosted::Nucleus& nucleus,
                           const LogFile& log,
                           const std::vector<Piece>& pieces,
                           const std::function<bool()>& reload) {
    Pass pass;
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t next = 0; next < pieces.size(); ++next) {
        const auto done = nucleus.run([&] { return go_on(log, pieces, next, pass); });
        if (done)
            break;
        if (done.error() != cw::Status::peer_died || !reload)
            return cw::refuse(done.error());
        pass.lost.push_back(pieces[next]);
        if (!reload())
            return cw::refuse(done.error());
    }
    pass.time = std::chrono::steady_clock::now() - begin;
    return pass;
}
