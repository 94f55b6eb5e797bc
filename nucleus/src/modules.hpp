// What the parts of the module manager know of each other. Private to the nucleus.
#pragma once
#include <cw/nucleus/modules.hpp>
#include <cw/nucleus/pool.hpp>

namespace cw::kernel {

struct ModuleRegistry {
    ModuleInstance* modules; ///< All loaded ones, the nucleus first.
    ModuleInstance* nucleus;
    loader::Image* files[kMaxFiles]; ///< Module files of the archive.
    std::size_t file_count;
    Channel* channels;
    ExecutorRecord* worker; ///< Home of the nucleus and of modules on their caller's thread.
    std::uint32_t next_id;
};
[[nodiscard]] ModuleRegistry& registry() noexcept;

/// Builds an instance in a domain: image, pools, methods; not linked, not started. Locks:
/// kernel_lock held.
[[nodiscard]] Result<ModuleInstance*> build_instance(const loader::Image& image,
                                                     Domain& domain,
                                                     ExecutorRecord& executor,
                                                     abi::Placement placement) noexcept;
/// Rights on pages of a load.
[[nodiscard]] std::uint64_t page_rights(loader::Rights rights) noexcept;
/// A word in an instance's image, writable: through the nucleus' own view, or where it is if the
/// image is part of this programme (Image::describe).
[[nodiscard]] void* image_view(const ModuleInstance& instance, std::uint64_t address) noexcept;
/// What the slot of a required method holds at this moment, in words: a function of a module, or a
/// stub, and where that lies; "unknown" is anything else. Locks: kernel_lock held.
void describe_slot(const ModuleInstance& client, std::size_t require, TextWriter& text) noexcept;
/// Whether so much memory may go to who asks for it: the kernel keeps what it needs to go on, and
/// to end whoever took the rest.
[[nodiscard]] bool leaves_enough(std::uint64_t bytes) noexcept;
/// Frees what an instance had. Locks: kernel_lock held.
void destroy_instance(ModuleInstance& instance) noexcept;

/// Makes one edge. Locks: kernel_lock held.
[[nodiscard]] Status link_edge(ModuleInstance& client,
                               std::size_t require,
                               ModuleInstance& provider,
                               std::size_t provide,
                               loader::Path path) noexcept;
/// A client that is taken apart: its domain no longer sees stubs that only it was linked to, and
/// its edges are free for others. Locks: kernel_lock held.
void drop_links(ModuleInstance& client) noexcept;
/// The open channel between two modules, made if there is none: then its sides are told of it by
/// channels_tell(), before the lock is left, or it is taken back. Errors: no_memory, no_resource.
/// Locks: kernel_lock held.
[[nodiscard]] Result<Channel*> channel_between(ModuleInstance& client,
                                               ModuleInstance& provider) noexcept;
/// Tells executors of the channels that were made and not told of. What they were told of cannot be
/// taken back at once: they may be looking at its memory. Locks: kernel_lock held.
void channels_tell() noexcept;
/// Takes those channels back: what they were for did not come about. Locks: kernel_lock held.
void channels_take_back() noexcept;
/// The client's list of areas, made when first needed. Errors: no_memory, no_resource. Locks:
/// kernel_lock held.
[[nodiscard]] Result<AreaList*> area_list(ModuleInstance& client) noexcept;
/// Buffers of this method travel on the channel: the provider must see the client's areas. Locks:
/// kernel_lock held.
[[nodiscard]] Status open_areas(Channel& channel, const abi::ProvideRecord& provide) noexcept;
/// The provider's domain no longer needs to see the areas of the client of a channel that is gone,
/// unless another channel of the two says so. Locks: kernel_lock held.
void hide_areas(const Channel& gone) noexcept;
/// Lets every provider of the client see a new buffer area. Errors: no_memory, no_resource
/// (kMaxAreas). Locks: kernel_lock held.
[[nodiscard]] Result<Nothing>
publish_area(Domain& domain, ModuleInstance* module, Segment& area) noexcept;
/// One user less; the last one's buffer areas go. Locks: kernel_lock held.
void area_list_drop(AreaList& list) noexcept;
/// Closes all channels of a module; the other sides are told. Locks: kernel_lock held.
void close_channels(ModuleInstance& instance) noexcept;
/// Closes one channel; both sides are told. Locks: kernel_lock held.
void close_channel(Channel& channel) noexcept;
/// Nothing of this module runs any more, and nothing will: its sides of its channels are done, and
/// nobody's links lead to it. Locks: kernel_lock held.
void abandon_sides(ModuleInstance& instance) noexcept;
/// This domain's number may be given to another one. Locks: kernel_lock held.
void forget_domain(const Domain& domain) noexcept;
/// One side of a closed channel is done with it.
void channel_side_done(ExecutorRecord& record,
                       std::uint32_t index,
                       bool client,
                       bool pool_unused) noexcept;
/// Points a slot nowhere; its calls answer not_found or peer_died. Locks: kernel_lock held; no code
/// of the client runs.
void unlink_edge(ModuleInstance& client, std::size_t require, bool provider_ended) noexcept;
/// Links what loaded modules require and this new one provides; their executors are told. Locks:
/// kernel_lock held.
void link_waiting_clients(ModuleInstance& provider) noexcept;
/// From now on direct calls of this module answer peer_died, also from code that runs right now.
/// Locks: kernel_lock held.
void refuse_direct_calls(ModuleInstance& provider) noexcept;
/// Leads the client's slots to stubs that record, or to others: as tracing() says. Code of the
/// client may run. Locks: kernel_lock held.
void turn_calls(ModuleInstance& client) noexcept;
/// Asks every client of this module, which is being removed, for a moment at which its slots can be
/// changed. Locks: kernel_lock held.
void unlink_clients(ModuleInstance& provider) noexcept;
/// True if no slot leads to this module any more. Locks: kernel_lock held.
[[nodiscard]] bool links_gone(const ModuleInstance& provider) noexcept;
/// The client's executor is at rest: makes the edges that wait for it. Locks: kernel_lock held.
void relink_now(ModuleInstance& client) noexcept;
/// Takes synchronous callers' grants of this module back: they answer peer_died. Locks: kernel_lock
/// held.
void revoke_call_grants(ModuleInstance& callee) noexcept;
/// True if no channel of this module is in use by its client any more. Locks: kernel_lock held.
[[nodiscard]] bool channels_unused(const ModuleInstance& instance) noexcept;
/// Tells a provider that watches its clients of one that is through with it. Locks: kernel_lock
/// held.
void client_ended(ModuleInstance& provider, std::uint32_t client) noexcept;
/// Tells every module that watches its clients of a module that is no more. Locks: kernel_lock
/// held.
void module_ended(const ModuleInstance& ended) noexcept;
/// The module is gone: it uses no shared heap any more, and what it had half done there is ended.
/// Locks: kernel_lock held.
void heaps_detach(const ModuleInstance& instance) noexcept;
/// The borrower's domain sees the constant part of the lender's image from here on, until the
/// borrower is gone. Once more: nothing changes. Requires: the lender has such a part
/// (Image::constant_bytes). Errors: no_resource (kMaxBorrowed), no_memory. Locks: kernel_lock held.
[[nodiscard]] Status types_borrow(ModuleInstance& borrower, ModuleInstance& lender) noexcept;
/// The module is gone, and not among the loaded ones any more: it borrows nothing. What it lends it
/// does not own any more: ModuleInstance::segment is null then. Locks: kernel_lock held.
void types_detach(ModuleInstance& instance) noexcept;
/// True if somebody borrows types of a module that was made of this file. Locks: kernel_lock held.
[[nodiscard]] bool types_lent(const loader::Image& image) noexcept;
/// The module goes, and with it what it was to be told. Locks: kernel_lock held.
void forget_clients(ModuleInstance& instance) noexcept;
/// The module goes, and with it what it holds of kmem_lab. Locks: kernel_lock held.
void lab_forget(const ModuleInstance& owner) noexcept;
/// A module that failed goes away. Locks: kernel_lock held.
void begin_removal(ModuleInstance& instance) noexcept;
/// Goes on with a removal when a client is at rest, or a channel is gone. Locks: kernel_lock held.
void removal_step(ModuleInstance& instance) noexcept;
/// The executor has let the module go: calls of other kernel-placed modules that it owes an answer
/// get peer_died. Calls from elsewhere are answered by the end of their channel. Locks: kernel_lock
/// held.
void refuse_callers(const ModuleInstance& instance) noexcept;
/// The last answer to a module that was let go has come: nothing leads to it any more, and it is
/// freed, with its executor if it had one of its own. Locks: kernel_lock held.
void bury(ModuleInstance& instance) noexcept;

/// The thread of an ended domain is gone: what is left of its modules and memory goes too. Locks:
/// kernel_lock held.
void domain_finish(Domain& domain) noexcept;
/// Takes a module that nobody calls any more out of its domain. Context: the worker.
[[nodiscard]] Task<Nothing> take_out(std::uint32_t id) noexcept;
/// Has a coroutine wait for this instance to start or to be let go, but not for ever. Context: the
/// worker. Locks: kernel_lock held.
void wait_for(ModuleInstance& instance, StageWaiter& waiter) noexcept;
/// Lets the coroutine that waits for this instance go on; `waiting` is one of its two. Context: the
/// kernel's own view is active. Locks: kernel_lock held.
void resume_waiter(ModuleInstance& instance, StageWaiter*& waiting) noexcept;

} // namespace cw::kernel
