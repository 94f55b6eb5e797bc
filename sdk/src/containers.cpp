// What the headers of the standard containers leave to a library.
#include "red_black.hpp"
#include <list>

namespace std {

_Rb_tree_node_base* _Rb_tree_increment(_Rb_tree_node_base* node) noexcept {
    return cw::red_black::step(node, false);
}
const _Rb_tree_node_base* _Rb_tree_increment(const _Rb_tree_node_base* node) noexcept {
    return cw::red_black::step(const_cast<_Rb_tree_node_base*>(node), false);
}
_Rb_tree_node_base* _Rb_tree_decrement(_Rb_tree_node_base* node) noexcept {
    return cw::red_black::step(node, true);
}
const _Rb_tree_node_base* _Rb_tree_decrement(const _Rb_tree_node_base* node) noexcept {
    return cw::red_black::step(const_cast<_Rb_tree_node_base*>(node), true);
}
void _Rb_tree_insert_and_rebalance(const bool left,
                                   _Rb_tree_node_base* node,
                                   _Rb_tree_node_base* parent,
                                   _Rb_tree_node_base& header) noexcept {
    cw::red_black::insert(left, *node, *parent, header);
}
_Rb_tree_node_base* _Rb_tree_rebalance_for_erase(_Rb_tree_node_base* const node,
                                                 _Rb_tree_node_base& header) noexcept {
    return cw::red_black::erase(*node, header);
}

namespace __detail {

void _List_node_base::_M_hook(_List_node_base* const position) noexcept {
    _M_next = position;
    _M_prev = position->_M_prev;
    position->_M_prev->_M_next = this;
    position->_M_prev = this;
}
void _List_node_base::_M_unhook() noexcept {
    _M_next->_M_prev = _M_prev;
    _M_prev->_M_next = _M_next;
}
void _List_node_base::_M_transfer(_List_node_base* const first,
                                  _List_node_base* const last) noexcept {
    if (this == last || first == last)
        return;
    _List_node_base* const final = last->_M_prev;
    first->_M_prev->_M_next = last; // closed behind what leaves
    last->_M_prev = first->_M_prev;
    first->_M_prev = _M_prev; // and opened in front of this node
    _M_prev->_M_next = first;
    final->_M_next = this;
    _M_prev = final;
}
void _List_node_base::_M_reverse() noexcept {
    _List_node_base* node = this;
    do {
        _List_node_base* const next = node->_M_next;
        node->_M_next = node->_M_prev;
        node->_M_prev = next;
        node = next;
    } while (node != this);
}
void _List_node_base::swap(_List_node_base& x, _List_node_base& y) noexcept {
    // The nodes of each follow the other's place; an empty list is its own neighbour.
    const _List_node_base was = x;
    const bool x_empty = x._M_next == &x;
    const bool y_empty = y._M_next == &y;
    x = y;
    y = was;
    if (y_empty)
        x._M_next = x._M_prev = &x;
    else
        x._M_next->_M_prev = x._M_prev->_M_next = &x;
    if (x_empty)
        y._M_next = y._M_prev = &y;
    else
        y._M_next->_M_prev = y._M_prev->_M_next = &y;
}

} // namespace __detail
} // namespace std
