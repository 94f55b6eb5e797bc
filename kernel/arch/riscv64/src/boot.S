# Boot: OpenSBI enters the first hart here with paging off, a0 = hart id, a1 = device tree. The other harts are started by the kernel
# at boot_secondary with a1 = their stack. Sources: RISC-V SBI 1.0, chapter 9; Privileged Architecture 1.12, section 4.3.

.section .text.boot, "ax"
.global _start
_start:
    csrw    sie, zero
    # The first hart here boots the kernel. OpenSBI 1.1 may let a hart come here that the kernel starts: sbi_hsm_hart_start() changes
    # the hart's state before its address, and a hart that looks in between goes to where it would have gone had it been first.
    la      t0, boot_taken          # pc-relative: physical
    li      t1, 1
    amoswap.w.aq t1, t1, (t0)
    bnez    t1, misled
    la      t0, bss_begin
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  la      sp, boot_stack_top
    mv      s0, a0
    mv      s1, a1
    # One table of gigapages: identity for the jump, the direct map, and the image's window. Replaced by paging_initialise().
    la      t0, boot_table
    li      t1, (0x80000000 >> 2) | 0xcf    # D A X W R V
    sd      t1, 16(t0)              # entry 2: 0x8000'0000
    li      t2, 510 * 8
    add     t2, t2, t0
    sd      t1, 0(t2)               # entry 510: 0xffff'ffff'8000'0000
    li      t1, 0xc7                # D A W R V, physical 0
    li      t2, 256 * 8
    add     t2, t2, t0
    li      t3, 64
    li      t4, (1 << 30) >> 2
3:  sd      t1, 0(t2)               # entries 256..319: the direct map
    add     t1, t1, t4
    addi    t2, t2, 8
    addi    t3, t3, -1
    bnez    t3, 3b
    srli    t0, t0, 12
    li      t1, 8
    slli    t1, t1, 60
    or      t0, t0, t1
    sfence.vma
    csrw    satp, t0
    sfence.vma
    li      t1, 0xffffffff00000000
    la      t0, 4f
    add     t0, t0, t1
    add     sp, sp, t1
    jr      t0
4:  mv      a0, s0
    mv      a1, s1
    mv      tp, zero
    mv      gp, zero
    call    kernel_main

.balign 4
misled:                             # a0 = hart id: looks for the SecondaryStart that is meant for it
    fence
    la      a1, secondary_starts
    li      t0, 8                   # kMaxHarts; asserted in main.cpp, like the offsets
6:  ld      t1, 40(a1)              # hart id
    ld      t2, 16(a1)              # entry; 0 in those that are not used
    bne     t1, a0, 7f
    bnez    t2, boot_secondary
7:  addi    a1, a1, 48
    addi    t0, t0, -1
    bnez    t0, 6b
    j       misled

.balign 4
.global boot_secondary
boot_secondary:                     # a0 = hart id, a1 = physical address of a SecondaryStart
    csrw    sie, zero
    ld      t0, 0(a1)               # the boot table, which maps this code where it lies and where it is linked
    ld      a2, 8(a1)               # the kernel's own table
    ld      a3, 16(a1)              # entry
    ld      a4, 24(a1)              # stack
    ld      a0, 32(a1)              # hart index
    mv      gp, zero
    mv      tp, zero
    li      t1, 0xffffffff00000000
    la      t2, 5f
    add     t2, t2, t1
    sfence.vma
    csrw    satp, t0
    sfence.vma
    jr      t2
5:  csrw    satp, a2
    sfence.vma
    mv      sp, a4
    jr      a3                      # (a0 = hart index)

.section .data
.balign 4
boot_taken:                         # not in .bss, which the first hart clears
    .word 0

.section .bss
.balign 4096
.global boot_table
boot_table:
    .skip 4096
boot_stack:
    .skip 32768
boot_stack_top:
