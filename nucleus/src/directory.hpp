// The directory of shared variables, from the side that writes it. Private to the nucleus.
//
// Entries and texts are found by their offset, and never move. Locks: kernel_lock held, for all
// functions.
#pragma once
#include <cstdint>
#include <cw/core/result.hpp>
#include <cw/core/variables/directory.hpp>
#include <cw/nucleus/domain.hpp>
#include <string_view>

namespace cw::kernel {

/// The values of one publisher, or some of them.
struct VariableGroup {
    Segment* segment;
    std::uint64_t
        fingerprint; ///< Of names and layouts of its records, in order; 0: declared at run time.
    ModuleInstance* publisher; ///< Null: it is gone.
    std::uint64_t used;        ///< Bytes of the segment.
    bool confined;             ///< All of its values, or none.
    std::uint32_t number;
    std::uint32_t name; ///< Of the module: offset in the directory,
    std::uint32_t name_bytes;
    VariableGroup* next;
};

namespace directory {

using variables::Entry;

/// A module that reads a variable by its name.
struct Reader {
    const ModuleInstance* module;
    const abi::ReadRecord* record;
    Reader* next;
};

/// What only the nucleus knows of an entry.
struct Private {
    VariableGroup* group; ///< That holds its value; null: there is none.
    bool published;       ///< By a module that is there.
    bool off;             ///< Somebody has switched it off.
    bool stale;           ///< Its lease has run out.
    std::uint32_t
        lease_ms; ///< As its entry has it: those with one are found without a look at all entries.
    std::uint64_t seen;                      ///< What its latch said when it was last renewed,
    std::uint64_t seen_at;                   ///< and the ticks then.
    std::uint64_t readers[kMaxDomains / 64]; ///< Bit per domain that may be reading it.
    Reader* links;                           ///< Who is told when it can be read, and when not.

    void add_reader(const Domain& domain) noexcept {
        readers[domain.id / 64] |= std::uint64_t{1} << domain.id % 64;
    }
    void remove_reader(const Domain& domain) noexcept {
        readers[domain.id / 64] &= ~(std::uint64_t{1} << domain.id % 64);
    }
    [[nodiscard]] bool read_by(std::uint32_t id) const noexcept {
        return (readers[id / 64] >> id % 64 & 1) != 0;
    }
};

/// Context: boot.
void initialise() noexcept;
[[nodiscard]] VirtualAddress base() noexcept;
/// Lets a domain see it. Errors: no_memory.
[[nodiscard]] Status show(Domain& domain) noexcept;

[[nodiscard]] std::uint32_t count() noexcept;
[[nodiscard]] Private& private_of(std::uint32_t index) noexcept;
[[nodiscard]] Entry& entry_of(std::uint32_t index) noexcept;
[[nodiscard]] Entry& entry_at(std::uint32_t offset) noexcept;
[[nodiscard]] std::string_view text_at(std::uint32_t offset, std::uint32_t bytes) noexcept;
[[nodiscard]] std::string_view name_of(const Entry& entry) noexcept;
[[nodiscard]] std::string_view schema_of(const Entry& entry) noexcept;
[[nodiscard]] std::string_view publisher_of(const Entry& entry) noexcept;

/// Offset of the entry of this name; 0: there is none.
[[nodiscard]] std::uint32_t find(std::string_view name) noexcept;
/// The same; made if there is none, as a name that nobody publishes. Errors: no_resource (the
/// directory is full), no_memory.
[[nodiscard]] Result<std::uint32_t> find_or_create(std::string_view name) noexcept;
/// A text of the directory, for good. Requires: it is shorter than a page. Errors: as above.
[[nodiscard]] Result<std::uint32_t> store_text(std::string_view text) noexcept;

/// What a publisher says of a value.
struct Description {
    std::string_view schema;
    std::uint64_t layout;
    std::uint32_t bytes;
    std::uint32_t form;
    std::uint32_t lease_ms;
};
/// Points an entry to a value: from now on it is live. Errors: as above.
[[nodiscard]] Status go_live(std::uint32_t offset,
                             const Description& what,
                             VariableGroup& group,
                             std::uint64_t place) noexcept;
/// Tells readers of a state that is not what it was.
void refresh(std::uint32_t index) noexcept;
/// There is no value any more, nor memory of one.
void forget_value(std::uint32_t index) noexcept;

/// Makes a link of a module that reads it: from now on it leads where the value is, whenever there
/// is one for it. Requires: the value is shown to the module's domain, now and whenever there is
/// one. Errors: no_memory.
[[nodiscard]] Status
link(std::uint32_t index, const ModuleInstance& module, const abi::ReadRecord& record) noexcept;
/// The module's links are left as they are. Requires: its code runs no more.
void unlink(const ModuleInstance& module) noexcept;
/// Has all links lead where they are to. Context: whatever has changed in the entry is there.
void turn_links(std::uint32_t index) noexcept;

/// A variable with a lease is there: leases are looked after until none is. Context: the worker, or
/// before it runs.
void watch_leases() noexcept;

} // namespace directory
} // namespace cw::kernel
