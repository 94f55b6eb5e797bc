// A module file put together in memory: valid as built, every part open to be spoiled. For tests
// and seeds only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/abi/records.hpp>
#include <cw/core/ring_submit.hpp>
#include <cw/loader/elf.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace cw::loader::test {

/// A method as its provider or its requirer declares it.
struct MethodSpec {
    std::string name;
    std::string signature = {}; ///< Empty: the name and "()->()".
    std::uint32_t version_major = 1;
    std::uint32_t version_minor = 0;
    std::uint32_t flags = 0;
    abi::MethodShape shape = {};
    bool remote_stub = false; ///< Provided with a stub of its own, for this build's layout.
    std::uint32_t remote_layout = kSubmitLayout;
};

/// A shared variable as its publisher or one of its readers declares it.
struct VariableSpec {
    std::string name;
    std::string schema;
    std::uint32_t bytes;
    std::uint32_t lease_ms = 0; ///< Of publishers only.
};

struct ModuleSpec {
    std::string name = "sample";
    std::uint16_t machine = elf::kMachineRiscv;
    std::vector<MethodSpec> provides = {};
    std::vector<MethodSpec> requires_ = {};
    std::vector<std::string> devices = {};
    std::vector<VariableSpec> publishes = {};
    std::vector<VariableSpec> reads = {};
    std::uint32_t flags = 0;
    abi::Placement default_placement = abi::Placement::kernel;
    std::size_t init_functions = 0;
};

/// A shape with a buffer at each of the words given.
[[nodiscard]] constexpr abi::MethodShape
shape(std::uint8_t argument_words,
      std::uint8_t reply_words,
      std::initializer_list<std::uint8_t> buffer_words = {}) {
    abi::MethodShape result{};
    result.argument_words = argument_words;
    result.reply_words = reply_words;
    for (const std::uint8_t word : buffer_words)
        result.buffer_word[result.buffers++] = word;
    return result;
}

/// The module of most tests: two methods provided, two required, a device, two constructors.
[[nodiscard]] ModuleSpec sample_spec();

/// The same with two variables published, a latch and a word, and two read. A spec of its own:
/// messages about the sample are full of addresses that variables would move.
[[nodiscard]] ModuleSpec variables_spec();

/// The kind that a variable of this size must have, as the ABI has it.
[[nodiscard]] constexpr std::uint32_t variable_form(std::uint32_t bytes) {
    return bytes > 8 ? 1 : 2;
}

/// Parts that are not frozen yet follow the ones they describe: relocations follow the records, the
/// dynamic section follows the relocations. Calling relocations() or dynamic() freezes them, so
/// that they can be made to lie.
class ModuleFile {
public:
    explicit ModuleFile(const ModuleSpec& spec = sample_spec());

    /// Indices of the program headers as built.
    enum : std::size_t {
        kHeaders,
        kText,
        kRemote,
        kRelro,
        kData,
        kDynamic,
        kMark,
        kStack,
        kRecords,
        kRemoteMark
    };

    static constexpr std::uint64_t kTextBytes = 0x400;
    static constexpr std::uint64_t kRemoteTextBytes = 0x200;

    elf::FileHeader header{};
    std::vector<elf::ProgramHeader> program_headers;
    std::vector<elf::Symbol> symbols;
    std::string symbol_names;
    abi::ModuleRecord module{};
    std::vector<abi::ProvideRecord> provides;
    std::vector<abi::RequireRecord> requires_;
    std::vector<abi::DeviceRecord> devices;
    std::vector<abi::PublishRecord> publishes;
    std::vector<abi::ReadRecord> reads;
    std::vector<std::uint64_t> init_array;

    std::vector<elf::Rela>& relocations();
    std::vector<elf::Dynamic>& dynamic();
    /// Value of an entry of dynamic(); appends the entry if it is not there.
    std::uint64_t& tag(std::uint64_t tag);

    /// Adds a string to the read-only data and returns its address.
    std::uint64_t add_string(std::string_view text);
    /// Overwrites bytes at an offset of the finished file.
    void patch(std::uint64_t offset, std::string_view bytes);
    template <class T>
    void patch_value(std::uint64_t offset, T value) {
        patch(offset, {reinterpret_cast<const char*>(&value), sizeof(T)});
    }
    /// Cuts the finished file, or fills it up with zeros.
    void resize(std::uint64_t bytes) { size_ = bytes; }

    [[nodiscard]] std::vector<std::byte> bytes() const;

    // Addresses; they equal file offsets in a file as built.
    std::uint64_t symbols_at, symbol_names_at, relocations_at, strings_at;
    std::uint64_t text_at, remote_text_at, records_at, init_array_at, dynamic_at, slots_at;
    std::uint64_t variable_slots_at; ///< Of the publish records, then of the read records.
    std::uint64_t grants_at, state_at;
    [[nodiscard]] std::uint64_t provide_at(std::size_t index) const;
    [[nodiscard]] std::uint64_t require_at(std::size_t index) const;
    [[nodiscard]] std::uint64_t device_at(std::size_t index) const;
    [[nodiscard]] std::uint64_t publish_at(std::size_t index) const;
    [[nodiscard]] std::uint64_t read_at(std::size_t index) const;

private:
    struct Patch {
        std::uint64_t offset;
        std::string bytes;
    };
    void lay_out(const ModuleSpec& spec);
    void fill_records(const ModuleSpec& spec);
    void fill_variables(const ModuleSpec& spec);
    void fill_headers(const ModuleSpec& spec);
    [[nodiscard]] std::vector<elf::Rela> default_relocations() const;
    [[nodiscard]] std::vector<elf::Dynamic> default_dynamic() const;

    std::string strings_;
    std::uint64_t strings_room_ = 0;
    std::optional<std::vector<elf::Rela>> relocations_;
    std::optional<std::vector<elf::Dynamic>> dynamic_;
    std::vector<Patch> patches_;
    std::uint64_t relro_end_ = 0;
    std::optional<std::uint64_t> size_;
};

} // namespace cw::loader::test
