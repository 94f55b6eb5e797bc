// Provide and require records: one method each, seen from its two sides.
#include "image_reader.hpp"
#include "names.hpp"

namespace cw::loader {
namespace {

constexpr std::uint64_t kSlotAlignment = 8;
constexpr std::uint32_t kBufferWords = 2; ///< A BufferRef takes two words.
constexpr std::size_t kMaxBuffers = sizeof(abi::MethodShape::buffer_word);

} // namespace

bool ImageReader::check(const abi::ProvideRecord& record) noexcept {
    const auto at = [this](std::size_t field) { return record_address_ + field; };
    const Pointer name{"name", at(offsetof(abi::ProvideRecord, name)), record.name};
    const Pointer signature{
        "signature", at(offsetof(abi::ProvideRecord, signature)), record.signature};
    if (!check_method_texts(name, signature, record.hash))
        return false;

    if ((record.flags &
         ~(abi::kMethodWritesBuffer | abi::kMethodQueuedOnly | abi::kMethodNamesCaller)) != 0)
        return fail_record("has flags {}, not all of which a provide record may have",
                           {Hex{record.flags}});
    if (!check_shape(record.shape))
        return false;
    if (record.remote_stub == 0 && record.remote_layout != 0)
        return fail_record("has the layout {} of a remote stub, but no stub",
                           {Hex{record.remote_layout}});

    const Pointer direct{"direct", at(offsetof(abi::ProvideRecord, direct)), record.direct};
    const Pointer invoke{"invoke", at(offsetof(abi::ProvideRecord, invoke)), record.invoke};
    const Pointer stub{
        "remote_stub", at(offsetof(abi::ProvideRecord, remote_stub)), record.remote_stub};
    return check_function(direct) && check_function(invoke) &&
           (record.remote_stub == 0 || check_remote_function(stub));
}

bool ImageReader::check(const abi::RequireRecord& record) noexcept {
    const auto at = [this](std::size_t field) { return record_address_ + field; };
    const Pointer name{"name", at(offsetof(abi::RequireRecord, name)), record.name};
    const Pointer signature{
        "signature", at(offsetof(abi::RequireRecord, signature)), record.signature};
    if (!check_method_texts(name, signature, record.hash))
        return false;

    if ((record.flags & ~(abi::kMethodWritesBuffer | abi::kMethodOptional)) != 0)
        return fail_record("has flags {}, not all of which a require record may have",
                           {Hex{record.flags}});
    if (!check_shape(record.shape))
        return false;
    if (record.reserved != 0)
        return fail_record("has {} in a reserved field", {Hex{record.reserved}});

    const Pointer slot{"slot", at(offsetof(abi::RequireRecord, slot)), record.slot};
    return check_memory(slot, kSlotBytes, kSlotAlignment, Memory::writable_or_relro);
}

bool ImageReader::check_method_texts(Pointer name, Pointer signature, std::uint64_t hash) noexcept {
    std::string_view name_text;
    if (!check_text(name, abi::kMaxNameBytes, name_text))
        return false;
    if (!is_method_name(name_text))
        return fail_record("name '{}' is not of the form service.method", {name_text});
    record_name_ = name_text;

    std::string_view signature_text;
    if (!check_text(signature, abi::kMaxSignatureBytes, signature_text))
        return false;
    if (!begins_with(signature_text, name_text, '('))
        return fail_record("the signature does not begin with the name and '(': {}",
                           {signature_text});
    const std::uint64_t expected =
        abi::signature_hash(signature_text.data(), signature_text.size());
    if (hash != expected)
        return fail_record("has hash {}, but its signature has {}", {Hex{hash}, Hex{expected}});
    return true;
}

bool ImageReader::check_shape(const abi::MethodShape& shape) noexcept {
    if (shape.argument_words > abi::kMaxInlineWords || shape.reply_words > abi::kMaxInlineWords)
        return fail_record("has {} argument and {} reply words, more than {}",
                           {shape.argument_words, shape.reply_words, abi::kMaxInlineWords});
    if (shape.buffers > kMaxBuffers)
        return fail_record("has {} buffers, more than {}", {shape.buffers, kMaxBuffers});
    for (std::size_t i = 0; i < kMaxBuffers; ++i) {
        const std::uint32_t word = shape.buffer_word[i];
        if (i >= shape.buffers && word != 0)
            return fail_record("has word {} for buffer {}, which it does not have", {word, i});
        if (i < shape.buffers && word + kBufferWords > shape.argument_words)
            return fail_record("has buffer {} at word {}, beyond its {} argument words",
                               {i, word, shape.argument_words});
    }
    const std::uint32_t first = shape.buffer_word[0];
    const std::uint32_t second = shape.buffer_word[1];
    if (shape.buffers == 2 && first < second + kBufferWords && second < first + kBufferWords)
        return fail_record("has overlapping buffers at words {} and {}", {first, second});
    for (const std::uint8_t reserved : shape.reserved) {
        if (reserved != 0)
            return fail_record("has {} in a reserved field of its shape", {Hex{reserved}});
    }
    return true;
}

} // namespace cw::loader
