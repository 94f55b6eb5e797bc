#include <cw/loader/call_convention.hpp>
#include <cw/loader/unwind.hpp>

#include "frame_reader.hpp"

namespace cw::loader {

namespace {

constexpr std::uint8_t kPcRelative4 = 0x1b; ///< DW_EH_PE_pcrel | DW_EH_PE_sdata4.
constexpr std::size_t kRememberedRows = 4;

/// Where a function's registers are, at one place in it: the canonical frame address (the stack
/// pointer of its caller) as a register and a distance, and who of the others lies in memory.
struct Row {
    static constexpr std::int32_t kSame = INT32_MIN; ///< Still in the register.
    static constexpr std::uint32_t kUnsaid = UINT32_MAX;

    std::int64_t cfa_offset = 0;
    std::uint32_t cfa_register = kUnsaid;
    std::int32_t saved[32]; ///< Distance from the frame address, or kSame.

    Row() noexcept {
        for (std::int32_t& place : saved)
            place = kSame;
    }
};

/// An entry for one function: its own instructions, behind those that its common entry has for all.
struct Entry {
    std::span<const std::byte> common_instructions;
    std::span<const std::byte> instructions;
    std::uint64_t begin = 0; ///< Address of the function.
    std::uint64_t code_unit = 1;
    std::int64_t data_unit = 1;
};

/// Reads the common entry at `offset` of the table.
Status read_common(std::span<const std::byte> table,
                   std::uint64_t offset,
                   std::uint8_t return_address,
                   Entry& entry) noexcept {
    if (offset > table.size()) // also if it would lie in front of it
        return Status::malformed;
    FrameReader outer{table.subspan(offset)};
    const auto length = outer.number<std::uint32_t>();
    FrameReader reader{outer.take(length)};
    if (reader.number<std::uint32_t>() != 0) // an entry for a function is no common one
        return Status::malformed;
    if (reader.number<std::uint8_t>() != 1 || reader.number<std::uint8_t>() != 'z' ||
        reader.number<std::uint8_t>() != 'R' || reader.number<std::uint8_t>() != 0)
        return outer.good() && reader.good() ? Status::unsupported : Status::malformed;
    entry.code_unit = reader.uleb();
    entry.data_unit = reader.sleb();
    if (reader.number<std::uint8_t>() != return_address)
        return Status::unsupported;
    const auto augmentation = reader.take(reader.uleb());
    if (augmentation.size() != 1 || augmentation[0] != std::byte{kPcRelative4})
        return Status::unsupported;
    entry.common_instructions = reader.rest();
    return outer.good() && reader.good() ? Status::ok : Status::malformed;
}

/// Finds the entry of the function that holds `pc`.
Status find_entry(const FrameTable& table,
                  std::uint64_t pc,
                  std::uint8_t return_address,
                  Entry& entry) noexcept {
    FrameReader outer{table.bytes};
    while (!outer.at_end()) {
        const auto length = outer.number<std::uint32_t>();
        if (length == 0)
            break; // the end mark
        const std::size_t start = outer.offset();
        FrameReader reader{outer.take(length)};
        const auto distance = reader.number<std::uint32_t>(); // back to the common entry
        if (!outer.good() || !reader.good())
            return Status::malformed;
        if (distance == 0)
            continue; // a common entry
        const auto begin =
            static_cast<std::uint64_t>(static_cast<std::int64_t>(reader.number<std::int32_t>()));
        const auto bytes = reader.number<std::uint32_t>();
        if (!reader.good())
            return Status::malformed;
        entry.begin = table.address + start + sizeof(distance) + begin;
        if (pc - entry.begin >= bytes)
            continue;
        static_cast<void>(reader.take(reader.uleb()));
        entry.instructions = reader.rest();
        if (!reader.good())
            return Status::malformed;
        return read_common(table.bytes, start - distance, return_address, entry);
    }
    return Status::not_found;
}

/// Carries out call frame instructions up to a place in the function.
class RowMachine {
public:
    RowMachine(const CallConvention& calls, const Entry& entry, std::uint64_t pc) noexcept :
        entry_{entry},
        bases_{calls.integers},
        columns_{calls.integers | RegisterSet{1} << calls.return_address},
        left_{pc - entry.begin} {}

