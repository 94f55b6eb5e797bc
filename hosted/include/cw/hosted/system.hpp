// Causeway as a system of its own on Linux: a boot archive, a shell on the terminal. The process is
// the system's: it takes the terminal, and power.off ends it.
#pragma once
#include <cstddef>
#include <cw/abi/archive.hpp>
#include <cw/hosted/nucleus.hpp>
#include <span>
#include <string>
#include <vector>

namespace cw::hosted {

/// Something that goes into a boot archive.
struct ArchiveItem {
    abi::ArchiveKind kind;
    std::string name;
    std::string bytes;
};
/// A boot archive (abi/archive.hpp) of these; sorted by kind and name, so that the same items give
/// the same bytes. Errors: invalid_argument (a name of no or over 255 bytes), already_exists (two
/// of one kind and name).
CW_HOSTED_API std::expected<std::string, Failure> make_archive(std::vector<ArchiveItem> items);

/// Boots from an archive, empty for none; `arguments` are the words of a kernel's command line;
/// `directories` are for the module `file`. Returns what stands in the way, or never. Context: the
/// main thread of a process without a nucleus.
CW_HOSTED_API Failure run_system(std::span<const std::byte> archive,
                                 std::string arguments,
                                 const std::vector<Directory>& directories = {});

} // namespace cw::hosted
