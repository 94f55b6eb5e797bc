# Trap entry: the wake and call fast paths, wait, and the full frame for everything else.
#
# In user mode sscratch holds the thread. In the kernel tp and sscratch both hold it, so the first swap is right from either side.
# Offsets are those of struct Thread (thread.hpp asserts them) and of struct TrapFrame (trap.hpp).

.equ T_COOKIE, 16
.equ T_SCRATCH, 24
.equ T_WAKE_LIMIT, 32
.equ T_WAKE_BASE, 40
.equ T_CALL_LIMIT, 48
.equ T_CALL_BASE, 56
.equ T_STACK_TOP, 64
.equ T_USER_SATP, 72
.equ T_KERNEL_SATP, 80
.equ T_STACK_BASE, 88
.equ T_SAVED, 96            # ra sp gp tp s0..s11 pc a0
.equ T_SAVED_SATP, 240
.equ T_RESUME_KIND, 248
.equ T_STATE, 252
.equ T_HART, 256
.equ T_HANDOVER, 264
.equ T_WAKE_TARGETS, 272
.equ H_CURRENT, 16          # offsets in struct Hart (sched.hpp asserts them)
.equ H_BUSY, 32
.equ H_WAKE, 64
.equ FRAME_BYTES, 288

.section .text
.balign 64
.global trap_entry
trap_entry:
    csrrw   tp, sscratch, tp        # tp = thread, from user and kernel alike
    sd      t0, T_SCRATCH(tp)
    csrr    t0, scause
    addi    t0, t0, -8              # 8: environment call from user mode
    bnez    t0, trap_full
    bnez    a7, 2f

    # wake(a0 = doorbell). [R6] acq_rel, pairs with [A6] in the scheduler: who is woken sees what the waker wrote before.
    ld      t0, T_WAKE_LIMIT(tp)
    bgeu    a0, t0, wake_refused
    ld      t0, T_WAKE_BASE(tp)
    slli    a0, a0, 4
    add     t0, t0, a0
    ld      a7, 8(t0)               # mask
    ld      t0, 0(t0)               # wake word
    amoor.d.aqrl a0, a7, (t0)
    bltz    a0, wake_poke
1:  csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    li      a0, 0                   # Status::ok; registers that held kernel words are cleared
    li      a7, 0
    csrrw   tp, sscratch, tp
    sret

wake_poke:                          # the hart asked to be interrupted
    slli    a0, a0, 1
    bnez    a0, 1b                  # an earlier waker has done it
    ld      t0, 8(t0)               # SSWI register
    li      a0, 1
    fence   rw, o
    sw      a0, 0(t0)
    j       1b

wake_refused:
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    li      a0, 15                  # Status::out_of_range
    li      t0, 0
    csrrw   tp, sscratch, tp
    sret

    # call(a0 = grant, a1..a6 = words, t1 = cookie)
2:  addi    a7, a7, -2
    bnez    a7, 3f
    ld      a7, T_CALL_LIMIT(tp)
    bgeu    a0, a7, call_refused
    ld      a7, T_CALL_BASE(tp)
    slli    a0, a0, 6
    add     a0, a0, a7              # the grant; its first two words are the slot
    ld      t2, T_STACK_TOP(tp)
    sd      t1, T_COOKIE(tp)
    sd      sp, -8(t2)
    sd      ra, -16(t2)
    csrr    t0, sepc
    addi    t0, t0, 4
    sd      t0, -24(t2)
    csrrw   t0, sscratch, tp        # the user's tp
    sd      t0, -32(t2)
    addi    sp, t2, -32
    ld      t0, T_KERNEL_SATP(tp)
    ld      t2, 0(a0)
    csrw    satp, t0                # the kernel's own view; address space identifiers make a flush unnecessary
    csrsi   sstatus, 2
    jalr    t2
    li      a2, 0
    li      a3, 0
    li      a4, 0
    li      a5, 0
    li      a6, 0
    li      a7, 0
