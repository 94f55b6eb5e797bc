// How image_fuzz changes its inputs: the file that they are packed from, as any fuzzer or with some
// sense; or the packed bytes, which cuts and moves whole parts of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "packed.hpp"
#include "reshape.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t
LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
    using namespace cw::loader::fuzz;
    if (seed % 6 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    std::vector<std::byte> file = unpack({reinterpret_cast<const std::byte*>(data), size});
    if (seed % 3 != 0) {
        const std::size_t before = file.size();
        file.resize(kMostUnpacked);
        file.resize(
            LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(file.data()), before, kMostUnpacked));
    } else {
        change_relocation(file, seed);
    }
    const std::vector<std::byte> packed = pack(file);
    if (packed.size() > max_size)
        return LLVMFuzzerMutate(data, size, max_size);
    std::ranges::copy(packed, reinterpret_cast<std::byte*>(data));
    return packed.size();
}
