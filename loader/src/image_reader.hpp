// The checks behind Image::read, in the order in which they build on one another. Each group has a
// file of its own.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/text.hpp>
#include <cw/loader/elf.hpp>
#include <cw/loader/image.hpp>
#include <expected>
#include <initializer_list>
#include <span>
#include <string_view>

#include "complaint.hpp"

namespace cw::loader {

inline constexpr std::size_t kMaxProgramHeaders = 32;
inline constexpr std::size_t kMaxFileNameShown = 63; ///< Bytes of a file name that messages show.
inline constexpr std::uint64_t kSlotBytes = 16;     ///< What the loader writes for one requirement.
inline constexpr std::uint64_t kValueSlotBytes = 8; ///< For one variable that is published,
inline constexpr std::uint64_t kLinkBytes = 16;     ///< and for one that is read.

/// Fills an Image from its file. Every check returns true or has left the message that explains the
/// refusal. Untrusted: every byte of the file; the caller guarantees that it does not change
/// meanwhile. Work is at most n log n in the size of the file, memory is what this object and the
/// Image hold.
class ImageReader {
public:
    ImageReader(Image& image, std::string_view file_name, std::uint16_t machine) noexcept :
        image_{image}, file_name_{file_name}, machine_{machine} {}

    [[nodiscard]] std::expected<void, Message> read() noexcept;

private:
    /// A record's pointer field: its name in messages, where it lies in the image, what it holds.
    struct Pointer {
        std::string_view field;
        std::uint64_t place;
        std::uint64_t target;
    };
    /// Memory that the loader or the module itself will write, so no two may share a byte.
    struct Region {
        std::string_view what;
        std::uint64_t address;
        std::uint64_t bytes;
    };
    enum class Memory : std::uint8_t { writable, writable_or_relro };

    // elf_header.cpp
    [[nodiscard]] bool read_file_header() noexcept;
    [[nodiscard]] bool check_file_flags() noexcept;

    // program_headers.cpp
    [[nodiscard]] bool read_program_headers() noexcept;
    [[nodiscard]] bool read_program_header(std::size_t index) noexcept;
    [[nodiscard]] bool keep_once(elf::ProgramHeader& kept,
                                 const elf::ProgramHeader& header,
                                 const char* what) noexcept;
    [[nodiscard]] bool take_frames() noexcept;
    [[nodiscard]] bool check_in_place(const elf::ProgramHeader& header, const char* what) noexcept;

    // loads.cpp
    [[nodiscard]] bool add_load(std::size_t index, const elf::ProgramHeader& header) noexcept;
    [[nodiscard]] bool apply_relro() noexcept;
    [[nodiscard]] bool mark_remote_text() noexcept;

    // dynamic.cpp
    [[nodiscard]] bool read_dynamic() noexcept;
    [[nodiscard]] bool check_dynamic_entry(const elf::Dynamic& entry) noexcept;
    [[nodiscard]] bool check_dynamic_flags() noexcept;
    [[nodiscard]] bool check_dynamic_sizes() noexcept;
    [[nodiscard]] bool check_table(const char* what,
                                   std::uint64_t address,
                                   std::uint64_t bytes,
                                   std::uint64_t entry_bytes) noexcept;

    // symbols.cpp
    [[nodiscard]] bool refuse_symbol(std::string_view where, std::uint64_t info) noexcept;
    [[nodiscard]] bool find_string(std::uint64_t offset, std::string_view& text) noexcept;

    // relocations.cpp
    [[nodiscard]] bool read_relocations() noexcept;
    [[nodiscard]] bool check_relocation(std::size_t index, std::uint64_t lowest_place) noexcept;
    [[nodiscard]] bool check_relocation_kind(std::string_view where, std::uint64_t info) noexcept;
    [[nodiscard]] bool is_relocated(std::uint64_t place) const noexcept;

    // init_array.cpp
    [[nodiscard]] bool read_init_array() noexcept;

