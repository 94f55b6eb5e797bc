#include "load_options.hpp"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using cw::abi::Placement;

struct Parsed {
    bool ok = false;
    shell::LoadOptions options;
    std::string wrong;
};

Parsed parse(std::vector<std::string_view> words) {
    Parsed parsed;
    std::array<char, 200> memory{};
    cw::TextWriter wrong{memory.data(), memory.size()};
    parsed.ok = shell::parse_load_options(words, parsed.options, wrong);
    parsed.wrong = wrong.text();
    EXPECT_EQ(parsed.ok, parsed.wrong.empty()) << parsed.wrong;
    return parsed;
}

TEST(LoadOptions, place_into_the_kernel_unless_told_otherwise) {
    const Parsed parsed = parse({"digest"});
    EXPECT_EQ(parsed.options.module, "digest");
    EXPECT_EQ(parsed.options.placement, Placement::kernel);
    EXPECT_EQ(parsed.options.hart, 0);
    EXPECT_FALSE(parsed.options.dry_run);
}

TEST(LoadOptions, are_taken_in_any_order) {
    const Parsed parsed = parse({"--dry-run",
                                 "digest",
                                 "--user-process",
                                 "--hart=3",
                                 "--link",
                                 "a.b=ring",
                                 "--link=c.d=direct",
                                 "--grant=power"});
    EXPECT_EQ(parsed.options.placement, Placement::user_process);
    EXPECT_EQ(parsed.options.hart, 4);
    EXPECT_TRUE(parsed.options.dry_run);
    EXPECT_EQ(parsed.options.links.view(), "a.b=ring c.d=direct");
    EXPECT_EQ(parsed.options.grants, 4);
    EXPECT_EQ(parse({"--sync-caller", "x"}).options.placement, Placement::sync_caller);
    EXPECT_EQ(parse({"--domain=7", "x"}).options.placement, Placement::domain);
    EXPECT_EQ(parse({"--domain=7", "x"}).options.domain, "7");
}

TEST(LoadOptions, say_what_is_wrong) {
    EXPECT_EQ(parse({}).wrong, "name a module; `ls --modules` lists them");
    EXPECT_EQ(parse({"a", "b"}).wrong, "one module at a time: a or b");
    EXPECT_EQ(parse({"--user", "a"}).wrong,
              "--user: no such option; there are --user-process, --sync-caller, --domain=D, "
              "--dry-run, --hart=N, --link METHOD=PATH, --grant=NAME");
    EXPECT_EQ(parse({"--user-process", "--sync-caller", "a"}).wrong,
              "only one of --user-process, --sync-caller and --domain=D can be asked for");
    EXPECT_EQ(parse({"--hart=x", "a"}).wrong, "--hart=x: want a number from 0");
    EXPECT_EQ(parse({"--hart=255", "a"}).wrong, "--hart=255: want a number from 0");
    EXPECT_EQ(parse({"a", "--link"}).wrong,
              "--link : want METHOD=PATH, where PATH is direct, syscall, ring or remote");
    EXPECT_EQ(parse({"a", "--link", "x.y=fast"}).wrong,
              "--link x.y=fast: want METHOD=PATH, where PATH is direct, syscall, ring or remote");
    EXPECT_EQ(parse({"a", "--grant=all"}).wrong,
              "--grant=all: there are load-kernel, load-domain, power and observe");
    EXPECT_EQ(parse({"a23456789012345678901234"}).wrong,
              "a23456789012345678901234: names of modules have at most 23 characters");
}

TEST(Number, is_decimal_and_bounded) {
    std::uint64_t number = 0;
    EXPECT_TRUE(shell::parse_number("0", 10, number));
    EXPECT_TRUE(shell::parse_number("10", 10, number));
    EXPECT_EQ(number, 10u);
    EXPECT_FALSE(shell::parse_number("11", 10, number));
    EXPECT_FALSE(shell::parse_number("", 10, number));
    EXPECT_FALSE(shell::parse_number("-1", 10, number));
    EXPECT_FALSE(shell::parse_number("5", 4, number));
    EXPECT_TRUE(shell::parse_number("18446744073709551615", ~0ull, number));
    EXPECT_EQ(number, ~0ull);
    EXPECT_FALSE(shell::parse_number("18446744073709551616", ~0ull, number));
}

} // namespace
