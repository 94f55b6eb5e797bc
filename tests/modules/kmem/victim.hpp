// A module that has the nucleus allocate whatever modules may, for tests that let it fail.
#pragma once
#include <cw/core/future.hpp>
#include <cw/core/variables/declare.hpp>

namespace victim {

struct Word {
    std::uint64_t value;
};
struct Text {
    cw::BufferRef text;
};
struct Wanted {
    std::uint64_t own_domain; ///< 1: the victim is alone in its domain.
};
inline constexpr std::uint64_t kLabObjects = 100; ///< Of 600 bytes.
/// How each of its requests ended: a Status.
struct Outcomes {
    std::uint64_t area;
    std::uint64_t heap;
    std::uint64_t variable; ///< And of control cells that it makes and opens.
    std::uint64_t echo;     ///< A call of a module in a process.
    std::uint64_t lab;      ///< Of kmem_lab, where it leaves kLabObjects.
    std::uint64_t fail; ///< To let a site fail that there is not; and if that is refused, by cell.
};

/// One more.
CW_METHOD(victim, next, Word, Word, 1, 0);
/// Takes heap; calls echo; and with `own_domain` takes a buffer area, which its domain keeps,
/// declares a variable, and has the nucleus allocate.
CW_METHOD(victim, work, Wanted, Outcomes, 1, 0);
/// Counts the bytes of a text.
CW_METHOD(victim, count, Text, Word, 1, 0);
/// Breaks the rules of the machine.
CW_METHOD(victim, die, cw::Nothing, cw::Nothing, 1, 0);

CW_VARIABLE(victim, calls, Word);

} // namespace victim
