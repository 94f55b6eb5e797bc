// The service of a test module: how whoever runs tests gets at them, in whatever placement.
#pragma once
#include <cw/core/future.hpp>

namespace cw::test {

struct Count {
    std::uint64_t tests;
};
struct Index {
    std::uint64_t index; ///< 0..Count::tests - 1, in the order of the source.
};
struct Outcome {
    std::uint64_t passed; ///< 1, or 0: failure() says why.
};
struct Name {
    std::uint64_t index;
    std::uint64_t offset;
};
struct Offset {
    std::uint64_t offset;
};
/// A part of a text. No buffers: a test of buffers must not need them.
struct Part {
    std::array<char, 40> text;
    std::uint64_t bytes; ///< 0 at the end.
};

CW_METHOD(test, count, Nothing, Count, 1, 0);
/// The name of a test from `offset` on. Errors: out_of_range.
CW_METHOD(test, name, Name, Part, 1, 0);
/// Runs a test and answers when it has ended. Errors: out_of_range, busy (one runs already).
CW_METHOD(test, run, Index, Outcome, 1, 0);
/// What the last test failed with, from `offset` on: "file:line: expression".
CW_METHOD(test, failure, Offset, Part, 1, 0);

} // namespace cw::test
