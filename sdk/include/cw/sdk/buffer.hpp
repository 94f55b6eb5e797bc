// Buffers: stretches of a buffer area that travel through calls without being copied.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cw/core/buffer_ref.hpp>
#include <cw/core/result.hpp>
#include <cw/core/service/memory.hpp>
#include <cw/core/task.hpp>
#include <span>
#include <utility>

namespace cw {

/// An area of the module, and the memory in it. Requires: CW_REQUIRE(cw::memory::area).
class Area {
public:
    /// Errors: those of memory.area. (A template so that only modules that call it need the
    /// requirement.)
    template <class M = memory::area_method>
    static Task<Area> create(std::uint64_t bytes) noexcept {
        auto made = co_await Method<M>{}({bytes});
        if (!made)
            co_return refuse(made.error());
        co_return Area{made->address, made->bytes};
    }
    Area() noexcept = default;

    [[nodiscard]] std::byte* data() const noexcept {
        return reinterpret_cast<std::byte*>(address_);
    }
    [[nodiscard]] char* text() const noexcept { return reinterpret_cast<char*>(address_); }
    [[nodiscard]] std::uint64_t size() const noexcept { return bytes_; }
    /// A stretch of it for a call; cut to what is there.
    [[nodiscard]] OutBuffer out(std::uint64_t offset = 0,
                                std::uint64_t bytes = ~std::uint64_t{0}) const noexcept {
        const BufferRef stretch = ref(offset, bytes);
        return {stretch.address, stretch.size_bytes};
    }
    /// A stretch of it, for what wants an area; cut to what is there.
    [[nodiscard]] Area part(std::uint64_t offset, std::uint64_t bytes) const noexcept {
        const BufferRef stretch = ref(offset, bytes);
        return {stretch.address, stretch.size_bytes};
    }
    [[nodiscard]] BufferRef ref(std::uint64_t offset = 0,
                                std::uint64_t bytes = ~std::uint64_t{0}) const noexcept {
        if (offset > bytes_)
            offset = bytes_;
        return {address_ + offset, bytes < bytes_ - offset ? bytes : bytes_ - offset};
    }

private:
    Area(std::uint64_t address, std::uint64_t bytes) noexcept : address_{address}, bytes_{bytes} {}

    std::uint64_t address_ = 0;
    std::uint64_t bytes_ = 0;
};

/// What a handler sees of a buffer: checked by the runtime to lie in an area of the caller.
[[nodiscard]] inline std::span<const std::byte> bytes_of(const BufferRef& buffer) noexcept {
    return {reinterpret_cast<const std::byte*>(buffer.address), buffer.size_bytes};
}
[[nodiscard]] inline std::span<std::byte> bytes_of(const OutBuffer& buffer) noexcept {
    return {reinterpret_cast<std::byte*>(buffer.address), buffer.size_bytes};
}

} // namespace cw
