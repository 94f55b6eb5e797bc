#include "complaint.hpp"

namespace cw::loader {

void Filler::append_to(TextWriter& writer) const noexcept {
    switch (kind_) {
    case Kind::text:
        for (const char c : text_)
            writer.put(c >= ' ' && c <= '~' ? c : '?');
        break;
    case Kind::decimal:
        writer.put(number_);
        break;
    case Kind::hex:
        writer.put(Hex{number_});
        break;
    }
}

Message complaint(std::string_view pattern, std::initializer_list<Filler> fillers) noexcept {
    char line[kMessageBytes];
    TextWriter writer{line, sizeof(line)};
    for (const Filler& filler : fillers) {
        const std::size_t hole = pattern.find("{}");
        if (hole == std::string_view::npos)
            break;
        writer.put(pattern.substr(0, hole));
        filler.append_to(writer);
        pattern.remove_prefix(hole + 2);
    }
    writer.put(pattern);
    return Message{"{}", writer.text()};
}

} // namespace cw::loader
