// A module file, read and checked. The loader did not write the file and believes nothing in it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/text.hpp>
#include <cw/loader/unwind.hpp>
#include <expected>
#include <span>
#include <string_view>

namespace cw::loader {

enum class Rights : std::uint8_t {
    read = 1,
    write = 2,
    execute = 4,
    read_write = 3,
    read_execute = 5
};

inline constexpr std::size_t kMaxLoads = 8;
inline constexpr std::uint64_t kMaxImageBytes = std::uint64_t{64} << 20;

/// A page-aligned stretch of the image with one set of rights; never writable and executable.
struct Load {
    std::uint64_t address = 0;      ///< In the image (base 0), page aligned.
    std::uint64_t memory_bytes = 0; ///< Rounded up to whole pages.
    std::uint64_t file_offset = 0;  ///< Page aligned.
    std::uint64_t file_bytes = 0;   ///< What is copied or mapped from the file; the rest is zero.
    Rights rights = Rights::read;   ///< Final rights, after relocation.
    bool private_copy = false; ///< Must be copied per instance: it is writable or is relocated.
    bool remote_text = false;  ///< Is `.remote.text`: may also be mapped into clients.
};

/// A relocated 8-byte word: at `address` goes base + `addend`.
struct Relocation {
    std::uint64_t address;
    std::uint64_t addend;
};

/// A module file that passed every check. Refers to the file's memory, which must outlive it and
/// not change.
class Image {
public:
    Image() noexcept = default;

    /// Reads and checks a whole file into this object, which is meaningless after an error.
    /// Checked: ELF header (64 bit, little endian, ET_DYN, EM_RISCV or the machine given), program
    /// headers (in range, page aligned, ascending, not overlapping, no W+X, no TLS, no interpreter,
    /// not executable stack), dynamic section (only the tags needed, in range, no text relocations,
    /// no needed libraries), every relocation (kind, place, target), symbols (none imported),
    /// records (kind, size, pointers, strings, hashes, shapes, duplicates, limits), init array.
    /// Errors: a message "FILE: what is wrong with which number"; nothing else has happened.
    [[nodiscard]] std::expected<void, Message> read(std::span<const std::byte> file,
                                                    std::string_view file_name,
                                                    std::uint16_t machine) noexcept;

    /// Takes the provide and require records of the running program itself: the kernel's own
    /// services, or what a program that embeds the nucleus calls. Nothing is mapped or relocated;
    /// addresses are pointers. Every requirement is optional: who runs already cannot wait for what
    /// is loaded later.
    /// Requires: the records are whole and in order; they are believed.
    void describe(std::span<const std::byte> records,
                  const abi::ModuleRecord& module,
                  std::string_view name) noexcept;

    [[nodiscard]] std::span<const Load> loads() const noexcept { return {loads_, load_count_}; }
    /// Size of the address range from 0 that holds all loads, in whole pages.
    [[nodiscard]] std::uint64_t span_bytes() const noexcept { return span_bytes_; }
    /// How far the image reaches, from 0, until it begins to be writable: in front lie text,
    /// read-only data, and what is relocated but not written to, which is where tables of virtual
    /// functions are. 0: the file has no PT_GNU_RELRO, or something writable in front of the rest.
    [[nodiscard]] std::uint64_t constant_bytes() const noexcept;
    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] const abi::ModuleRecord& module() const noexcept { return module_; }
    [[nodiscard]] std::span<const abi::ProvideRecord> provides() const noexcept {
        return {provides_, provide_count_};
    }
    [[nodiscard]] std::span<const abi::RequireRecord> requires_() const noexcept {
        return {requires_list_, require_count_};
    }
    [[nodiscard]] std::span<const abi::DeviceRecord> devices() const noexcept {
        return {devices_, device_count_};
    }
    [[nodiscard]] std::span<const abi::PublishRecord> publishes() const noexcept {
        return {publishes_, publish_count_};
    }
    [[nodiscard]] std::span<const abi::ReadRecord> reads() const noexcept {
        return {reads_, read_count_};
    }
    /// A string that a checked record points to.
    [[nodiscard]] std::string_view text(abi::ImageAddress address) const noexcept;

    [[nodiscard]] std::size_t relocation_count() const noexcept { return relocation_count_; }
    [[nodiscard]] Relocation relocation(std::size_t index) const noexcept;
    /// Constructors: `init_count()` function addresses (base 0), in call order.
    [[nodiscard]] std::size_t init_count() const noexcept { return init_count_; }
    [[nodiscard]] std::uint64_t init_address() const noexcept {
        return init_address_;
    } ///< Of the array; 0 if there is none.
    [[nodiscard]] std::uint64_t init_function(std::size_t index) const noexcept;
    /// Call frame information, with its address in the image; empty if the file has none. Its place
    /// is checked, what it says is not; the machine is the one that was asked for.
    [[nodiscard]] const FrameTable& frames() const noexcept { return frames_; }
    [[nodiscard]] std::span<const std::byte> file() const noexcept { return file_; }

private:
    friend class ImageReader;

    void clear() noexcept;

    std::span<const std::byte> file_;
    std::string_view name_;
    Load loads_[kMaxLoads]{};
    std::size_t load_count_ = 0;
    std::uint64_t span_bytes_ = 0;
    std::uint64_t rela_address_ = 0;
    std::size_t relocation_count_ = 0;
    std::uint64_t init_address_ = 0;
    std::size_t init_count_ = 0;
    abi::ModuleRecord module_{};
    abi::ProvideRecord provides_[abi::kMaxMethods]{};
    std::size_t provide_count_ = 0;
    abi::RequireRecord requires_list_[abi::kMaxRequires]{};
    std::size_t require_count_ = 0;
    abi::DeviceRecord devices_[abi::kMaxDevices]{};
    std::size_t device_count_ = 0;
    abi::PublishRecord publishes_[abi::kMaxPublishes]{};
    std::size_t publish_count_ = 0;
    abi::ReadRecord reads_[abi::kMaxReads]{};
    std::size_t read_count_ = 0;
    FrameTable frames_;
    bool addresses_are_pointers_ = false; ///< Made by describe().
};

/// Whether a name and a schema are as publish records must have them, and the schema has this hash
/// and this many bytes.
[[nodiscard]] bool is_variable(std::string_view name,
                               std::string_view schema,
                               std::uint64_t layout,
                               std::uint32_t bytes) noexcept;

} // namespace cw::loader
