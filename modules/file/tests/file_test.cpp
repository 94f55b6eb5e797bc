// Tests of the service file, from one source in every placement. Their directories are those of
// linux_file.toml.
#include "handle_lender.hpp"
#include "support.hpp"

CW_MODULE(file_test, {.version = {1, 0}});
CW_REQUIRE(file::open);
CW_REQUIRE(file::read);
CW_REQUIRE(file::write);
CW_REQUIRE(file::sync);
CW_REQUIRE(file::stat);
CW_REQUIRE(file::properties);
CW_REQUIRE(file::list);
CW_REQUIRE(file::close);
CW_REQUIRE(file::statistics);
CW_REQUIRE(handle_lender::handle);
CW_REQUIRE(handle_lender::first);
CW_REQUIRE(handle_lender::hold);
CW_REQUIRE(handle_lender::let_go);
CW_REQUIRE(cw::memory::area);

using namespace file_tests;
using cw::Status;

CW_TEST(a_file_is_read) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/poem.txt"), file::kRead}));
    CW_EXPECT_EQUAL(opened.size, 14);
    CW_EXPECT(opened.kind == static_cast<std::uint64_t>(file::Kind::regular));
    CW_EXPECT_VALUE(read, co_await file::read({opened.handle, 0, room(100)}));
    CW_EXPECT(text_of(read) == "one\ntwo\nthree\n");
    CW_EXPECT_VALUE(part, co_await file::read({opened.handle, 4, room(3)}));
    CW_EXPECT(text_of(part) == "two");
    CW_EXPECT_VALUE(end, co_await file::read({opened.handle, 14, room(100)}));
    CW_EXPECT_EQUAL(end.bytes, 0);
    CW_EXPECT_VALUE(nothing, co_await file::read({opened.handle, 0, room(0)}));
    CW_EXPECT_EQUAL(nothing.bytes, 0);
    const auto beyond = co_await file::read({opened.handle, ~std::uint64_t{0}, room(1)});
    CW_EXPECT_EQUAL(error_of(beyond), Status::out_of_range);
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
}

CW_TEST(what_is_written_is_read_and_synced) {
    CW_EXPECT((co_await prepare()).has_value());
    constexpr std::uint64_t kFlags = file::kRead | file::kWrite | file::kCreate | file::kTruncate;
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/new.txt"), kFlags}));
    CW_EXPECT_EQUAL(opened.size, 0);
    CW_EXPECT_VALUE(written, co_await file::write({opened.handle, 3, words("hello")}));
    CW_EXPECT_EQUAL(written.bytes, 5);
    CW_EXPECT((co_await file::sync({opened.handle, 0})).has_value());
    CW_EXPECT((co_await file::sync({opened.handle, 1})).has_value());
    CW_EXPECT_VALUE(read, co_await file::read({opened.handle, 0, room(100)}));
    CW_EXPECT(text_of(read) == std::string_view("\0\0\0hello", 8));
    CW_EXPECT_VALUE(now, co_await file::properties({opened.handle}));
    CW_EXPECT_EQUAL(now.size, 8);
    CW_EXPECT_EQUAL(now.writable, 1);
    CW_EXPECT(now.modified_ns > 1'600'000'000'000'000'000);
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
}

CW_TEST(appended_is_at_the_end) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(first,
                    co_await file::open(
                        {path("data/log.txt"), file::kWrite | file::kCreate | file::kTruncate}));
    CW_EXPECT((co_await file::write({first.handle, 0, words("a line\n")})).has_value());
    CW_EXPECT((co_await file::close({first.handle})).has_value());
    CW_EXPECT_VALUE(opened,
                    co_await file::open({path("data/log.txt"), file::kRead | file::kAppend}));
    CW_EXPECT((co_await file::write({opened.handle, 0, words("another\n")})).has_value());
    CW_EXPECT_VALUE(read, co_await file::read({opened.handle, 0, room(100)}));
    CW_EXPECT(text_of(read) == "a line\nanother\n");
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
}

