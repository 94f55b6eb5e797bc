// A process builds a graph of a million nodes in a shared heap. Eight others, which are started
// anew and know nothing of it but a file, walk it by its pointers.
#include "host.hpp"

#include <cw/abi/layout.hpp>
#include <cw/core/shared_heap.hpp>
#include <sys/wait.h>

namespace {

struct Node {
    Node* next; ///< All nodes are in one list,
    Node* far;  ///< and each points to some other one.
    std::uint64_t value;
};
constexpr std::uint64_t kNodes = 1'000'000, kBytes = std::uint64_t{128} << 20;
constexpr int kWalkers = 8;

/// At one address in all of them, far from where Linux puts things by itself.
void* heap_address() {
    return reinterpret_cast<void*>(cw::abi::kWindowBase);
}
void* map_at_its_address(int file) {
    void* const address = heap_address();
    constexpr int kFlags = MAP_SHARED | MAP_FIXED_NOREPLACE;
    void* const memory = mmap(address, kBytes, PROT_READ | PROT_WRITE, kFlags, file, 0);
    host::check(memory == address, "the address of the heap");
    return memory;
}
cw::SharedHeap attach(int file, std::uint32_t user) {
    cw::SharedHeap heap;
    host::check(cw::SharedHeap::attach(map_at_its_address(file), kBytes, user, heap) ==
                    cw::Status::ok,
                "attach");
    return heap;
}

std::uint64_t build(cw::SharedHeap& heap) {
    Node* first = nullptr;
    Node* middle = nullptr;
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < kNodes; ++i) {
        first = heap.make<Node>(Node{first, middle, i * i});
        host::check(first != nullptr, "make");
        if (i % 3 == 0)
            middle = first;
        sum += i * i + (first->far != nullptr ? first->far->value : 0);
    }
    heap.root().store(reinterpret_cast<std::uintptr_t>(first), cw::Order::release);
    return sum;
}
std::uint64_t walk(cw::SharedHeap& heap) {
    std::uint64_t sum = 0;
    const auto root = heap.root().load(cw::Order::acquire);
    for (auto* node = reinterpret_cast<const Node*>(root); node != nullptr; node = node->next)
        sum += node->value + (node->far != nullptr ? node->far->value : 0);
    return sum;
}

} // namespace

int main(int count, char** arguments) {
    if (count == 4) { // FILE USER SUM
        cw::SharedHeap heap =
            attach(std::atoi(arguments[1]), static_cast<std::uint32_t>(std::atoi(arguments[2])));
        return walk(heap) == std::strtoull(arguments[3], nullptr, 10) ? 0 : 1;
    }
    const int file = memfd_create("causeway-example", 0);
    host::check(file >= 0 && ftruncate(file, kBytes) == 0, "memfd");
    host::check(cw::SharedHeap::initialise(map_at_its_address(file), kBytes) == cw::Status::ok,
                "initialise");
    cw::SharedHeap heap;
    host::check(cw::SharedHeap::attach(heap_address(), kBytes, 1, heap) == cw::Status::ok,
                "attach");
    char sum[24], file_number[12];
    std::snprintf(sum, sizeof sum, "%llu", static_cast<unsigned long long>(build(heap)));
    std::snprintf(file_number, sizeof file_number, "%d", file);
    pid_t walkers[kWalkers];
    for (int walker = 0; walker < kWalkers; ++walker) {
        walkers[walker] = fork();
        if (walkers[walker] == 0) {
            char user[12];
            std::snprintf(user, sizeof user, "%d", 2 + walker);
            execl("/proc/self/exe", arguments[0], file_number, user, sum, nullptr);
            _exit(127);
        }
    }
    int right = 0;
    for (const pid_t walker : walkers) {
        int status = 0;
        waitpid(walker, &status, 0);
        right += status == 0 ? 1 : 0;
    }
    std::printf("%d processes, %d right; %llu nodes, %d wrong\n",
                kWalkers,
                right,
                static_cast<unsigned long long>(heap.audit().blocks),
                kWalkers - right);
    return right == kWalkers && heap.audit().blocks == kNodes ? 0 : 1;
}
