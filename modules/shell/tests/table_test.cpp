#include "candidates.hpp"
#include "table.hpp"
#include <gtest/gtest.h>

namespace {

TEST(TableReader, gives_the_words_of_each_row_below_the_head) {
    shell::TableReader table{"CLIENT   METHOD\nshell    digest.open     digest   ring\nx\n\ny z"};
    shell::Row row;
    ASSERT_TRUE(table.next(row));
    EXPECT_EQ(row.column[0], "shell");
    EXPECT_EQ(row.column[1], "digest.open");
    EXPECT_EQ(row.column[3], "ring");
    ASSERT_TRUE(table.next(row));
    EXPECT_EQ(row.column[0], "x");
    EXPECT_EQ(row.column[1], "");
    ASSERT_TRUE(table.next(row));
    EXPECT_EQ(row.column[0], "");
    ASSERT_TRUE(table.next(row));
    EXPECT_EQ(row.column[1], "z");
    EXPECT_FALSE(table.next(row));
}

TEST(TableReader, finds_nothing_in_nothing) {
    shell::Row row;
    EXPECT_FALSE(shell::TableReader{""}.next(row));
    EXPECT_FALSE(shell::TableReader{"HEAD"}.next(row));
    EXPECT_FALSE(shell::TableReader{"HEAD\n"}.next(row));
}

TEST(Candidates, are_the_names_with_the_prefix_each_once) {
    shell::Candidates candidates;
    candidates.start("mod");
    for (const char* name : {"modprobe", "module", "memory", "module", "mod"})
        candidates.offer(name);
    ASSERT_EQ(candidates.count(), 3u);
    EXPECT_EQ(candidates.common(), "mod");
    EXPECT_EQ(candidates.longest(), 8u);
}

TEST(Candidates, have_something_in_common) {
    shell::Candidates candidates;
    candidates.start("");
    EXPECT_EQ(candidates.common(), "");
    candidates.offer("digest");
    EXPECT_EQ(candidates.common(), "digest");
    candidates.offer("dig");
    EXPECT_EQ(candidates.common(), "dig");
    candidates.offer("text");
    EXPECT_EQ(candidates.common(), "");
}

TEST(Candidates, forget_what_there_is_no_room_for) {
    shell::Candidates candidates;
    std::array<std::array<char, 2>, 200> names{};
    candidates.start("");
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = {static_cast<char>('a' + i % 20), static_cast<char>('a' + i / 20)};
        candidates.offer({names[i].data(), 2});
    }
    EXPECT_EQ(candidates.count(), shell::Candidates::kMost);
}

} // namespace
