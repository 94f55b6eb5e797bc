// A std::pmr::map of strings that one process makes in a shared heap, and that another one, which
// is started anew, reads where it lies.
#include "host.hpp"

#include <cw/abi/layout.hpp>
#include <cw/core/heap_resource.hpp>
#include <map>
#include <string>
#include <sys/wait.h>

namespace {

constexpr std::uint64_t kBytes = std::uint64_t{16} << 20;
constexpr int kNumbers = 20'000;
using Numbers = std::pmr::map<std::pmr::string, int>;

/// More than a string keeps within itself.
std::string name_of(int number) {
    return "a number with a rather long name: " + std::to_string(number);
}

void* map_heap(int file) {
    void* const address = reinterpret_cast<void*>(cw::abi::kWindowBase);
    constexpr int kFlags = MAP_SHARED | MAP_FIXED_NOREPLACE;
    void* const memory = mmap(address, kBytes, PROT_READ | PROT_WRITE, kFlags, file, 0);
    host::check(memory == address, "the address of the heap");
    return memory;
}

int read(cw::SharedHeap& heap) {
    const auto& numbers = *reinterpret_cast<const Numbers*>(heap.root().load(cw::Order::acquire));
    int wrong = numbers.size() == kNumbers ? 0 : 1;
    for (const auto& [name, number] : numbers)
        wrong += name == name_of(number).c_str() ? 0 : 1;
    for (int number = 0; number < kNumbers; number += 7) {
        const auto found = numbers.find(Numbers::key_type{name_of(number)});
        wrong += found != numbers.end() && found->second == number ? 0 : 1;
    }
    return wrong;
}

} // namespace

int main(int count, char** arguments) {
    const bool reads = count == 2;
    const int file = reads ? std::atoi(arguments[1]) : memfd_create("causeway-example", 0);
    host::check(file >= 0 && (reads || ftruncate(file, kBytes) == 0), "memfd");
    void* const memory = map_heap(file);
    host::check(reads || cw::SharedHeap::initialise(memory, kBytes) == cw::Status::ok,
                "initialise");
    cw::SharedHeap heap;
    host::check(cw::SharedHeap::attach(memory, kBytes, reads ? 2 : 1, heap) == cw::Status::ok,
                "attach");
    if (reads)
        return read(heap) == 0 ? 0 : 1;

    cw::HeapResource resource{heap};
    auto* const numbers = heap.make<Numbers>(&resource);
    for (int number = 0; number < kNumbers; ++number)
        numbers->emplace(name_of(number).c_str(), number);
    heap.root().store(reinterpret_cast<std::uintptr_t>(numbers), cw::Order::release);

    const std::string file_number = std::to_string(file);
    const pid_t reader = fork();
    if (reader == 0) {
        execl("/proc/self/exe", arguments[0], file_number.c_str(), nullptr);
        _exit(127);
    }
    int status = 1;
    waitpid(reader, &status, 0);
    const std::uint64_t blocks = heap.audit().blocks;
    heap.destroy(numbers);
    const int wrong = (status == 0 ? 0 : 1) + (heap.audit().blocks == 0 ? 0 : 1);
    std::printf("%d strings in %llu blocks, %d wrong\n",
                kNumbers,
                static_cast<unsigned long long>(blocks),
                wrong);
    return wrong;
}