.global call_exit_large
call_exit_large:                    # a2..a7 hold reply words
    csrci   sstatus, 2
    ld      t0, T_USER_SATP(tp)
    csrw    satp, t0
    ld      t0, 8(sp)
    csrw    sepc, t0
    ld      ra, 16(sp)
    ld      tp, 0(sp)
    ld      sp, 24(sp)
    li      t0, 0
    li      t1, 0
    li      t2, 0
    li      t3, 0
    li      t4, 0
    li      t5, 0
    li      t6, 0
    sret

call_refused:
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    li      a0, 0
    li      a1, 15                  # Status::out_of_range
    li      a7, 0
    li      t0, 0
    csrrw   tp, sscratch, tp
    sret

    # wait(a0 = deadline, a1 = doorbell). All a thread keeps is sp and where it goes on; tp is what it began with.
3:  addi    a7, a7, 1
    bnez    a7, unknown_call
    csrr    t0, sepc
    addi    t0, t0, 4
    sd      sp, T_SAVED+8(tp)
    sd      t0, T_SAVED+128(tp)
    # The common way: no deadline, the doorbell is that of a thread of this hart that waits for just that, and nothing else is
    # going on here: nobody is ready, no doorbell of this hart was rung. Then that thread runs, and knows that it was rung just once.
    addi    a2, a0, 1
    bnez    a2, wait_slowly
    ld      a2, T_WAKE_LIMIT(tp)
    bgeu    a1, a2, wait_slowly
    ld      a2, T_WAKE_TARGETS(tp)
    slli    a3, a1, 4
    add     a7, a2, a3
    ld      a2, 0(a7)
    beqz    a2, wait_slowly         # it has ended
    ld      a3, T_HART(tp)
    ld      a4, T_HANDOVER(a2)
    ld      a5, H_BUSY(a3)
    ld      a6, H_WAKE(a3)          # a bit that is set a moment later ends the next wait of its thread
    or      a5, a5, a6
    bne     a4, a3, wait_slowly
    bnez    a5, wait_slowly
    sd      zero, T_RESUME_KIND(tp) # in user mode; T_STATE: waiting
    sd      a3, T_HANDOVER(tp)
    sd      zero, T_HANDOVER(a2)
    li      a4, 1
    sw      a4, T_STATE(a2)         # running
    sd      a2, H_CURRENT(a3)
    csrw    sscratch, a2
    ld      t0, T_USER_SATP(a2)
    ld      t1, T_SAVED+128(a2)
    ld      sp, T_SAVED+8(a2)
    ld      tp, T_SAVED+24(a2)
    csrw    satp, t0
    csrw    sepc, t1
    li      a0, 0                   # Status::ok
    ld      a1, 8(a7)               # RingTag
    j       wait_return

wait_slowly:
    csrw    sscratch, tp
    ld      sp, T_STACK_TOP(tp)
    mv      a2, tp
    call    user_wait               # (deadline, doorbell, self) -> thread to run, which sits in wait()
.global resume_user
resume_user:                        # a0 = thread; sstatus.SPP is 0, SPIE is 1, SIE is 0
    csrw    sscratch, a0
    ld      t0, T_USER_SATP(a0)
    ld      t1, T_SAVED+128(a0)
    ld      sp, T_SAVED+8(a0)
    ld      tp, T_SAVED+24(a0)
    csrw    satp, t0
    csrw    sepc, t1
    ld      a0, T_SAVED+136(a0)
    li      a1, 0
wait_return:
    li      ra, 0                   # nothing of the thread before, and nothing of the kernel
    li      gp, 0
    li      t0, 0
    li      t1, 0
    li      t2, 0
    li      s0, 0
    li      s1, 0
    li      a2, 0
    li      a3, 0
    li      a4, 0
    li      a5, 0
    li      a6, 0
    li      a7, 0
    li      s2, 0
    li      s3, 0
    li      s4, 0
    li      s5, 0
    li      s6, 0
    li      s7, 0
    li      s8, 0
    li      s9, 0
    li      s10, 0
    li      s11, 0
    li      t3, 0
    li      t4, 0
    li      t5, 0
    li      t6, 0
    sret

unknown_call:                       # a number that is not one of ours: the C++ side answers it
    li      t0, 0

# Everything else: interrupts, faults, odd calls. Saves all registers on the kernel stack.
trap_full:
    csrr    t0, sstatus
    andi    t0, t0, 0x100           # SPP
    bnez    t0, 4f
    ld      t0, T_STACK_TOP(tp)
    addi    t0, t0, -FRAME_BYTES
    j       5f
4:  csrr    t0, scause
    bgez    t0, 8f                  # an exception: whose fault it was does not depend on this stack
    ld      t0, T_STACK_BASE(tp)    # room for an interrupt left on this kernel stack?
    bltu    sp, t0, 8f
    ld      t0, T_STACK_TOP(tp)
    bltu    t0, sp, 8f
    addi    t0, sp, -FRAME_BYTES
5:  sd      sp, 16(t0)
    mv      sp, t0
    sd      ra, 8(sp)
    sd      gp, 24(sp)
    csrrw   t0, sscratch, tp
    sd      t0, 32(sp)              # tp
    ld      t0, T_SCRATCH(tp)
    sd      t0, 40(sp)
    sd      t1, 48(sp)
    sd      t2, 56(sp)
    sd      s0, 64(sp)
    sd      s1, 72(sp)
    sd      a0, 80(sp)
    sd      a1, 88(sp)
    sd      a2, 96(sp)
    sd      a3, 104(sp)
    sd      a4, 112(sp)
    sd      a5, 120(sp)
    sd      a6, 128(sp)
    sd      a7, 136(sp)
    sd      s2, 144(sp)
    sd      s3, 152(sp)
    sd      s4, 160(sp)
    sd      s5, 168(sp)
    sd      s6, 176(sp)
    sd      s7, 184(sp)
    sd      s8, 192(sp)
    sd      s9, 200(sp)
    sd      s10, 208(sp)
    sd      s11, 216(sp)
    sd      t3, 224(sp)
    sd      t4, 232(sp)
    sd      t5, 240(sp)
    sd      t6, 248(sp)
    csrr    t0, sepc
    csrr    t1, sstatus
    csrr    t2, scause
    csrr    t3, stval
    sd      t0, 256(sp)
    sd      t1, 264(sp)
    sd      t2, 272(sp)
    sd      t3, 280(sp)
    mv      a0, sp
    call    handle_trap             # (frame); returns with interrupts off
    ld      t0, 256(sp)
    ld      t1, 264(sp)
    csrw    sepc, t0
    csrw    sstatus, t1
    andi    t1, t1, 0x100
    bnez    t1, 6f
    ld      t0, T_USER_SATP(tp)
    csrw    satp, t0
    ld      tp, 32(sp)              # sscratch holds the thread already
6:  ld      ra, 8(sp)
    ld      gp, 24(sp)
    ld      t0, 40(sp)
    ld      t1, 48(sp)
    ld      t2, 56(sp)
    ld      s0, 64(sp)
    ld      s1, 72(sp)
    ld      a0, 80(sp)
    ld      a1, 88(sp)
    ld      a2, 96(sp)
    ld      a3, 104(sp)
    ld      a4, 112(sp)
    ld      a5, 120(sp)
    ld      a6, 128(sp)
    ld      a7, 136(sp)
    ld      s2, 144(sp)
    ld      s3, 152(sp)
    ld      s4, 160(sp)
    ld      s5, 168(sp)
    ld      s6, 176(sp)
    ld      s7, 184(sp)
    ld      s8, 192(sp)
    ld      s9, 200(sp)
    ld      s10, 208(sp)
    ld      s11, 216(sp)
    ld      t3, 224(sp)
    ld      t4, 232(sp)
    ld      t5, 240(sp)
    ld      t6, 248(sp)
    ld      sp, 16(sp)
    sret

8:  ld      t0, T_HART(tp)          # go on on the spare stack of the hart, with interrupts off
    ld      t0, 0(t0)               # Hart::spare_stack_top
    addi    t0, t0, -FRAME_BYTES
    j       5b

