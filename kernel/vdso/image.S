# The vDSO's bytes, page aligned, in the kernel's read-only data.
.section .vdso, "a"
.balign 4096
.global vdso_image
vdso_image:
    .incbin "vdso.bin"
.balign 4096
.global vdso_image_end
vdso_image_end:
