# What runs in the processes of domains, as the nucleus brings it along.
.section .rodata.images, "a"
.balign 4096
.global cw_vdso_image
.hidden cw_vdso_image
cw_vdso_image:
    .incbin "vdso.bin"
.balign 4096
.global cw_vdso_image_end
.hidden cw_vdso_image_end
cw_vdso_image_end:
.global cw_domain_programme
.hidden cw_domain_programme
cw_domain_programme:
    .incbin "domain"
.global cw_domain_programme_end
.hidden cw_domain_programme_end
cw_domain_programme_end:
.section .note.GNU-stack, "", @progbits