    [[nodiscard]] Status run(std::span<const std::byte> instructions) noexcept {
        FrameReader reader{instructions};
        while (!reader.at_end() && !arrived_) {
            const auto code = reader.number<std::uint8_t>();
            if (const Status status = step(reader, code); status != Status::ok)
                return status;
            if (!reader.good())
                return Status::malformed;
        }
        return Status::ok;
    }
    /// What a restore instruction goes back to. Requires: the common instructions have run.
    void end_common() noexcept { initial_ = row_; }
    [[nodiscard]] const Row& row() const noexcept { return row_; }

private:
    [[nodiscard]] Status step(FrameReader& reader, std::uint8_t code) noexcept {
        const std::uint8_t low = code & 0x3f;
        switch (code >> 6) {
        case 1: // advance_loc
            return advance(low);
        case 2: // offset
            return save(low, reader.uleb());
        case 3: // restore
            return restore(low);
        default:
            break;
        }
        switch (low) {
        case 0x00: // nop
            return Status::ok;
        case 0x02: // advance_loc1
            return advance(reader.number<std::uint8_t>());
        case 0x03: // advance_loc2
            return advance(reader.number<std::uint16_t>());
        case 0x04: // advance_loc4
            return advance(reader.number<std::uint32_t>());
        case 0x05: { // offset_extended
            const std::uint64_t column = reader.uleb();
            return save(column, reader.uleb());
        }
        case 0x06: // restore_extended
            return restore(reader.uleb());
        case 0x08: // same_value
            return set(reader.uleb(), Row::kSame);
        case 0x0a: // remember_state
            if (remembered_count_ == kRememberedRows)
                return Status::unsupported;
            remembered_[remembered_count_++] = row_;
            return Status::ok;
        case 0x0b: // restore_state
            if (remembered_count_ == 0)
                return Status::malformed;
            row_ = remembered_[--remembered_count_];
            return Status::ok;
        case 0x0c: { // def_cfa
            const std::uint64_t column = reader.uleb();
            return define(column, reader.uleb());
        }
        case 0x0d: // def_cfa_register
            return define(reader.uleb(), static_cast<std::uint64_t>(row_.cfa_offset));
        case 0x0e: // def_cfa_offset
            return define(row_.cfa_register, reader.uleb());
        default:
            return Status::unsupported;
        }
    }

    [[nodiscard]] Status advance(std::uint64_t units) noexcept {
        const std::uint64_t bytes = units * entry_.code_unit; // units has 32 bits
        if (entry_.code_unit > 16)
            return Status::unsupported;
        if (bytes > left_)
            arrived_ = true; // the row in hand is the one for the place
        else
            left_ -= bytes;
        return Status::ok;
    }
    [[nodiscard]] Status set(std::uint64_t column, std::int32_t place) noexcept {
        if (!contains(columns_, column))
            return Status::unsupported;
        row_.saved[column] = place;
        return Status::ok;
    }
    [[nodiscard]] Status save(std::uint64_t column, std::uint64_t units) noexcept {
        if (units > 1u << 20 || entry_.data_unit < -16 || entry_.data_unit > 16)
            return Status::unsupported;
        return set(column,
                   static_cast<std::int32_t>(static_cast<std::int64_t>(units) * entry_.data_unit));
    }
    [[nodiscard]] Status restore(std::uint64_t column) noexcept {
        return contains(columns_, column) ? set(column, initial_.saved[column])
                                          : Status::unsupported;
    }
    [[nodiscard]] Status define(std::uint64_t column, std::uint64_t offset) noexcept {
        if (!contains(bases_, column))
            return Status::unsupported;
        row_.cfa_register = static_cast<std::uint32_t>(column);
        row_.cfa_offset = static_cast<std::int64_t>(offset);
        return Status::ok;
    }

