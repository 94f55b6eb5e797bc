# User mode of 32 bits, for reader32_test.cpp: entered once, left by its first trap, whatever that is. Not a thread: interrupts
# stay masked, and traps come to a place of their own meanwhile.

.equ FRAME, 144             # ra s0..s11 tp gp, exit, sstatus

# bool reader32_enter(pc, a0 = argument there, sp, satp, exit[4]): false: UXL cannot be 1 here. `exit`: a0, scause, sepc and stval
# at the trap. Context: interrupts off.
.global reader32_enter
reader32_enter:
    csrr    t0, sstatus             # Privileged Architecture 1.12, 4.1.1.2: UXL is WARL; its reset value is 2, and 0 is not one
    li      t1, 3 << 32
    not     t2, t1
    and     t2, t0, t2
    li      t3, 1 << 32
    or      t2, t2, t3
    andi    t2, t2, ~0x100          # SPP: user mode
    csrw    sstatus, t2
    csrr    t2, sstatus
    and     t2, t2, t1
    beq     t2, t3, 1f
    csrw    sstatus, t0
    li      a0, 0
    ret

1:  addi    sp, sp, -FRAME
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    sd      s1, 16(sp)
    sd      s2, 24(sp)
    sd      s3, 32(sp)
    sd      s4, 40(sp)
    sd      s5, 48(sp)
    sd      s6, 56(sp)
    sd      s7, 64(sp)
    sd      s8, 72(sp)
    sd      s9, 80(sp)
    sd      s10, 88(sp)
    sd      s11, 96(sp)
    sd      tp, 104(sp)
    sd      gp, 112(sp)
    sd      a4, 120(sp)
    sd      t0, 128(sp)             # sstatus
    csrr    t0, satp
    csrr    s0, stvec
    csrr    s1, sie
    addi    sp, sp, -32
    sd      t0, 0(sp)
    sd      s0, 8(sp)
    sd      s1, 16(sp)
    csrr    s2, sscratch
    sd      s2, 24(sp)
    csrw    sie, zero               # user mode is interrupted whatever sstatus.SIE says
    la      t0, reader32_trap
    csrw    stvec, t0
    csrw    sscratch, sp
    csrw    sepc, a0
    csrw    satp, a3                # the kernel's half is the same there
    sfence.vma
    mv      a0, a1
    mv      sp, a2
    sret

.balign 4
reader32_trap:
    csrrw   sp, sscratch, sp
    ld      a4, 152(sp)             # exit
    sd      a0, 0(a4)
    csrr    t0, scause
    sd      t0, 8(a4)
    csrr    t0, sepc
    sd      t0, 16(a4)
    csrr    t0, stval
    sd      t0, 24(a4)
    ld      t0, 0(sp)
    csrw    satp, t0
    sfence.vma
    ld      t0, 8(sp)
    csrw    stvec, t0
    ld      t0, 16(sp)
    csrw    sie, t0
    ld      t0, 24(sp)
    csrw    sscratch, t0
    addi    sp, sp, 32
    ld      ra, 0(sp)
    ld      s0, 8(sp)
    ld      s1, 16(sp)
    ld      s2, 24(sp)
    ld      s3, 32(sp)
    ld      s4, 40(sp)
    ld      s5, 48(sp)
    ld      s6, 56(sp)
    ld      s7, 64(sp)
    ld      s8, 72(sp)
    ld      s9, 80(sp)
    ld      s10, 88(sp)
    ld      s11, 96(sp)
    ld      tp, 104(sp)
    ld      gp, 112(sp)
    ld      t0, 128(sp)
    csrw    sstatus, t0             # UXL = 2 among it
    addi    sp, sp, FRAME
    li      a0, 1
    ret