CW_TEST(opening_says_what_is_wrong) {
    CW_EXPECT((co_await prepare()).has_value());
    const auto open_as = [](std::string_view name, std::uint64_t flags) noexcept {
        return file::open({path(name), flags});
    };
    const auto missing = co_await open_as("data/nowhere.txt", file::kRead);
    CW_EXPECT_EQUAL(error_of(missing), Status::not_found);
    const auto no_grant = co_await open_as("other/poem.txt", file::kRead);
    CW_EXPECT_EQUAL(error_of(no_grant), Status::not_found);
    const auto below_file = co_await open_as("data/poem.txt/x", file::kRead);
    CW_EXPECT_EQUAL(error_of(below_file), Status::not_found);
    const auto folder = co_await open_as("data/folder", file::kRead);
    CW_EXPECT_EQUAL(error_of(folder), Status::invalid_argument);
    const auto grant = co_await open_as("data", file::kRead);
    CW_EXPECT_EQUAL(error_of(grant), Status::invalid_argument);
    const auto exists =
        co_await open_as("data/poem.txt", file::kWrite | file::kCreate | file::kExclusive);
    CW_EXPECT_EQUAL(error_of(exists), Status::already_exists);
    for (const std::uint64_t flags : {std::uint64_t{0},
                                      std::uint64_t{file::kCreate},
                                      std::uint64_t{file::kRead | file::kTruncate},
                                      std::uint64_t{file::kRead | file::kExclusive},
                                      std::uint64_t{64 | file::kRead},
                                      std::uint64_t{1} << 32 | file::kRead}) {
        const auto wrong = co_await open_as("data/poem.txt", flags);
        CW_EXPECT_EQUAL(error_of(wrong), Status::invalid_argument);
    }
    for (const std::string_view name : {std::string_view{},
                                        std::string_view{"data//poem.txt"},
                                        std::string_view{"data/./poem.txt"},
                                        std::string_view{"data/poem.txt\0x", 15}}) {
        const auto wrong = co_await open_as(name, file::kRead);
        CW_EXPECT_EQUAL(error_of(wrong), Status::invalid_argument);
    }
    std::fill_n(area.text(), 2000, 'x');
    const auto too_long = co_await file::open({area.ref(0, 2000), file::kRead});
    CW_EXPECT_EQUAL(error_of(too_long), Status::invalid_argument);
}

CW_TEST(nothing_leads_out_of_a_grant) {
    CW_EXPECT((co_await prepare()).has_value());
    for (const std::string_view name : {"data/../outside.txt",
                                        "data/folder/../../outside.txt",
                                        "/etc/passwd",
                                        "../outside.txt",
                                        "data/out",            // a link to ../outside.txt
                                        "data/absolute",       // a link to /etc/passwd
                                        "data/up/outside.txt", // a link to ..
                                        "data/proc"}) {        // a link to /proc/self/exe
        const auto opened = co_await file::open({path(name), file::kRead});
        CW_EXPECT_EQUAL(error_of(opened), Status::not_permitted);
        const auto made = co_await file::open({path(name), file::kWrite | file::kCreate});
        CW_EXPECT_EQUAL(error_of(made), Status::not_permitted);
        const auto seen = co_await file::stat({path(name)});
        CW_EXPECT_EQUAL(error_of(seen), Status::not_permitted);
        const auto listed = co_await file::list({path(name), 0, room(1000)});
        CW_EXPECT_EQUAL(error_of(listed), Status::not_permitted);
    }
    // A link that stays below is followed.
    CW_EXPECT_VALUE(inside, co_await file::open({path("data/in"), file::kRead}));
    CW_EXPECT_EQUAL(inside.size, 14);
    CW_EXPECT((co_await file::close({inside.handle})).has_value());
}

CW_TEST(what_was_granted_for_reading_is_not_written) {
    CW_EXPECT((co_await prepare()).has_value());
    for (const std::uint64_t flags : {std::uint64_t{file::kWrite},
                                      std::uint64_t{file::kAppend},
                                      std::uint64_t{file::kRead | file::kWrite},
                                      std::uint64_t{file::kRead | file::kCreate},
                                      std::uint64_t{file::kWrite | file::kTruncate}}) {
        const auto opened = co_await file::open({path("fixed/text.txt"), flags});
        CW_EXPECT_EQUAL(error_of(opened), Status::not_permitted);
    }
    CW_EXPECT_VALUE(opened, co_await file::open({path("fixed/text.txt"), file::kRead}));
    const auto written = co_await file::write({opened.handle, 0, words("x")});
    CW_EXPECT_EQUAL(error_of(written), Status::not_permitted);
    CW_EXPECT_VALUE(seen, co_await file::stat({path("fixed/text.txt")}));
    CW_EXPECT_EQUAL(seen.writable, 0);
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
    // And the other way round: what was opened for writing is not read.
    CW_EXPECT_VALUE(sink,
                    co_await file::open({path("data/sink.txt"), file::kWrite | file::kCreate}));
    const auto read = co_await file::read({sink.handle, 0, room(1)});
    CW_EXPECT_EQUAL(error_of(read), Status::not_permitted);
    CW_EXPECT((co_await file::close({sink.handle})).has_value());
}

