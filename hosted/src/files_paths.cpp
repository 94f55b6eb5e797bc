// What drivers ask for in granted directories, done by Linux. Paths are theirs: Linux resolves them
// without leaving the directory (openat2), by whatever they say and whoever renames meanwhile.
// Source: openat2(2), getdents64(2).
#include "files.hpp"
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace cw::hosted {

namespace {

constexpr unsigned kTries = 16; ///< Of a path in which somebody renames.
constexpr std::uint32_t kWriting =
    files::kWrite | files::kCreate | files::kTruncate | files::kAppend;

/// A descriptor that is closed.
class Descriptor {
public:
    explicit Descriptor(int descriptor) noexcept : descriptor_{descriptor} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (descriptor_ >= 0)
            close(descriptor_);
    }
    [[nodiscard]] int get() const noexcept { return descriptor_; }
    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

private:
    int descriptor_;
};

std::unexpected<Status> refuse_errno() noexcept {
    return refuse(abi::status_of_errno(errno));
}

struct Place {
    const GrantedDirectory* grant;
    std::string below; ///< Never empty.
};

/// The directory that a path is in. Errors: not_found, invalid_argument.
Result<Place> place_of(const Path& path) noexcept {
    if (path.empty() || path.size() > abi::kMaxPathBytes || path.contains('\0'))
        return refuse(Status::invalid_argument);
    const std::size_t slash = path.find('/');
    const std::string_view name = std::string_view{path}.substr(0, slash);
    for (const GrantedDirectory& grant : settings().directories) {
        if (grant.name != name)
            continue;
        std::string below = slash == Path::npos ? "" : path.substr(slash + 1);
        return Place{&grant, below.empty() ? "." : std::move(below)};
    }
    return refuse(Status::not_found);
}

int open_below(const Place& place, std::uint64_t flags, std::uint64_t mode = 0) noexcept {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long opened = -1;
    if (place.grant->descriptor < 0) { // one of a list, which is no directory
        for (const GrantedFile& file : place.grant->files) {
            if (file.name == place.below && flags == O_PATH)
                return dup(file.descriptor);
        }
        errno = ENOENT;
        return -1;
    }
    for (unsigned tries = 0; tries < kTries; ++tries) {
        opened =
            syscall(SYS_openat2, place.grant->descriptor, place.below.c_str(), &how, sizeof(how));
        if (opened >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return static_cast<int>(opened);
}

abi::FileKind kind_of(mode_t mode) noexcept {
    if (S_ISREG(mode))
        return abi::FileKind::regular;
    if (S_ISDIR(mode))
        return abi::FileKind::directory;
    if (S_ISFIFO(mode))
        return abi::FileKind::pipe;
    return S_ISLNK(mode) ? abi::FileKind::link : abi::FileKind::other;
}

int linux_flags(std::uint32_t flags) noexcept {
    const bool writes = (flags & (files::kWrite | files::kAppend)) != 0;
    int all = !writes ? O_RDONLY : (flags & files::kRead) != 0 ? O_RDWR : O_WRONLY;
    if ((flags & files::kTruncate) != 0)
        all |= O_TRUNC;
    if ((flags & files::kAppend) != 0)
        all |= O_APPEND;
    return all;
}

/// What is there, without opening it: neither a device nor a pipe notices. Errors: as Linux says;
/// invalid_argument (a directory), not_permitted (a device, a socket).
Result<int> look_up(const Place& place) noexcept {
    Descriptor found{open_below(place, O_PATH)};
    struct stat properties{};
    if (found.get() < 0 || fstat(found.get(), &properties) != 0)
        return refuse_errno();
    const abi::FileKind kind = kind_of(properties.st_mode);
    if (kind == abi::FileKind::directory)
        return refuse(Status::invalid_argument);
    if (kind != abi::FileKind::regular && kind != abi::FileKind::pipe)
        return refuse(Status::not_permitted);
    return found.release();
}

/// Opens what was looked up. Never waits for the other end of a pipe.
int open_found(int found, int flags) noexcept {
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
    const int opened = open(path, flags | O_NONBLOCK | O_CLOEXEC);
    if (opened >= 0) // reads and writes wait for data, by the ring, which blocks nobody
        fcntl(opened, F_SETFL, (flags & O_APPEND));
    return opened;
}

Result<int> open_or_create(const Place& place, std::uint32_t flags) noexcept {
    const int wanted = linux_flags(flags);
    for (unsigned tries = 0; tries < kTries; ++tries) {
        if ((flags & files::kExclusive) == 0) {
            const auto found = look_up(place);
            if (found) {
                const Descriptor held{*found};
                const int opened = open_found(*found, wanted);
                return opened >= 0 ? Result<int>{opened} : refuse_errno();
            }
            if (found.error() != Status::not_found || (flags & files::kCreate) == 0)
                return refuse(found.error());
        }
        const int made =
            open_below(place, static_cast<std::uint64_t>(wanted) | O_CREAT | O_EXCL, 0644);
        if (made >= 0)
            return made;
        if (errno != EEXIST || (flags & files::kExclusive) != 0)
            return refuse_errno();
    }
    return refuse(Status::busy); // made and removed again and again
}

std::uint64_t nanoseconds(const timespec& time) noexcept {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

/// Appends an entry; false if it has no room.
bool put_entry(std::string& into,
               std::size_t room,
               abi::FileKind kind,
               std::string_view name) noexcept {
    const files::Entry entry{kind, static_cast<std::uint32_t>(name.size())};
    const std::size_t padded = (name.size() + 7) / 8 * 8;
    if (room - into.size() < sizeof(entry) + padded)
        return false;
    into.append(reinterpret_cast<const char*>(&entry), sizeof(entry));
    into.append(name).append(padded - name.size(), '\0');
    return true;
}

Result<Listing> list_grants(std::uint64_t cursor, std::size_t room) noexcept {
    Listing listing{{}, cursor};
    const auto& grants = settings().directories;
    while (listing.cursor < grants.size() &&
           put_entry(listing.entries, room, abi::FileKind::directory, grants[listing.cursor].name))
        ++listing.cursor;
    if (listing.entries.empty() && listing.cursor < grants.size())
        return refuse(Status::invalid_argument);
    return listing;
}

Result<Listing>
list_files(const GrantedDirectory& grant, std::uint64_t cursor, std::size_t room) noexcept {
    Listing listing{{}, cursor};
    while (
        listing.cursor < grant.files.size() &&
        put_entry(listing.entries, room, abi::FileKind::regular, grant.files[listing.cursor].name))
        ++listing.cursor;
    if (listing.entries.empty() && listing.cursor < grant.files.size())
        return refuse(Status::invalid_argument);
    return listing;
}

/// As getdents64() fills it.
struct DirectoryEntry {
    std::uint64_t inode;
    std::int64_t next;
    std::uint16_t bytes;
    std::uint8_t type;
    char name[];
};

abi::FileKind kind_of_entry(int directory, const DirectoryEntry& entry) noexcept {
    switch (entry.type) {
    case DT_REG:
        return abi::FileKind::regular;
    case DT_DIR:
        return abi::FileKind::directory;
    case DT_FIFO:
        return abi::FileKind::pipe;
    case DT_LNK:
        return abi::FileKind::link;
    case DT_UNKNOWN: {
        struct stat properties{};
        if (fstatat(directory, entry.name, &properties, AT_SYMLINK_NOFOLLOW) == 0)
            return kind_of(properties.st_mode);
        return abi::FileKind::other;
    }
    default:
        return abi::FileKind::other;
    }
}

} // namespace

Result<OpenedFile> open_path(const Path& path, std::uint32_t flags) noexcept {
    if ((flags & ~files::kAllOpenFlags) != 0 ||
        (flags & (files::kRead | files::kWrite | files::kAppend)) == 0 ||
        ((flags & files::kTruncate) != 0 && (flags & files::kWrite) == 0) ||
        ((flags & files::kExclusive) != 0 && (flags & files::kCreate) == 0))
        return refuse(Status::invalid_argument);
    const Place place = CW_TRY(place_of(path));
    if (place.grant->read_only && (flags & kWriting) != 0)
        return refuse(Status::not_permitted);
    Descriptor opened{CW_TRY(open_or_create(place, flags))};
    struct stat properties{};
    if (fstat(opened.get(), &properties) != 0)
        return refuse_errno();
    return OpenedFile{opened.release(),
                      kind_of(properties.st_mode),
                      static_cast<std::uint64_t>(properties.st_size)};
}

Result<files::Properties> properties_of(int descriptor, bool writable) noexcept {
    struct stat properties{};
    if (fstat(descriptor, &properties) != 0)
        return refuse_errno();
    return files::Properties{static_cast<std::uint64_t>(properties.st_size),
                             nanoseconds(properties.st_mtim),
                             kind_of(properties.st_mode),
                             writable ? 1u : 0u};
}

Result<files::Properties> properties_of(const Path& path) noexcept {
    const Place place = CW_TRY(place_of(path));
    const Descriptor found{open_below(place, O_PATH)};
    if (found.get() < 0)
        return refuse_errno();
    return properties_of(found.get(), !place.grant->read_only);
}

Result<Listing> list_path(const Path& path, std::uint64_t cursor, std::size_t room) noexcept {
    if (path.empty())
        return list_grants(cursor, room);
    const Place place = CW_TRY(place_of(path));
    if (place.grant->descriptor < 0 && place.below == ".")
        return list_files(*place.grant, cursor, room);
    const Descriptor directory{open_below(place, O_RDONLY | O_DIRECTORY)};
    if (directory.get() < 0) {
        if (errno == ENOTDIR)
            return refuse(Status::invalid_argument);
        return refuse_errno();
    }
    if (cursor != 0 && lseek(directory.get(), static_cast<off_t>(cursor), SEEK_SET) < 0)
        return refuse_errno();
    Listing listing{{}, cursor};
    alignas(8) char memory[16 * 1024];
    for (;;) {
        const long count = syscall(SYS_getdents64, directory.get(), memory, sizeof(memory));
        if (count < 0)
            return refuse_errno();
        if (count == 0)
            return listing;
        for (long at = 0; at < count;) {
            const auto& entry = *reinterpret_cast<const DirectoryEntry*>(memory + at);
            at += entry.bytes;
            const std::string_view name{entry.name};
            if (name != "." && name != ".." &&
                !put_entry(listing.entries, room, kind_of_entry(directory.get(), entry), name)) {
                if (listing.entries.empty())
                    return refuse(Status::invalid_argument);
                return listing;
            }
            listing.cursor = static_cast<std::uint64_t>(entry.next);
        }
    }
}

} // namespace cw::hosted
