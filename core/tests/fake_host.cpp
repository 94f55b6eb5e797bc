#include "fake_host.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cw/abi/syscall.hpp>
#include <cw/core/arch/context.hpp>
#include <cw/core/runtime_ops.hpp>
#include <gtest/gtest.h>
#include <map>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

namespace cw::test {

Atomic<std::uint64_t> ticks{1};

namespace {
thread_local ExecutorThread* running = nullptr;

std::uint64_t steady_ns() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}
constexpr std::size_t kControlBytes =
    abi::kSlotsOffset + abi::kControlSlots * sizeof(abi::ControlEntry);
} // namespace

void Bell::ring(abi::RingTag tag) {
    const std::lock_guard hold{mutex_};
    ++latched_;
    tag_ = tag;
    ++rings_;
    condition_.notify_one();
}

Bell::Rung Bell::consume() {
    const Rung rung{latched_ != 0, latched_ == 1 ? tag_ : 0};
    latched_ = 0;
    return rung;
}

Bell::Rung Bell::take() {
    const std::lock_guard hold{mutex_};
    return consume();
}

bool Bell::rung() const {
    const std::lock_guard hold{mutex_};
    return latched_ != 0;
}

std::uint64_t Bell::rings() const {
    const std::lock_guard hold{mutex_};
    return rings_;
}

Bell::Rung Bell::wait(std::uint64_t deadline_ns) {
    std::unique_lock hold{mutex_};
    const auto rung = [this] { return latched_ != 0; };
    if (deadline_ns == abi::kNoDeadline)
        condition_.wait(hold, rung);
    else
        condition_.wait_for(
            hold, std::chrono::nanoseconds{deadline_ns - std::min(deadline_ns, steady_ns())}, rung);
    return consume();
}

namespace {
bool pages_are_used_again = false;
std::multimap<std::size_t, void*> spare_pages; // by size

void* map_pages(std::size_t bytes) {
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        std::abort();
    return memory;
}
} // namespace

void Pages::use_again() {
    pages_are_used_again = true;
}
Pages::Pages(std::size_t bytes, Contents contents) : bytes_{bytes} {
    const auto spare = spare_pages.find(bytes);
    if (spare == spare_pages.end()) {
        memory_ = map_pages(bytes);
        return;
    }
    memory_ = spare->second;
    spare_pages.erase(spare);
    if (contents == Contents::zeroed)
        std::memset(memory_, 0, bytes);
}
Pages::~Pages() {
    ASAN_UNPOISON_MEMORY_REGION(memory_, bytes_);
    if (pages_are_used_again && !taken_away_)
        spare_pages.emplace(bytes_, memory_);
    else
        ::munmap(memory_, bytes_);
}
std::uint64_t Pages::address() const {
    return reinterpret_cast<std::uint64_t>(memory_);
}
void Pages::forbid() {
    ASAN_POISON_MEMORY_REGION(memory_, bytes_);
}
void Pages::take_away() {
    taken_away_ = true;
    ::mprotect(memory_, bytes_, PROT_NONE);
}

void initialise_index_page(IndexPage& page) {
    page.producer.tail.store(abi::kFirstIndex, Order::relaxed);
    page.producer.space_event.store(abi::kFirstIndex, Order::relaxed);
    page.consumer.head.store(abi::kFirstIndex, Order::relaxed);
    page.consumer.data_event.store(abi::kFirstIndex, Order::relaxed);
}

ExecutorThread::ExecutorThread(std::string name) :
    name_{std::move(name)},
    executor_{std::make_unique<Executor>()},
    control_{kControlBytes},
    own_page_{abi::kSlotsOffset},
    ops_{runtime_ops()},
    deadlines_(kMaxExecutorModules * kPoolPendings),
    interrupts_(kMaxExecutorInterrupts) {
    ops_.ticks_per_second = 1'000'000'000;
    initialise_index_page(*control_.as<IndexPage>());
    initialise_index_page(*own_page_.as<IndexPage>());
    control_ring_ = {&control_.as<IndexPage>()->producer,
                     &own_page_.as<IndexPage>()->consumer,
                     abi::kControlSlots,
                     abi::kFirstIndex};
    start_.magic = abi::kStartMagic;
    start_.control = control_.address();
    start_.ticks_per_second = ops_.ticks_per_second;
    executor_->context.executor = executor_.get();
    executor_->control_page = own_page_.as<IndexPage>();
    executor_->deadlines = deadlines_.data();
    executor_->deadline_capacity = static_cast<std::uint32_t>(deadlines_.size());
    executor_->interrupt_counts = interrupts_.data();
    executor_->host = this;
    executor_create(*executor_, start_);
}

ExecutorThread::~ExecutorThread() {
    stop();
}

void ExecutorThread::tell(const abi::ControlEntry& entry) {
    ASSERT_NE(control_ring_.free_slots(), 0u)
        << "the control ring is full: step the executor first";
    control_.as<abi::ControlEntry>(abi::kSlotsOffset)[control_ring_.slot()] = entry;
    control_ring_.publish();
    if (control_ring_.flush())
        bell.ring();
}

