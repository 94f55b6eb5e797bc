// A second client of file, for tests: it shows others its handle.
#pragma once
#include <cw/modules/file.hpp>

namespace handle_lender {
/// Opens data/poem.txt and says under which handle.
CW_METHOD(handle_lender, handle, cw::Nothing, file::Handle, 1, 0);
/// Reads the first byte of it: with its own handle.
CW_METHOD(handle_lender, first, file::Handle, file::Bytes, 1, 0);
/// Begins 16 reads of data/pipe, which do not end; and gives them up.
CW_METHOD(handle_lender, hold, cw::Nothing, cw::Nothing, 1, 0);
CW_METHOD(handle_lender, let_go, cw::Nothing, cw::Nothing, 1, 0);
} // namespace handle_lender