    const Entry& entry_;
    RegisterSet bases_;   ///< What a frame address can be counted from.
    RegisterSet columns_; ///< What can be saved.
    std::uint64_t left_;  ///< Bytes of code from the row in hand to the place.
    bool arrived_ = false;
    Row row_;
    Row initial_;
    Row remembered_[kRememberedRows];
    std::size_t remembered_count_ = 0;
};

} // namespace

Result<FrameRegisters> caller_frame(const FrameTable& table,
                                    const FrameRegisters& registers,
                                    PcKind kind,
                                    const StackReader& stack) noexcept {
    const CallConvention* const calls = call_convention(table.machine);
    if (calls == nullptr)
        return refuse(Status::unsupported);
    const std::uint64_t pc = registers.pc - (kind == PcKind::return_address ? 1 : 0);
    Entry entry;
    CW_CHECK_OK(find_entry(table, pc, calls->return_address, entry));
    RowMachine machine{*calls, entry, pc};
    CW_CHECK_OK(machine.run(entry.common_instructions));
    machine.end_common();
    CW_CHECK_OK(machine.run(entry.instructions));
    const Row& row = machine.row();
    if (row.cfa_register == Row::kUnsaid)
        return refuse(Status::malformed);
    const std::uint64_t sp = registers.r[calls->stack_pointer];
    const std::uint64_t frame =
        registers.r[row.cfa_register] + static_cast<std::uint64_t>(row.cfa_offset);
    // The caller's stack lies above, 16-byte aligned as the psABIs have it.
    if (frame < sp || frame - sp < calls->pushed_bytes || frame % 16 != 0)
        return refuse(Status::malformed);
    // What the call itself has pushed is the topmost word of the frame, here and in every function.
    const bool pushed = calls->pushed_bytes != 0;
    if (pushed && row.saved[calls->return_address] != -std::int32_t{calls->pushed_bytes})
        return refuse(Status::unsupported);
    FrameRegisters caller = registers;
    for (std::size_t i = 0; i < 32; ++i) {
        if (row.saved[i] == Row::kSame)
            continue;
        const std::uint64_t place =
            frame + static_cast<std::uint64_t>(static_cast<std::int64_t>(row.saved[i]));
        // Of an epilogue's pops clang tells what they do to the stack pointer only. A register
        // whose place is out of the stack by now has been popped, and has the caller's value;
        // the place need not have it any more.
        if (pushed && place - sp >= frame - sp)
            continue;
        if (!stack.read(stack.context, place, caller.r[i]))
            return refuse(Status::out_of_range);
    }
    caller.r[calls->stack_pointer] = frame;
    caller.pc = caller.r[calls->return_address];
    return caller;
}

Result<std::uint64_t>
function_begin(const FrameTable& table, std::uint64_t pc, PcKind kind) noexcept {
    const CallConvention* const calls = call_convention(table.machine);
    if (calls == nullptr)
        return refuse(Status::unsupported);
    Entry entry;
    CW_CHECK_OK(find_entry(
        table, pc - (kind == PcKind::return_address ? 1 : 0), calls->return_address, entry));
    return entry.begin;
}

Result<FrameRegisters> caller_at_entry(std::uint16_t machine,
                                       const FrameRegisters& registers,
                                       const StackReader& stack) noexcept {
    const CallConvention* const calls = call_convention(machine);
    if (calls == nullptr)
        return refuse(Status::unsupported);
    FrameRegisters caller = registers;
    std::uint64_t& sp = caller.r[calls->stack_pointer];
    if (calls->pushed_bytes != 0 && !stack.read(stack.context, sp, caller.r[calls->return_address]))
        return refuse(Status::out_of_range);
    sp += calls->pushed_bytes;
    caller.pc = caller.r[calls->return_address];
    return caller;
}

} // namespace cw::loader
