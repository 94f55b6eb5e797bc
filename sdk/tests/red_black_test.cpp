// The tree operations that map and set need, against the rules of red-black trees and against a
// sorted list of the same numbers.
#include "red_black.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace {

using cw::red_black::Node;

struct Number : Node {
    int value = 0;
};

int value_of(const Node* node) {
    return static_cast<const Number*>(node)->value;
}

/// As the standard headers use the operations.
class Tree {
public:
    Tree() {
        header._M_color = std::_S_red;
        header._M_parent = nullptr;
        header._M_left = header._M_right = &header;
    }
    void insert(Number& number) {
        Node* parent = &header;
        bool left = true;
        for (Node* at = header._M_parent; at != nullptr; at = left ? at->_M_left : at->_M_right) {
            parent = at;
            left = number.value < value_of(at);
        }
        cw::red_black::insert(left || parent == &header, number, *parent, header);
    }
    [[nodiscard]] std::vector<int> forwards() {
        std::vector<int> values;
        for (Node* at = header._M_left; at != &header; at = cw::red_black::step(at, false))
            values.push_back(value_of(at));
        return values;
    }
    [[nodiscard]] std::vector<int> backwards() {
        std::vector<int> values;
        for (Node* at = &header; at != header._M_left;) {
            at = cw::red_black::step(at, true);
            values.push_back(value_of(at));
        }
        return values;
    }
    /// Black nodes on every way down; -1 if a rule is broken.
    [[nodiscard]] int black_height() const {
        if (header._M_parent == nullptr)
            return header._M_left == &header && header._M_right == &header ? 0 : -1;
        if (cw::red_black::is_red(header._M_parent) || header._M_parent->_M_parent != &header ||
            header._M_left != Node::_S_minimum(header._M_parent) ||
            header._M_right != Node::_S_maximum(header._M_parent))
            return -1;
        return height(header._M_parent);
    }

    Node header;

private:
    static int height(const Node* node) {
        if (node == nullptr)
            return 0;
        for (const Node* down : {node->_M_left, node->_M_right}) {
            if (down != nullptr && (down->_M_parent != node ||
                                    (cw::red_black::is_red(node) && cw::red_black::is_red(down))))
                return -1;
        }
        const int left = height(node->_M_left);
        const int right = height(node->_M_right);
        if (left < 0 || left != right)
            return -1;
        return left + (cw::red_black::is_red(node) ? 0 : 1);
    }
};

TEST(RedBlack, keeps_the_rules_through_every_order_of_a_few) {
    std::vector<int> order{0, 1, 2, 3, 4, 5};
    do {
        std::vector<int> leaving{0, 1, 2, 3, 4, 5};
        do {
            Tree tree;
            Number numbers[6];
            for (const int value : order) {
                numbers[value].value = value;
                tree.insert(numbers[value]);
            }
            ASSERT_GE(tree.black_height(), 0);
            for (const int value : leaving) {
                ASSERT_EQ(cw::red_black::erase(numbers[value], tree.header), &numbers[value]);
                ASSERT_GE(tree.black_height(), 0);
            }
            ASSERT_TRUE(tree.forwards().empty());
        } while (std::next_permutation(leaving.begin(), leaving.end()));
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(RedBlack, agrees_with_a_sorted_list) {
    std::mt19937 random{7};
    Tree tree;
    std::vector<std::unique_ptr<Number>> numbers;
    for (int round = 0; round < 20'000; ++round) {
        if (numbers.empty() || random() % 100 < (round % 4000 < 2000 ? 60u : 40u)) {
            numbers.push_back(std::make_unique<Number>());
            numbers.back()->value = static_cast<int>(random() % 500); // some of them equal
            tree.insert(*numbers.back());
        } else {
            std::swap(numbers[random() % numbers.size()], numbers.back());
            cw::red_black::erase(*numbers.back(), tree.header);
            numbers.pop_back();
        }
        if (round % 50 != 0)
            continue;
        ASSERT_GE(tree.black_height(), 0);
        std::vector<int> expected;
        for (const auto& number : numbers)
            expected.push_back(number->value);
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(tree.forwards(), expected);
        std::reverse(expected.begin(), expected.end());
        ASSERT_EQ(tree.backwards(), expected);
    }
}

TEST(RedBlack, is_never_deeper_than_it_may_be) {
    Tree tree;
    std::vector<Number> numbers(1 << 12);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        numbers[i].value = static_cast<int>(i);
        tree.insert(numbers[i]);
    }
    EXPECT_GE(tree.black_height(), 0);
    EXPECT_LE(tree.black_height(), 13);
    EXPECT_EQ(tree.forwards().size(), numbers.size());
}

} // namespace
