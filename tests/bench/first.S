/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest kernel: a PVH entry (XEN_ELFNOTE_PHYS32_ENTRY, 18) whose first instructions print one byte on COM1
 * and then fault three times over. The time from the start of `bulkhead run` to that byte is the start-up time.
 */
	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	_start

	.text
	.code32		/* in an ELF64 file, as vmlinux is */
	.globl	_start
_start:
	mov	$0x3f8, %dx
	mov	$'!', %al
	out	%al, %dx
	lidtl	none
	ud2
none:
	.word	0
	.long	0
	.section .note.GNU-stack, "", @progbits
