#include "operand.hpp"

namespace cw::test {
namespace {

/// What stands in front of the opcode.
struct Prefixes {
    bool wide = false;        ///< REX.W.
    bool operand = false;     ///< 66.
    std::uint8_t repeat = 0;  ///< F2 or F3.
    std::uint32_t vector = 0; ///< Bytes of a vector by VEX or EVEX; 0: neither.
    std::uint8_t map = 0;     ///< 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A.

    [[nodiscard]] std::uint32_t general() const noexcept { return wide ? 8 : operand ? 2 : 4; }
    [[nodiscard]] std::uint32_t whole() const noexcept { return vector != 0 ? vector : 16; }
    /// Of a scalar or packed floating-point operation.
    [[nodiscard]] std::uint32_t floating() const noexcept {
        return repeat == 0xf3 ? 4 : repeat == 0xf2 ? 8 : whole();
    }
    void set_repeat(std::uint8_t pp) noexcept {
        operand = pp == 1;
        repeat = pp == 2 ? 0xf3 : pp == 3 ? 0xf2 : 0;
    }
};

const std::uint8_t* after_prefixes(const std::uint8_t* code, Prefixes& found) noexcept {
    for (;; ++code) {
        switch (*code) {
        case 0x66:
            found.operand = true;
            continue;
        case 0xf2:
        case 0xf3:
            found.repeat = *code;
            continue;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0x67:
        case 0xf0:
            continue;
        default:
            break;
        }
        break;
    }
    if ((*code & 0xf0) == 0x40)
        found.wide = (*code++ & 8) != 0;
    switch (*code) {
    case 0x0f:
        found.map = code[1] == 0x38 ? 2 : code[1] == 0x3a ? 3 : 1;
        return code + (found.map == 1 ? 1 : 2);
    case 0xc5: // VEX of two bytes
        found.map = 1;
        found.vector = (code[1] & 4) != 0 ? 32 : 16;
        found.set_repeat(code[1] & 3);
        return code + 2;
    case 0xc4:
        found.map = code[1] & 0x1f;
        found.wide = (code[2] & 0x80) != 0;
        found.vector = (code[2] & 4) != 0 ? 32 : 16;
        found.set_repeat(code[2] & 3);
        return code + 3;
    case 0x62: // EVEX
        found.map = code[1] & 7;
        found.wide = (code[2] & 0x80) != 0;
        found.vector = 16u << (code[3] >> 5 & 3);
        found.set_repeat(code[2] & 3);
        if ((code[3] & 0x10) != 0) // one element for all
            found.vector = found.wide ? 8 : 4;
        return code + 4;
    default:
        return code;
    }
}

/// The register field of ModRM, which chooses among the operations of a group.
unsigned group(const std::uint8_t* opcode) noexcept {
    return opcode[1] >> 3 & 7;
}

Operand of_one_byte(const std::uint8_t* opcode, const Prefixes& prefixes) noexcept {
    const std::uint32_t general = prefixes.general();
    const std::uint8_t op = *opcode;
    if (op < 0x40 && (op & 7) < 4) // add, or, adc, sbb, and, sub, xor, cmp
        return {(op & 1) != 0 ? general : 1, true};
    switch (op) {
    case 0x63: // movsxd
        return {4, true};
    case 0x69: // imul
    case 0x6b:
    case 0x81: // the first eight, of a constant
    case 0x83:
    case 0x85: // test
    case 0x87: // xchg
    case 0x8b: // mov
    case 0xa5: // movs, of which the first operand is loaded
    case 0xa7: // cmps
    case 0xad: // lods
    case 0xaf: // scas
    case 0xc1: // shifts
    case 0xd1:
    case 0xd3:
        return {general, true};
    case 0x80:
    case 0x84:
    case 0x86:
    case 0x8a:
    case 0xa4:
    case 0xa6:
    case 0xac:
    case 0xae:
    case 0xc0:
    case 0xd0:
    case 0xd2:
    case 0xf6: // test, not, neg, mul, div
    case 0xfe: // inc, dec
        return {1, true};
    case 0xf7:
        return {general, true};
    case 0xff: // inc, dec; call, jmp, push
        return {group(opcode) < 2 ? general : 8, true};
    case 0x88:
    case 0xaa:
    case 0xc6:
        return {1, false};
    case 0x89:
    case 0xab:
    case 0xc7:
        return {general, false};
    default:
        return {0, true};
    }
}

Operand of_two_bytes(const std::uint8_t* opcode, const Prefixes& prefixes) noexcept {
    const std::uint32_t general = prefixes.general();
    const bool packed = prefixes.operand || prefixes.vector != 0;
    const std::uint8_t op = *opcode;
    if (op >= 0x40 && op < 0x50) // cmov
        return {general, true};
    if (op >= 0x51 && op < 0x60)
        return {prefixes.floating(), true};
    switch (op) {
    case 0x10: // movups and its kin
        return {prefixes.floating(), true};
    case 0x11:
        return {prefixes.floating(), false};
    case 0x12: // movlps, movhps
    case 0x16:
        return {prefixes.repeat == 0xf3 ? prefixes.whole() : 8, true};
    case 0x13:
    case 0x17:
    case 0xd6: // movq
        return {8, false};
    case 0x28: // movaps
    case 0x6f: // movdqa, movdqu
        return {packed || prefixes.repeat != 0 || op == 0x28 ? prefixes.whole() : 8, true};
    case 0x29:
    case 0x7f:
    case 0xe7: // movntdq
    case 0x2b:
        return {packed || prefixes.repeat != 0 || op != 0x7f ? prefixes.whole() : 8, false};
    case 0x2a: // cvtsi2sd
        return {general, true};
    case 0x2e: // ucomisd
    case 0x2f:
        return {prefixes.operand ? 8u : 4u, true};
    case 0x6e: // movd, movq
        return {prefixes.wide ? 8u : 4u, true};
    case 0x7e:
        if (prefixes.repeat == 0xf3)
            return {8, true};
        return {prefixes.wide ? 8u : 4u, false};
    case 0xa3: // bt, bts, btr, btc: with a constant, so that they stay in their word
    case 0xba:
        return {general, true};
    case 0xb0: // cmpxchg
    case 0xc0: // xadd
    case 0xb6: // movzx
    case 0xbe: // movsx
        return {1, true};
    case 0xb7:
    case 0xbf:
    case 0xc4: // pinsrw
        return {2, true};
    case 0xaf: // imul
    case 0xb1:
    case 0xb8: // popcnt
    case 0xbc: // bsf, tzcnt
    case 0xbd:
    case 0xc1:
        return {general, true};
    case 0xc3: // movnti
        return {general, false};
    case 0xc2: // cmpsd
        return {prefixes.floating(), true};
    case 0x70: // pshufd
    case 0xc6: // shufps
        return {prefixes.whole(), true};
    default:
        break;
    }
    if ((op >= 0x60 && op < 0x6e) || (op >= 0x74 && op < 0x77) || op >= 0xd0)
        return {packed ? prefixes.whole() : 8, true};
    return {0, true};
}

} // namespace

Operand memory_operand(const std::uint8_t* code) noexcept {
    Prefixes prefixes;
    const std::uint8_t* const opcode = after_prefixes(code, prefixes);
    switch (prefixes.map) {
    case 0:
        return of_one_byte(opcode, prefixes);
    case 1:
        return of_two_bytes(opcode, prefixes);
    default:
        return {0, true};
    }
}

} // namespace cw::test
