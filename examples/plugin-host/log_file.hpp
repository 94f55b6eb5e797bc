// The log that is filtered, in memory that plug-ins may see.
#pragma once
#include <cw/hosted/nucleus.hpp>
#include <expected>
#include <string>
#include <vector>

/// A stretch of whole lines.
struct Piece {
    std::size_t offset, size;
};

struct LogFile {
    cw::hosted::Area area; ///< The file, and behind it as much room for what is kept.
    std::size_t size;

    /// The file cut at ends of lines, into pieces of at least `least` bytes, but for the last.
    [[nodiscard]] std::vector<Piece> pieces(std::size_t least) const;
    [[nodiscard]] std::size_t lines(const Piece& piece) const;
};

/// Errors: in words.
std::expected<LogFile, std::string> read_log(cw::hosted::Nucleus& nucleus, const std::string& path);

/// Writes a log of so many lines; one of them, in the middle, has a code that nobody expects.
bool write_sample(const std::string& path, unsigned lines);