CW_TEST(a_listing_has_everything_once) {
    CW_EXPECT((co_await prepare()).has_value());
    // One entry at a time, so that each call goes on where the last one ended.
    std::uint64_t cursor = 0;
    std::uint64_t found = 0;
    for (;;) {
        CW_EXPECT_VALUE(listed, co_await file::list({path("data/folder"), cursor, room(24)}));
        if (listed.bytes == 0)
            break;
        CW_EXPECT_EQUAL(listed.bytes, 16);
        const auto& entry = *reinterpret_cast<const file::Entry*>(room(24).address);
        CW_EXPECT(entry.kind == file::Kind::regular && entry.name_bytes == 1);
        const char name = *reinterpret_cast<const char*>(room(24).address + sizeof(entry));
        CW_EXPECT(name >= 'a' && name <= 'e');
        found += std::uint64_t{1} << 8 * (name - 'a');
        cursor = listed.cursor;
    }
    CW_EXPECT_EQUAL(found, 0x01'0101'0101);
    const auto no_room = co_await file::list({path("data/folder"), 0, room(8)});
    CW_EXPECT_EQUAL(error_of(no_room), Status::invalid_argument);
    const auto no_folder = co_await file::list({path("data/poem.txt"), 0, room(100)});
    CW_EXPECT_EQUAL(error_of(no_folder), Status::invalid_argument);
    // An empty path: what was granted.
    CW_EXPECT_VALUE(grants, co_await file::list({path(""), 0, room(1000)}));
    CW_EXPECT_EQUAL(grants.bytes, 32);
    CW_EXPECT(std::string_view(reinterpret_cast<const char*>(room(1).address) + 8, 4) == "data");
}

CW_TEST(another_clients_handle_is_none) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(theirs, co_await handle_lender::handle());
    CW_EXPECT_EQUAL(error_of(co_await file::read({theirs.handle, 0, room(1)})), Status::not_found);
    CW_EXPECT_EQUAL(error_of(co_await file::write({theirs.handle, 0, words("x")})),
                    Status::not_found);
    CW_EXPECT_EQUAL(error_of(co_await file::sync({theirs.handle, 0})), Status::not_found);
    CW_EXPECT_EQUAL(error_of(co_await file::properties({theirs.handle})), Status::not_found);
    CW_EXPECT_EQUAL(error_of(co_await file::close({theirs.handle})), Status::not_found);
    CW_EXPECT_VALUE(read, co_await handle_lender::first(theirs)); // its own it is
    CW_EXPECT_EQUAL(read.bytes, 1);
}

CW_TEST(a_closed_handle_is_none) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/poem.txt"), file::kRead}));
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
    CW_EXPECT_EQUAL(error_of(co_await file::close({opened.handle})), Status::not_found);
    CW_EXPECT_VALUE(again, co_await file::open({path("data/poem.txt"), file::kRead}));
    CW_EXPECT_EQUAL(error_of(co_await file::read({opened.handle, 0, room(1)})), Status::not_found);
    CW_EXPECT((co_await file::close({again.handle})).has_value());
}

CW_TEST(handles_of_one_client_have_an_end) {
    CW_EXPECT((co_await prepare()).has_value());
    static std::array<std::uint64_t, 65> handles;
    std::size_t count = 0;
    Status status = Status::ok;
    while (status == Status::ok && count < handles.size()) {
        const auto opened = co_await file::open({path("data/poem.txt"), file::kRead});
        if (opened)
            handles[count++] = opened->handle;
        else
            status = opened.error();
    }
    for (std::size_t i = 0; i < count; ++i)
        CW_EXPECT((co_await file::close({handles[i]})).has_value());
    CW_EXPECT_EQUAL(status, Status::no_resource);
    CW_EXPECT_EQUAL(count, 64);
    // A close is answered at once; its slot may be taken a moment longer.
    for (int tries = 0; tries < 1000; ++tries) {
        const auto opened = co_await file::open({path("data/poem.txt"), file::kRead});
        if (opened) {
            CW_EXPECT((co_await file::close({opened->handle})).has_value());
            co_return;
        }
        static_cast<void>(co_await cw::sleep_ns(1'000'000));
    }
    CW_EXPECT(false && "handles that were closed can be had again");
}

