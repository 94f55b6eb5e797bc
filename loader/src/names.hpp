// The form of names: modules, services and methods are made of a-z, 0-9 and '_'; a signature begins
// with its method.
#pragma once
#include <string_view>

namespace cw::loader {

[[nodiscard]] constexpr bool is_name(std::string_view text) noexcept {
    for (const char c : text) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return !text.empty();
}

/// "service.method".
[[nodiscard]] constexpr bool is_method_name(std::string_view text) noexcept {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos)
        return false;
    std::string_view method = text;
    method.remove_prefix(dot + 1);
    return is_name(text.substr(0, dot)) && is_name(method);
}

/// "scope/name", or more parts: "shaper/eth0:1/rate".
[[nodiscard]] constexpr bool is_variable_name(std::string_view text) noexcept {
    bool parted = false;
    bool empty = true;
    for (const char c : text) {
        if (c == '/') {
            if (empty)
                return false;
            parted = true;
            empty = true;
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ':' ||
                   c == '.' || c == '-') {
            empty = false;
        } else {
            return false;
        }
    }
    return parted && !empty;
}

/// Whether `text` is `head`, then `next`, then anything.
[[nodiscard]] constexpr bool
begins_with(std::string_view text, std::string_view head, char next) noexcept {
    return text.size() > head.size() && text.starts_with(head) && text[head.size()] == next;
}

} // namespace cw::loader
