// Filters a log with plug-ins that it does not trust: in processes of their own, or in this one.
#include "filter.hpp"
#include "passes.hpp"
#include <cstdio>
#include <filesystem>

CW_PROGRAMME(plugin_host);
CW_REQUIRE(filter::scan);

namespace {

using cw::hosted::Nucleus;

constexpr std::size_t kPieceBytes = 64 * 1024;

int complain(const std::string& why) {
    std::fprintf(stderr, "plugin-host: %s\n", why.c_str());
    return 1;
}

void show_price(const char* placement, const char* pieces, const LogFile& log, const Pass& pass) {
    const auto ns = static_cast<double>(pass.time.count());
    std::printf("  %-13s %-14s %8zu calls %9.0f ns/call %8.1f MB/s   kept %zu lines, %016llx\n",
                placement,
                pieces,
                pass.calls,
                ns / static_cast<double>(pass.calls),
                static_cast<double>(log.size) * 1000 / ns,
                pass.kept_lines,
                static_cast<unsigned long long>(pass.fingerprint));
}

/// The same file of code in one placement and in the other: equal results, each at its price.
int compare(Nucleus& nucleus, const LogFile& log, const std::string& plugin) {
    std::printf("severe, over %zu bytes:\n", log.size);
    const std::vector<Piece> large = log.pieces(kPieceBytes), single = log.pieces(1);
    std::vector<std::uint64_t> fingerprints;
    for (const char* placement : {"user-process", "sync-caller"}) {
        const auto loaded = nucleus.load(plugin, *cw::hosted::placing_of(placement));
        if (!loaded)
            return complain(loaded.error().text);
        for (const auto* pieces : {&large, &single}) {
            const auto pass = pass_over(nucleus, log, *pieces);
            if (!pass)
                return complain(std::string{"severe: "} + cw::name_of(pass.error()));
            show_price(placement, pieces == &large ? "64 KiB a call" : "a line a call", log, *pass);
            fingerprints.push_back(pass->fingerprint);
        }
        if (const auto unloaded = nucleus.unload("severe"); !unloaded)
            return complain(unloaded.error().text);
    }
    for (const std::uint64_t other : fingerprints) {
        if (other != fingerprints.front())
            return complain("the placements do not agree");
    }
    std::printf("  the same lines in every placement\n");
    return 0;
}

/// A plug-in that breaks on one line: what is lost, and that the rest is not.
int survive(Nucleus& nucleus,
            const LogFile& log,
            const std::string& plugin,
            const char* placement) {
    std::printf("by_code, %s:\n", placement);
    const auto placing = *cw::hosted::placing_of(placement);
    const auto load = [&] {
        const auto loaded = nucleus.load(plugin, placing);
        if (!loaded)
            complain(loaded.error().text);
        return loaded.has_value();
    };
    if (!load())
        return 1;
    const auto pass = pass_over(nucleus, log, log.pieces(kPieceBytes), [&] {
        std::printf("  the plug-in ended; it is loaded again\n");
        return load();
    });
    if (!pass)
        return complain(std::string{"by_code: "} + cw::name_of(pass.error()));
    for (const Piece& piece : pass->lost)
        std::printf(
            "  lost: the answer for %zu lines at byte %zu\n", log.lines(piece), piece.offset);
    std::printf("  answered: %zu of %zu calls, %zu lines kept\n",
                pass->calls - pass->lost.size(),
                pass->calls,
                pass->kept_lines);
    if (placing.placement != cw::abi::Placement::user_process && !pass->lost.empty())
        std::printf("  it ran in this process: that it read and did not write there was luck\n");
    static_cast<void>(nucleus.unload("by_code"));
    return 0;
}

int run(const std::string& path, const std::filesystem::path& plugins) {
    auto nucleus = Nucleus::start(
        {.programme = cw::hosted::this_programme(),
         .modules = {},
         .log = [](std::string_view line) {
             std::printf("  log: %.*s\n", static_cast<int>(line.size()), line.data());
         }});
    if (!nucleus)
        return complain(nucleus.error().text);
    const auto log = read_log(**nucleus, path);
    if (!log)
        return complain(log.error());
    if (const int status = compare(**nucleus, *log, plugins / "severe.cwm"); status != 0)
        return status;
    for (const char* placement : {"user-process", "sync-caller"}) {
        if (const int status = survive(**nucleus, *log, plugins / "by_code.cwm", placement);
            status != 0)
            return status;
    }
    std::printf("the host has survived all of it\n");
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count == 3 && std::string_view{arguments[1]} == "--sample")
        return write_sample(arguments[2], 100'000) ? 0 : complain("cannot write the sample");
    if (count != 2 && count != 3) {
        std::printf("plugin-host LOG [FOLDER]   filters LOG with the plug-ins in FOLDER (default: "
                    "beside this programme)\n"
                    "plugin-host --sample LOG   writes a log to try it on\n");
        return 2;
    }
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return run(arguments[1], count == 3 ? std::filesystem::path{arguments[2]} : here);
}