CW_TEST(many_reads_are_under_way_at_once) {
    CW_EXPECT((co_await prepare()).has_value());
    constexpr std::size_t kReads = 200; // more than a channel carries, and than the rings hold
    constexpr std::uint64_t kPiece = 64;
    static std::array<std::optional<cw::Future<file::read_method>>, kReads> reads;
    constexpr std::uint64_t kFlags = file::kRead | file::kWrite | file::kCreate | file::kTruncate;
    CW_EXPECT_VALUE(opened, co_await file::open({path("data/pattern.bin"), kFlags}));
    for (std::size_t i = 0; i < kReads * kPiece; ++i)
        area.text()[kRoom + i] = static_cast<char>(i / kPiece + i);
    CW_EXPECT_VALUE(written,
                    co_await file::write({opened.handle, 0, area.ref(kRoom, kReads * kPiece)}));
    CW_EXPECT_VALUE(before, co_await file::statistics());
    CW_EXPECT_EQUAL(written.bytes, kReads * kPiece);
    std::fill_n(area.text() + kRoom, kReads * kPiece, '\0');
    for (std::size_t i = 0; i < kReads; ++i) // from the end on, so that order shows
        reads[i].emplace(file::read({opened.handle,
                                     (kReads - 1 - i) * kPiece,
                                     area.out(kRoom + (kReads - 1 - i) * kPiece, kPiece)}));
    for (auto& read : reads) {
        const auto result = co_await *read;
        read.reset();
        CW_EXPECT(result.has_value());
        CW_EXPECT_EQUAL(result->bytes, kPiece);
    }
    CW_EXPECT_VALUE(after, co_await file::statistics());
    CW_EXPECT_EQUAL(after.transfers - before.transfers, kReads);
    CW_EXPECT(after.submissions - before.submissions < kReads); // several to a system call
    for (std::size_t i = 0; i < kReads * kPiece; ++i)
        CW_EXPECT(area.text()[kRoom + i] == static_cast<char>(i / kPiece + i));
    CW_EXPECT((co_await file::close({opened.handle})).has_value());
}

CW_TEST(a_read_that_waits_is_given_up) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(before, co_await file::statistics());
    CW_EXPECT_VALUE(pipe, co_await file::open({path("data/pipe"), file::kRead | file::kWrite}));
    CW_EXPECT(pipe.kind == static_cast<std::uint64_t>(file::Kind::pipe));
    room_text()[0] = '?';
    auto unwanted = file::read({pipe.handle, 0, room(1)});
    CW_EXPECT((co_await until([&](const file::Statistics& now) {
                  return now.under_way == before.under_way + 1;
              })).has_value());
    unwanted.cancel();
    CW_EXPECT_EQUAL(error_of(co_await unwanted), Status::cancelled);
    const auto late =
        co_await file::read({pipe.handle, 0, room(1)}).by(cw::ticks_after_ns(2'000'000));
    CW_EXPECT_EQUAL(error_of(late), Status::timed_out);
    // Linux was told, and has let both go; nothing was read for nobody.
    CW_EXPECT((co_await until([&](const file::Statistics& now) {
                  return now.under_way == before.under_way && now.cancelled == before.cancelled + 2;
              })).has_value());
    CW_EXPECT_VALUE(written, co_await file::write({pipe.handle, 0, words("!")}));
    CW_EXPECT_EQUAL(written.bytes, 1);
    CW_EXPECT(room_text()[0] == '?');
    CW_EXPECT_VALUE(read, co_await file::read({pipe.handle, 0, room(1)}));
    CW_EXPECT_EQUAL(read.bytes, 1);
    CW_EXPECT(room_text()[0] == '!');
    CW_EXPECT((co_await file::close({pipe.handle})).has_value());
}

CW_TEST(reads_that_wait_for_their_turn_are_given_up) {
    CW_EXPECT((co_await prepare()).has_value());
    CW_EXPECT_VALUE(before, co_await file::statistics());
    CW_EXPECT_VALUE(pipe, co_await file::open({path("data/pipe"), file::kRead | file::kWrite}));
    CW_EXPECT(
        (co_await handle_lender::hold()).has_value()); // 16, and we have 56: the rings hold 64
    static std::array<std::optional<cw::Future<file::read_method>>, 56> reads;
    for (auto& read : reads)
        read.emplace(file::read({pipe.handle, 0, room(1)}));
    CW_EXPECT((co_await until([&](const file::Statistics& now) {
                  return now.under_way == before.under_way + 64;
              })).has_value());
    for (std::size_t i = reads.size(); i-- > 0;) { // the last ones have not begun
        reads[i]->cancel();
        CW_EXPECT_EQUAL(error_of(co_await *reads[i]), Status::cancelled);
        reads[i].reset();
    }
    CW_EXPECT((co_await handle_lender::let_go()).has_value());
    CW_EXPECT((co_await until([&](const file::Statistics& now) {
                  return now.under_way == before.under_way;
              })).has_value());
    CW_EXPECT((co_await file::close({pipe.handle})).has_value());
}
