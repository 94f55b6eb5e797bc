#include "log_file.hpp"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>

std::vector<Piece> LogFile::pieces(std::size_t least) const {
    const std::string_view text{area.text(), size};
    std::vector<Piece> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', std::min(at + least, text.size()) - 1);
        const std::size_t next = end == text.npos ? text.size() : end + 1;
        all.push_back({at, next - at});
        at = next;
    }
    return all;
}

std::size_t LogFile::lines(const Piece& piece) const {
    const char* const begin = area.text() + piece.offset;
    return static_cast<std::size_t>(std::count(begin, begin + piece.size, '\n'));
}

std::expected<LogFile, std::string> read_log(cw::hosted::Nucleus& nucleus,
                                             const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    if (!file.is_open() || bytes.empty())
        return std::unexpected{path + ": cannot be read, or is empty"};
    const auto area = nucleus.area(2 * bytes.size());
    if (!area)
        return std::unexpected{path + ": " + cw::name_of(area.error())};
    std::memcpy(area->text(), bytes.data(), bytes.size());
    return LogFile{*area, bytes.size()};
}

bool write_sample(const std::string& path, unsigned lines) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    if (file == nullptr)
        return false;
    constexpr const char* kLevels[] = {"INFO", "DEBUG", "INFO", "WARN", "INFO", "DEBUG", "ERROR"};
    for (unsigned i = 0; i < lines; ++i) {
        const unsigned long long code = i == lines / 2 ? 40'000'000'000ull : 200 + i * 7 % 400;
        std::fprintf(file,
                     "2026-01-01 %02u:%02u:%02u %s worker %u code=%llu took=%ums\n",
                     i / 3600 % 24,
                     i / 60 % 60,
                     i % 60,
                     kLevels[i % 7],
                     i % 13,
                     code,
                     i * 31 % 977);
    }
    return std::fclose(file) == 0;
}