# void switch_from(Thread* self, Thread* next): parks self here and runs next. Interrupts are off.
.global switch_from
switch_from:
    sd      ra, T_SAVED+0(a0)
    sd      sp, T_SAVED+8(a0)
    sd      s0, T_SAVED+32(a0)
    sd      s1, T_SAVED+40(a0)
    sd      s2, T_SAVED+48(a0)
    sd      s3, T_SAVED+56(a0)
    sd      s4, T_SAVED+64(a0)
    sd      s5, T_SAVED+72(a0)
    sd      s6, T_SAVED+80(a0)
    sd      s7, T_SAVED+88(a0)
    sd      s8, T_SAVED+96(a0)
    sd      s9, T_SAVED+104(a0)
    sd      s10, T_SAVED+112(a0)
    sd      s11, T_SAVED+120(a0)
    csrr    t0, satp
    sd      t0, T_SAVED_SATP(a0)
    li      t0, 1
    sw      t0, T_RESUME_KIND(a0)
    mv      a0, a1
# [[noreturn]] void resume(Thread* next): runs next in whichever way it was parked.
.global resume
resume:
    lw      t0, T_RESUME_KIND(a0)
    beqz    t0, 7f
    mv      tp, a0
    csrw    sscratch, tp
    ld      t0, T_SAVED_SATP(tp)
    csrw    satp, t0
    ld      ra, T_SAVED+0(a0)
    ld      sp, T_SAVED+8(a0)
    ld      s0, T_SAVED+32(a0)
    ld      s1, T_SAVED+40(a0)
    ld      s2, T_SAVED+48(a0)
    ld      s3, T_SAVED+56(a0)
    ld      s4, T_SAVED+64(a0)
    ld      s5, T_SAVED+72(a0)
    ld      s6, T_SAVED+80(a0)
    ld      s7, T_SAVED+88(a0)
    ld      s8, T_SAVED+96(a0)
    ld      s9, T_SAVED+104(a0)
    ld      s10, T_SAVED+112(a0)
    ld      s11, T_SAVED+120(a0)
    ret
7:  li      t0, 0x100
    csrc    sstatus, t0             # SPP = user
    li      t0, 0x20
    csrs    sstatus, t0             # SPIE = on
    j       resume_user

# Method with a reply of more than one word: a0 = grant, a1..a6 = words. The callee wants the reply's address in a1.
.global call_large
call_large:
    addi    sp, sp, -48
    sd      zero, 0(sp)
    sd      zero, 8(sp)
    sd      zero, 16(sp)
    sd      zero, 24(sp)
    sd      zero, 32(sp)
    sd      zero, 40(sp)
    mv      a7, a6
    mv      a6, a5
    mv      a5, a4
    mv      a4, a3
    mv      a3, a2
    mv      a2, a1
    mv      a1, sp
    ld      t0, 16(a0)
    jalr    t0
    ld      a2, 0(sp)
    ld      a3, 8(sp)
    ld      a4, 16(sp)
    ld      a5, 24(sp)
    ld      a6, 32(sp)
    ld      a7, 40(sp)
    addi    sp, sp, 48
    j       call_exit_large

# Methods with buffers: the words are kept, checked against the caller's areas, and only then passed on.
.macro CALL_CHECKED name
.global \name
\name:
    addi    sp, sp, -64
    sd      a0, 0(sp)
    sd      a1, 8(sp)
    sd      a2, 16(sp)
    sd      a3, 24(sp)
    sd      a4, 32(sp)
    sd      a5, 40(sp)
    sd      a6, 48(sp)
    sd      ra, 56(sp)
    addi    a1, sp, 8
    call    check_buffers
    mv      t0, a0
    ld      a0, 0(sp)
    ld      a1, 8(sp)
    ld      a2, 16(sp)
    ld      a3, 24(sp)
    ld      a4, 32(sp)
    ld      a5, 40(sp)
    ld      a6, 48(sp)
    ld      ra, 56(sp)
    addi    sp, sp, 64
    beqz    t0, buffers_refused
.endm
    CALL_CHECKED call_checked_large
    j       call_large
    CALL_CHECKED call_checked_small
    ld      t0, 16(a0)
    jr      t0
buffers_refused:
    li      a0, 0
    li      a1, 6                   # Status::not_permitted
    ret
