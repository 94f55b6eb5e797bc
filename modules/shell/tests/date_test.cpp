#include "date.hpp"
#include <gtest/gtest.h>

namespace {

void expect(std::uint64_t seconds,
            std::uint64_t year,
            std::uint64_t month,
            std::uint64_t day,
            std::uint64_t hour,
            std::uint64_t minute,
            std::uint64_t second) {
    const shell::Date date = shell::date_of(seconds);
    EXPECT_EQ(date.year, year);
    EXPECT_EQ(date.month, month);
    EXPECT_EQ(date.day, day);
    EXPECT_EQ(date.hour, hour);
    EXPECT_EQ(date.minute, minute);
    EXPECT_EQ(date.second, second);
}

TEST(Date, is_what_date_says) { // date -u -d @SECONDS
    expect(0, 1970, 1, 1, 0, 0, 0);
    expect(951'782'399, 2000, 2, 28, 23, 59, 59);
    expect(951'782'400, 2000, 2, 29, 0, 0, 0);
    expect(951'868'800, 2000, 3, 1, 0, 0, 0);
    expect(1'735'689'599, 2024, 12, 31, 23, 59, 59);
    expect(4'107'542'400, 2100, 3, 1, 0, 0, 0);
}

TEST(Date, is_written_with_two_digits) {
    EXPECT_EQ(shell::text_of(shell::date_of(951'868'805)).view(), "2000-03-01 00:00:05");
}

} // namespace