    // records.cpp
    [[nodiscard]] bool read_records() noexcept;
    [[nodiscard]] bool check_version() noexcept;
    [[nodiscard]] bool read_record(std::uint64_t address, const std::byte* bytes) noexcept;
    template <class Record>
    [[nodiscard]] bool
    store(Record* array, std::size_t& count, std::size_t limit, const std::byte* bytes) noexcept;

    // module_record.cpp, method_records.cpp, device_record.cpp, variable_records.cpp
    [[nodiscard]] bool check(const abi::ModuleRecord& record) noexcept;
    [[nodiscard]] bool check(const abi::ProvideRecord& record) noexcept;
    [[nodiscard]] bool check(const abi::RequireRecord& record) noexcept;
    [[nodiscard]] bool check(const abi::DeviceRecord& record) noexcept;
    [[nodiscard]] bool check(const abi::PublishRecord& record) noexcept;
    [[nodiscard]] bool check_form(const abi::PublishRecord& record) noexcept;
    [[nodiscard]] bool check(const abi::ReadRecord& record) noexcept;
    template <class Record>
    [[nodiscard]] bool check_variable(const Record& record) noexcept;
    [[nodiscard]] bool check_module_name() noexcept;
    [[nodiscard]] bool
    check_method_texts(Pointer name, Pointer signature, std::uint64_t hash) noexcept;
    [[nodiscard]] bool check_shape(const abi::MethodShape& shape) noexcept;

    // pointers.cpp
    [[nodiscard]] bool check_relocated(const Pointer& pointer) noexcept;
    [[nodiscard]] bool
    check_text(const Pointer& pointer, std::size_t limit, std::string_view& text) noexcept;
    [[nodiscard]] bool check_function(const Pointer& pointer) noexcept;
    [[nodiscard]] bool check_remote_function(const Pointer& pointer) noexcept;
    [[nodiscard]] bool check_memory(const Pointer& pointer,
                                    std::uint64_t bytes,
                                    std::uint64_t alignment,
                                    Memory memory) noexcept;
    [[nodiscard]] const Load* function_load(std::uint64_t address) const noexcept;

    // conflicts.cpp
    [[nodiscard]] bool check_conflicts() noexcept;
    [[nodiscard]] bool check_duplicate_names() noexcept;
    [[nodiscard]] bool check_regions() noexcept;
    [[nodiscard]] Region region(std::size_t index) const noexcept;

    /// Leaves the message "FILE: ..." and returns false.
    [[nodiscard]] bool fail(std::string_view pattern,
                            std::initializer_list<Filler> fillers = {}) noexcept;
    /// The same with the record in hand in front: "FILE: KIND record at ADDRESS (NAME): ...".
    [[nodiscard]] bool fail_record(std::string_view pattern,
                                   std::initializer_list<Filler> fillers = {}) noexcept;

    [[nodiscard]] const std::byte* bytes_at(std::uint64_t address,
                                            std::uint64_t bytes) const noexcept;

    Image& image_;
    std::string_view file_name_;
    std::uint16_t machine_;
    elf::FileHeader header_{};

    // Program headers that may occur once; type kPtNull while not seen.
    elf::ProgramHeader dynamic_{};
    elf::ProgramHeader relro_{};
    elf::ProgramHeader records_{};
    elf::ProgramHeader remote_text_{};
    elf::ProgramHeader frames_{};
    std::uint64_t exact_bytes_[kMaxLoads]{}; ///< Memory size of each load before rounding to pages.

    /// Values of the dynamic tags by their place in the rule table of dynamic.cpp.
    static constexpr std::size_t kMaxTagRules = 40;
    std::uint64_t tag_values_[kMaxTagRules]{};
    std::uint64_t tags_seen_ = 0;
    [[nodiscard]] bool has_tag(std::uint64_t tag) const noexcept;
    [[nodiscard]] std::uint64_t tag_value(std::uint64_t tag) const noexcept; ///< 0 if absent.

    const std::byte* relocations_ =
        nullptr; ///< The table that is_relocated() searches, once checked.

    // The record in hand, for messages.
    std::string_view record_kind_;
    std::uint64_t record_address_ = 0;
    std::string_view record_name_;
    bool has_module_record_ = false;

    Message message_;
};

} // namespace cw::loader
