// Red-black trees, for map and set: what the standard headers leave to a library. Nodes are those
// of the headers; a header node stands for the end: its parent is the root, left and right are the
// first and the last node, and it is red, which the root never is.
#pragma once
#include <map>
#include <utility>

namespace cw::red_black {

using Node = std::_Rb_tree_node_base;

inline bool is_red(const Node* node) noexcept {
    return node != nullptr && node->_M_color == std::_S_red;
}

/// A node's child on one side, so that mirrored cases are written once.
inline Node*& child(Node& node, bool left) noexcept {
    return left ? node._M_left : node._M_right;
}

/// What leads to a node: its parent's child, or the header's root.
inline Node*& link_to(Node& node, Node& header) noexcept {
    if (header._M_parent == &node)
        return header._M_parent;
    return child(*node._M_parent, node._M_parent->_M_left == &node);
}

/// The next node on one side in order; the header behind the last.
inline Node* step(Node* node, bool left) noexcept {
    if (left && is_red(node) && node->_M_parent != nullptr && node->_M_parent->_M_parent == node)
        return node->_M_right; // the header: back from the end
    if (Node* down = child(*node, left); down != nullptr) {
        while (child(*down, !left) != nullptr)
            down = child(*down, !left);
        return down;
    }
    Node* up = node->_M_parent;
    while (node == child(*up, left)) {
        node = up;
        up = up->_M_parent;
    }
    // A root without a right child: climbing from it ends at the root again, by way of the header.
    return child(*node, left) == up ? node : up;
}

/// The child on the other side takes the place of `top`, which goes down on this side.
inline void rotate(Node& top, bool left, Node& header) noexcept {
    Node& up = *child(top, !left);
    link_to(top, header) = &up;
    up._M_parent = top._M_parent;
    child(top, !left) = child(up, left);
    if (Node* moved = child(top, !left); moved != nullptr)
        moved->_M_parent = &top;
    child(up, left) = &top;
    top._M_parent = &up;
}

inline void insert(bool left, Node& node, Node& parent, Node& header) noexcept {
    node._M_parent = &parent;
    node._M_left = node._M_right = nullptr;
    node._M_color = std::_S_red;
    if (&parent == &header) { // the first one
        header._M_parent = header._M_left = header._M_right = &node;
    } else {
        child(parent, left) = &node;
        if (Node*& outermost = child(header, left); outermost == &parent)
            outermost = &node;
    }
    Node* x = &node;
    while (x != header._M_parent && is_red(x->_M_parent)) {
        Node* up = x->_M_parent;
        Node* grand = up->_M_parent; // there is one: a red node is not the root
        const bool side = grand->_M_left == up;
        if (Node* uncle = child(*grand, !side); is_red(uncle)) {
            up->_M_color = uncle->_M_color = std::_S_black;
            grand->_M_color = std::_S_red;
            x = grand;
            continue;
        }
        if (child(*up, !side) == x) {
            rotate(*up, side, header);
            std::swap(x, up);
        }
        up->_M_color = std::_S_black;
        grand->_M_color = std::_S_red;
        rotate(*grand, !side, header);
    }
    header._M_parent->_M_color = std::_S_black;
}

/// Below `parent` on one side a black node is missing.
inline void fix_missing_black(Node* x, Node* parent, Node& header) noexcept {
    while (x != header._M_parent && !is_red(x)) {
        const bool side = parent->_M_left == x;
        Node* sibling = child(*parent, !side); // not null: on its side there is a black node more
        if (is_red(sibling)) {
            sibling->_M_color = std::_S_black;
            parent->_M_color = std::_S_red;
            rotate(*parent, side, header);
            sibling = child(*parent, !side);
        }
        if (!is_red(sibling->_M_left) && !is_red(sibling->_M_right)) {
            sibling->_M_color = std::_S_red;
            x = parent;
            parent = x->_M_parent;
            continue;
        }
        if (!is_red(child(*sibling, !side))) {
            child(*sibling, side)->_M_color = std::_S_black;
            sibling->_M_color = std::_S_red;
            rotate(*sibling, !side, header);
            sibling = child(*parent, !side);
        }
        sibling->_M_color = parent->_M_color;
        parent->_M_color = std::_S_black;
        child(*sibling, !side)->_M_color = std::_S_black;
        rotate(*parent, side, header);
        return;
    }
    if (x != nullptr)
        x->_M_color = std::_S_black;
}

/// Takes `node` out of the tree and returns it.
inline Node* erase(Node& node, Node& header) noexcept {
    Node* const next = step(&node, false);
    Node* const previous = step(&node, true);
    const bool first = header._M_left == &node;
    const bool last = header._M_right == &node;
    // Two children: the next one takes the node's place and colour, and its own becomes empty.
    const bool two = node._M_left != nullptr && node._M_right != nullptr;
    Node& leaving = two ? *next : node;
    Node* const x = leaving._M_left != nullptr ? leaving._M_left : leaving._M_right;
    Node* x_parent = leaving._M_parent;
    auto removed = leaving._M_color;
    link_to(leaving, header) = x;
    if (x != nullptr)
        x->_M_parent = x_parent;
    if (two) {
        if (x_parent == &node)
            x_parent = &leaving;
        link_to(node, header) = &leaving;
        leaving._M_parent = node._M_parent;
        leaving._M_left = node._M_left;
        leaving._M_right = node._M_right;
        leaving._M_color = node._M_color;
        leaving._M_left->_M_parent = &leaving;
        if (leaving._M_right != nullptr)
            leaving._M_right->_M_parent = &leaving;
    }
    if (header._M_parent == nullptr) {
        header._M_left = header._M_right = &header;
        return &node;
    }
    if (first)
        header._M_left = next;
    if (last)
        header._M_right = previous;
    if (removed == std::_S_black)
        fix_missing_black(x, x_parent, header);
    return &node;
}

} // namespace cw::red_black
