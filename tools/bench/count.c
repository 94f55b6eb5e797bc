// A QEMU plugin that counts the instructions a hart executes between two markers, in any mode and with any number of harts, where
// -icount cannot. `./cw bench` compiles and loads it. Markers are hints that do nothing: slti x0, x0, 1 begins, slti x0, x0, 2 ends.
// Argument: out=FILE, which gets one number a line.
//
// QEMU's plugin interface, version 1 (docs/devel/tcg-plugins). Debian ships no header for it: what is used is declared here.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { kNoRegisters = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, struct qemu_plugin_tb*));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn* insn, void (*callback)(unsigned, void*), int flags, void* data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, void*), void* data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* tb);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* tb, size_t index);
const void* qemu_plugin_insn_data(const struct qemu_plugin_insn* insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn* insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { kMaxHarts = 8 };
static const uint32_t kBegin = 0x00102013, kEnd = 0x00202013;

// Each written by its own hart's thread only.
static struct {
    uint64_t count;
    int counting;
} harts[kMaxHarts];
static FILE* out;

static void executed(unsigned hart, void* data) {
    (void)data;
    if (hart < kMaxHarts)
        ++harts[hart].count;
}
static void begin(unsigned hart, void* data) {
    (void)data;
    if (hart >= kMaxHarts)
        return;
    harts[hart].count = 0;
    harts[hart].counting = 1;
}
static void end(unsigned hart, void* data) {
    (void)data;
    if (hart >= kMaxHarts || !harts[hart].counting)
        return;
    harts[hart].counting = 0;
    fprintf(out, "%llu\n", (unsigned long long)harts[hart].count);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
        struct qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t word = 0;
        if (qemu_plugin_insn_size(insn) == sizeof(word))
            memcpy(&word, qemu_plugin_insn_data(insn), sizeof(word));
        void (*callback)(unsigned, void*) = word == kBegin ? begin : word == kEnd ? end : executed;
        qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, kNoRegisters, NULL);
    }
}

static void finish(qemu_plugin_id_t id, void* data) {
    (void)id;
    (void)data;
    fclose(out);
}

__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info* info, int argc, char** argv) {
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 || (out = fopen(argv[0] + 4, "w")) == NULL) {
        fprintf(stderr, "count: want out=FILE, a file that can be written\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
