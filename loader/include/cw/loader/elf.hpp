// The parts of the ELF-64 object format that a module file uses. Nothing else of ELF exists for
// this loader. Source: System V gABI 4.1, chapters 4 and 5, with the ELF-64 layouts; RISC-V
// psABI 1.0, "File Header" and "Relocations"; AMD64 psABI 1.0, table 4.9; LSB 5.0, "Program Header"
// and "Dynamic Section", for the GNU extensions.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cw::loader::elf {

struct FileHeader {
    std::uint8_t ident[16];
    std::uint16_t type;
    std::uint16_t machine;
    std::uint32_t version;
    std::uint64_t entry;
    std::uint64_t program_header_offset;
    std::uint64_t section_header_offset;
    std::uint32_t flags;
    std::uint16_t header_bytes;
    std::uint16_t program_header_bytes;
    std::uint16_t program_header_count;
    std::uint16_t section_header_bytes;
    std::uint16_t section_header_count;
    std::uint16_t section_name_index;
};
static_assert(sizeof(FileHeader) == 64 && offsetof(FileHeader, flags) == 48);

struct ProgramHeader {
    std::uint32_t type;
    std::uint32_t flags;
    std::uint64_t offset;
    std::uint64_t address;
    std::uint64_t physical_address;
    std::uint64_t file_bytes;
    std::uint64_t memory_bytes;
    std::uint64_t alignment;
};
static_assert(sizeof(ProgramHeader) == 56 && offsetof(ProgramHeader, file_bytes) == 32);

struct Dynamic {
    std::uint64_t tag;
    std::uint64_t value;
};
static_assert(sizeof(Dynamic) == 16);

struct Symbol {
    std::uint32_t name; ///< Offset in the string table.
    std::uint8_t info;
    std::uint8_t other;
    std::uint16_t section; ///< kUndefinedSection for an import.
    std::uint64_t value;
    std::uint64_t size;
};
static_assert(sizeof(Symbol) == 24);

struct Rela {
    std::uint64_t place;
    std::uint64_t info; ///< Symbol index in the upper half, type in the lower.
    std::uint64_t addend;
};
static_assert(sizeof(Rela) == 24);

inline constexpr std::uint8_t kMagic[4] = {0x7f, 'E', 'L', 'F'};
inline constexpr std::size_t kIdentClass = 4;
inline constexpr std::size_t kIdentData = 5;
inline constexpr std::size_t kIdentVersion = 6;
inline constexpr std::size_t kIdentOsAbi = 7;
inline constexpr std::size_t kIdentAbiVersion = 8;
inline constexpr std::uint8_t kClass64 = 2;
inline constexpr std::uint8_t kLittleEndian = 1;
inline constexpr std::uint32_t kVersionCurrent = 1;
inline constexpr std::uint16_t kTypeDynamic = 3;
inline constexpr std::uint16_t kMachineX86_64 = 62;
inline constexpr std::uint16_t kMachineRiscv = 243;

/// File header flags of RISC-V.
inline constexpr std::uint32_t kRiscvCompressed = 0x1;
inline constexpr std::uint32_t kRiscvFloatAbiMask = 0x6;
inline constexpr std::uint32_t kRiscvFloatAbiSoft = 0x0;
inline constexpr std::uint32_t kRiscvFloatAbiDouble = 0x4;

inline constexpr std::uint32_t kPtNull = 0;
inline constexpr std::uint32_t kPtLoad = 1;
inline constexpr std::uint32_t kPtDynamic = 2;
inline constexpr std::uint32_t kPtInterp = 3;
inline constexpr std::uint32_t kPtNote = 4;
inline constexpr std::uint32_t kPtPhdr = 6;
inline constexpr std::uint32_t kPtTls = 7;
inline constexpr std::uint32_t kPtGnuEhFrame = 0x6474'e550;
inline constexpr std::uint32_t kPtGnuStack = 0x6474'e551;
inline constexpr std::uint32_t kPtGnuRelro = 0x6474'e552;
inline constexpr std::uint32_t kPtGnuProperty = 0x6474'e553;
inline constexpr std::uint32_t kPtRiscvAttributes = 0x7000'0003;

inline constexpr std::uint32_t kExecutable = 1;
inline constexpr std::uint32_t kWritable = 2;
inline constexpr std::uint32_t kReadable = 4;

inline constexpr std::uint64_t kDtNull = 0;
inline constexpr std::uint64_t kDtNeeded = 1;
inline constexpr std::uint64_t kDtPltRelSz = 2;
inline constexpr std::uint64_t kDtPltGot = 3;
inline constexpr std::uint64_t kDtHash = 4;
inline constexpr std::uint64_t kDtStrTab = 5;
inline constexpr std::uint64_t kDtSymTab = 6;
inline constexpr std::uint64_t kDtRela = 7;
inline constexpr std::uint64_t kDtRelaSz = 8;
inline constexpr std::uint64_t kDtRelaEnt = 9;
inline constexpr std::uint64_t kDtStrSz = 10;
inline constexpr std::uint64_t kDtSymEnt = 11;
inline constexpr std::uint64_t kDtInit = 12;
inline constexpr std::uint64_t kDtFini = 13;
inline constexpr std::uint64_t kDtSoName = 14;
inline constexpr std::uint64_t kDtSymbolic = 16;
inline constexpr std::uint64_t kDtRel = 17;
inline constexpr std::uint64_t kDtPltRel = 20;
inline constexpr std::uint64_t kDtDebug = 21;
inline constexpr std::uint64_t kDtTextRel = 22;
inline constexpr std::uint64_t kDtJmpRel = 23;
inline constexpr std::uint64_t kDtBindNow = 24;
inline constexpr std::uint64_t kDtInitArray = 25;
inline constexpr std::uint64_t kDtFiniArray = 26;
inline constexpr std::uint64_t kDtInitArraySz = 27;
inline constexpr std::uint64_t kDtFiniArraySz = 28;
inline constexpr std::uint64_t kDtFlags = 30;
inline constexpr std::uint64_t kDtPreinitArray = 32;
inline constexpr std::uint64_t kDtRelr = 36;
inline constexpr std::uint64_t kDtGnuHash = 0x6fff'fef5;
inline constexpr std::uint64_t kDtRelaCount = 0x6fff'fff9;
inline constexpr std::uint64_t kDtFlags1 = 0x6fff'fffb;

/// Bits of DT_FLAGS and DT_FLAGS_1.
inline constexpr std::uint64_t kDfSymbolic = 0x2;
inline constexpr std::uint64_t kDfTextRel = 0x4;
inline constexpr std::uint64_t kDfBindNow = 0x8;
inline constexpr std::uint64_t kDfStaticTls = 0x10;
inline constexpr std::uint64_t kDf1Now = 0x1;

inline constexpr std::uint16_t kUndefinedSection = 0;

} // namespace cw::loader::elf
