# Synchronous call stubs: one system call, with the cookie of the Pending that would be used if the answer came later.
# The kernel never touches a user stack, so words below sp are ours between two instructions.
# Offsets: Slot.edge 8; Edge.end 0, Edge.call_grant 32, Edge.reply_words 39; ClientEnd.free 0; Pending.cookie 52.

.equ EDGE_END, 0
.equ EDGE_GRANT, 32
.equ END_FREE, 0
.equ PENDING_COOKIE, 52
.equ QUEUED, 257
.equ LAST_STATUS, 18
.equ PROTOCOL_VIOLATION, 11

.macro CALL_STUB n
.global call_stub_small_\n
call_stub_small_\n:
    ld      t0, 8(a0)               # edge
    sd      a0, -8(sp)
    ld      t1, EDGE_END(t0)
    ld      t1, END_FREE(t1)
    lwu     a0, EDGE_GRANT(t0)
    beqz    t1, call_by_ring
    lwu     t1, PENDING_COOKIE(t1)
    li      a7, 2
    ecall
    bnez    a1, call_not_resolved
    ret
.endm

.macro CALL_STUB_LARGE n
.global call_stub_large_\n
call_stub_large_\n:
    ld      t0, 8(a0)
    sd      a0, -8(sp)
    sd      a1, -16(sp)             # where the reply goes
    ld      t1, EDGE_END(t0)
    ld      t1, END_FREE(t1)
    lwu     a0, EDGE_GRANT(t0)
    mv      a1, a2
    mv      a2, a3
    mv      a3, a4
    mv      a4, a5
    mv      a5, a6
    mv      a6, a7
    beqz    t1, call_by_ring
    lwu     t1, PENDING_COOKIE(t1)
    li      a7, 2
    ecall
    bnez    a1, call_not_resolved
    j       call_store_reply
.endm

.section .text
call_store_reply:
    ld      t0, -8(sp)
    ld      t0, 8(t0)
    lbu     t0, 39(t0)              # Edge.reply_words
    ld      t1, -16(sp)
    sd      a2, 0(t1)
    sd      a3, 8(t1)
    addi    t0, t0, -2
    beqz    t0, 1f
    sd      a4, 16(t1)
    addi    t0, t0, -1
    beqz    t0, 1f
    sd      a5, 24(t1)
    addi    t0, t0, -1
    beqz    t0, 1f
    sd      a6, 32(t1)
    addi    t0, t0, -1
    beqz    t0, 1f
    sd      a7, 40(t1)
1:  ret

call_not_resolved:
    li      t0, QUEUED
    bne     a1, t0, 2f
    ld      a0, -8(sp)
    tail    call_stub_queued
2:  li      t0, LAST_STATUS         # an error: resolved
    bgeu    t0, a1, 3f
    li      a1, PROTOCOL_VIOLATION  # nonsense: its caller would take it for the address of a Pending
3:  ret

call_by_ring:
    ld      a0, -8(sp)
    tail    call_without_credit

    CALL_STUB 0
    CALL_STUB 1
    CALL_STUB 2
    CALL_STUB 3
    CALL_STUB 4
    CALL_STUB 5
    CALL_STUB 6
    CALL_STUB_LARGE 0
    CALL_STUB_LARGE 1
    CALL_STUB_LARGE 2
    CALL_STUB_LARGE 3
    CALL_STUB_LARGE 4
    CALL_STUB_LARGE 5
    CALL_STUB_LARGE 6
