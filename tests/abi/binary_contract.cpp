#include "contract.hpp"
#include "golden_text.hpp"
#include <cstddef>
#include <cw/abi/archive.hpp>
#include <cw/abi/call.hpp>
#include <cw/abi/channel.hpp>
#include <cw/abi/control.hpp>
#include <cw/abi/files.hpp>
#include <cw/abi/layout.hpp>
#include <cw/abi/records.hpp>
#include <cw/abi/status.hpp>
#include <cw/abi/syscall.hpp>

#define CONSTANT(name) text.constant(#name, abi::name)
#define AT(field)                                                                                  \
    Field {                                                                                        \
        #field, offsetof(T, field), sizeof(T::field)                                               \
    }
#define LAYOUT(type, ...)                                                                          \
    do {                                                                                           \
        using T = abi::type;                                                                       \
        text.layout(#type, sizeof(T), alignof(T), {__VA_ARGS__});                                  \
    } while (false)

namespace cw::goldens {

namespace {

std::string status() {
    GoldenText text{"abi/status.hpp"};
    text.enumerators<Status>("Status");
    text.constant("kLastStatus", kLastStatus);
    return text.text();
}

std::string calls() {
    GoldenText text{"abi/syscall.hpp, abi/call.hpp"};
    text.enumerators<abi::Call>("Call");
    CONSTANT(kNoDeadline);
    CONSTANT(kNoDoorbell);
    CONSTANT(kMaxErrorState);
    CONSTANT(kStateSuspended);
    CONSTANT(kStateQueued);
    LAYOUT(RawFuture, AT(value), AT(state));
    LAYOUT(Slot, AT(function), AT(edge));
    return text.text();
}

std::string layout() {
    GoldenText text{"abi/layout.hpp"};
    CONSTANT(kPageSize);
    CONSTANT(kCacheLine);
    CONSTANT(kWindowBase);
    CONSTANT(kWindowEnd);
    CONSTANT(kAbiMajor);
    CONSTANT(kAbiMinor);
    return text.text();
}

std::string records() {
    GoldenText text{"abi/records.hpp"};
    CONSTANT(kPtRecords);
    CONSTANT(kPtRemoteText);
    CONSTANT(kMaxNameBytes);
    CONSTANT(kMaxSignatureBytes);
    CONSTANT(kMaxInlineWords);
    CONSTANT(kMaxMethods);
    CONSTANT(kMaxRequires);
    CONSTANT(kMaxDevices);
    CONSTANT(kMaxPublishes);
    CONSTANT(kMaxReads);
    CONSTANT(kMaxVariableBytes);
    CONSTANT(kMaxVariableLanes);
    CONSTANT(kMaxHeapBytes);
    CONSTANT(kMaxStackBytes);
    CONSTANT(kMaxFrameBytes);
    text.enumerators<abi::RecordKind>("RecordKind");
    text.enumerators<abi::Placement>("Placement");
    text.flags<abi::ModuleFlags>("ModuleFlags");
    text.flags<abi::MethodFlags>("MethodFlags");
    LAYOUT(RecordHeader, AT(kind), AT(size));
    LAYOUT(ModuleRecord,
           AT(header),
           AT(abi_major),
           AT(abi_minor),
           AT(version_major),
           AT(version_minor),
           AT(flags),
           AT(default_placement),
           AT(name),
           AT(state),
           AT(start),
           AT(heap_bytes),
           AT(stack_bytes),
           AT(watchdog_ms),
           AT(frame_bytes),
           AT(state_bytes));
    LAYOUT(MethodShape,
           AT(argument_words),
           AT(reply_words),
           AT(buffers),
           AT(buffer_word),
           AT(reserved));
    LAYOUT(ProvideRecord,
           AT(header),
           AT(hash),
           AT(name),
           AT(signature),
           AT(direct),
           AT(invoke),
           AT(version_major),
           AT(version_minor),
           AT(flags),
           AT(shape),
           AT(remote_layout),
           AT(remote_stub));
    LAYOUT(RequireRecord,
           AT(header),
           AT(hash),
           AT(name),
           AT(signature),
           AT(slot),
           AT(min_version_major),
           AT(min_version_minor),
           AT(flags),
           AT(shape),
           AT(reserved));
    LAYOUT(DeviceRecord, AT(header), AT(compatible), AT(grant));
    LAYOUT(PublishRecord,
           AT(header),
           AT(layout),
           AT(name),
           AT(schema),
           AT(slot),
           AT(bytes),
           AT(form),
           AT(lease_ms),
           AT(flags),
           AT(fallback));
    LAYOUT(
        ReadRecord, AT(header), AT(layout), AT(name), AT(schema), AT(slot), AT(bytes), AT(flags));
    LAYOUT(DeviceGrant, AT(registers), AT(register_bytes), AT(interrupt), AT(clock_hz));
    text.constant("signature_hash(\"digest\")", abi::signature_hash("digest", 6));
    return text.text();
}

std::string channel() {
    GoldenText text{"abi/channel.hpp"};
    CONSTANT(kProducerTailOffset);
    CONSTANT(kProducerSpaceEventOffset);
    CONSTANT(kConsumerHeadOffset);
    CONSTANT(kConsumerDataEventOffset);
    CONSTANT(kSlotsOffset);
    CONSTANT(kChannelCredits);
    CONSTANT(kSubmissionSlots);
    CONSTANT(kCompletionSlots);
    CONSTANT(kClientSegmentBytes);
    CONSTANT(kProviderSegmentBytes);
    CONSTANT(kFirstIndex);
    text.flags<abi::MessageFlags>("MessageFlags");
    LAYOUT(MessageSlot, AT(head), AT(aux), AT(words));
    text.constant("message_head(0x89abcdef, 0x4567, 0x0123)",
                  abi::message_head(0x89ab'cdef, 0x4567, 0x0123));
    return text.text();
}

std::string control() {
    GoldenText text{"abi/control.hpp"};
    text.enumerators<abi::ControlKind>("ControlKind");
    text.enumerators<abi::Report>("Report");
    CONSTANT(kControlSlots);
    CONSTANT(kMaxAreas);
    CONSTANT(kMaxEnds);
    CONSTANT(kStartMagic);
    LAYOUT(
        ControlEntry, AT(kind), AT(index), AT(a), AT(b), AT(c), AT(d), AT(e), AT(f), AT(reserved));
    LAYOUT(MethodEntry, AT(invoke), AT(flags), AT(shape), AT(reserved));
    LAYOUT(MethodTable, AT(count), AT(plain_count), AT(methods));
    LAYOUT(BufferArea, AT(base), AT(bytes), AT(writable));
    LAYOUT(BufferAreas, AT(count), AT(areas));
    LAYOUT(StartBlock,
           AT(magic),
           AT(run_base),
           AT(run_bytes),
           AT(control),
           AT(report_grant),
           AT(ops),
           AT(ticks_per_second),
           AT(domain));
    return text.text();
}

std::string archive() {
    GoldenText text{"abi/archive.hpp"};
    CONSTANT(kArchiveMagic);
    text.enumerators<abi::ArchiveKind>("ArchiveKind");
    LAYOUT(ArchiveHeader, AT(magic), AT(version), AT(count), AT(total_bytes), AT(reserved));
    LAYOUT(ArchiveEntry,
           AT(offset),
           AT(size_bytes),
           AT(name_offset),
           AT(name_length),
           AT(kind),
           AT(reserved));
    return text.text();
}

std::string files() {
    GoldenText text{"abi/files.hpp"};
    CONSTANT(kFileSlots);
    CONSTANT(kFileBuffers);
    CONSTANT(kFileSubmissions);
    CONSTANT(kFileCompletions);
    CONSTANT(kFilesRings);
    CONSTANT(kFilesEntries);
    CONSTANT(kFilesBytes);
    CONSTANT(kFilesDoorbell);
    CONSTANT(kMaxPathBytes);
    LAYOUT(FileBuffer, AT(base), AT(registered_at), AT(state));
    LAYOUT(FilesPage,
           AT(submission_head),
           AT(submission_tail),
           AT(submission_array),
           AT(completion_head),
           AT(completion_tail),
           AT(completions),
           AT(reserved),
           AT(buffers));
    text.enumerators<abi::FileKind>("FileKind");
    return text.text();
}

} // namespace

std::vector<Golden> binary_contract() {
    return {{"status", status()},
            {"calls", calls()},
            {"layout", layout()},
            {"records", records()},
            {"channel", channel()},
            {"control", control()},
            {"archive", archive()},
            {"files", files()}};
}

} // namespace cw::goldens