std::uint32_t ExecutorThread::doorbell_to(Bell& target, abi::RingTag tag) {
    doorbells_.push_back({&target, tag});
    return static_cast<std::uint32_t>(doorbells_.size() - 1);
}

std::vector<Told> ExecutorThread::take_reports() {
    const std::lock_guard hold{reports_mutex_};
    return std::exchange(reports_, {});
}

bool ExecutorThread::runnable() const {
    return !started_ || bell.rung() || deadline_ <= ticks.load(Order::relaxed);
}

void ExecutorThread::run() {
    ExecutorThread* const outer = std::exchange(running, this);
    Context* const before = std::exchange(arch::current_context, &executor_->context);
    if (_setjmp(asleep_) == 0)
        executor_run(*executor_);
    arch::current_context = before;
    running = outer;
}

void ExecutorThread::step() {
    static_cast<void>(bell.take());
    started_ = true;
    run();
}

void ExecutorThread::start() {
    threaded_ = true;
    thread_ = std::thread{[this] { run(); }};
}

void ExecutorThread::stop() {
    if (!thread_.joinable())
        return;
    stopping_.store(true, Order::release);
    bell.ring();
    thread_.join();
    stopping_.store(false, Order::relaxed);
}

void ExecutorThread::on_wake(std::uint32_t doorbell) {
    if (doorbell < doorbells_.size())
        doorbells_[doorbell].target->ring(doorbells_[doorbell].tag);
}

abi::RingTag ExecutorThread::on_wait(std::uint64_t deadline, std::uint64_t doorbell) {
    on_wake(static_cast<std::uint32_t>(std::min<std::uint64_t>(doorbell, ~std::uint32_t{0})));
    deadline_ = deadline;
    if (!threaded_) {
        const Bell::Rung rung = bell.take();
        if (rung.any || deadline <= ticks.load(Order::relaxed))
            return rung.tag;
        _longjmp(asleep_, 1);
    }
    if (stopping_.load(Order::acquire))
        _longjmp(asleep_, 1);
    const Bell::Rung rung = bell.wait(deadline);
    if (stopping_.load(Order::acquire))
        _longjmp(asleep_, 1);
    return rung.tag;
}

void ExecutorThread::on_told(const Told& told) {
    {
        const std::lock_guard hold{reports_mutex_};
        reports_.push_back(told);
    }
    if (on_report)
        on_report(told);
}

void ExecutorThread::on_fail(std::string message) {
    failure_ = std::move(message);
    _longjmp(asleep_, 1);
}

PassingThread::PassingThread() : before_{std::exchange(arch::current_context, &context)} {}
PassingThread::~PassingThread() {
    arch::current_context = before_;
}

void run_until_quiet(const std::vector<ExecutorThread*>& threads, std::uint64_t limit) {
    for (bool again = true; again;) {
        again = false;
        for (ExecutorThread* thread : threads) {
            if (!thread->runnable())
                continue;
            ASSERT_NE(limit--, 0u) << "the executors do not come to rest";
            thread->step();
            again = true;
        }
    }
}

Watchdog::Watchdog(const char* what, std::chrono::seconds limit) :
    thread_{[this, what, limit] {
        std::unique_lock hold{mutex_};
        if (condition_.wait_for(hold, limit, [this] { return done_; }))
            return;
        std::fprintf(stderr,
                     "HANG: %s did not end within %lld s: a lost wake-up or an endless loop\n",
                     what,
                     static_cast<long long>(limit.count()));
        std::fflush(stderr);
        std::abort();
    }} {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard hold{mutex_};
        done_ = true;
    }
    condition_.notify_one();
    thread_.join();
}

} // namespace cw::test

namespace cw::platform {

void wake(std::uint32_t doorbell) noexcept {
    test::running->on_wake(doorbell);
}
abi::RingTag wait(std::uint64_t deadline_ticks, std::uint64_t doorbell) noexcept {
    return test::running->on_wait(deadline_ticks, doorbell);
}
std::uint64_t now() noexcept {
    return test::running != nullptr && test::running->threaded() ? test::steady_ns()
                                                                 : test::ticks.load(Order::relaxed);
}
void report(abi::Report kind, std::uint64_t b, std::uint64_t c, std::uint64_t d) noexcept {
    test::running->on_told({kind, b, c, d});
}
void fail(ModuleState*, const char* message, std::size_t length) noexcept {
    test::running->on_fail({message, length});
}
void wake_self(Executor& executor) noexcept {
    static_cast<test::ExecutorThread*>(executor.host)->bell.ring();
}

namespace {
std::mutex deadlines;
}
std::uint64_t lock_deadlines(Executor&) noexcept {
    deadlines.lock();
    return 0;
}
void unlock_deadlines(Executor&, std::uint64_t) noexcept {
    deadlines.unlock();
}
void record_passing(trace::What, const std::uint64_t (&)[trace::kArgs]) noexcept {}

} // namespace cw::platform
