#include "exercises.hpp"
#include <gtest/gtest.h>

TEST(HeapExercises, give_what_the_scenario_expects_of_the_module) {
    // tests/system/heaps.toml has this number.
    EXPECT_EQ(stash::use_containers(1000), 14'997'097'957'835'351'882u);
}
