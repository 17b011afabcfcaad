/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest guest that stays: a PVH entry (XEN_ELFNOTE_PHYS32_ENTRY, 18) that prints one line on COM1 and sleeps for
 * ever.
 */
	.section .note.pvh, "a", @note
	.balign	4
	.long	4, 4, 18
	.asciz	"Xen"
	.long	_start

	.text
	.code32
	.globl	_start
_start:
	cli
	mov	$line, %esi
print:
	lodsb
	test	%al, %al
	jz	sleep
	mov	%al, %bl
ready:
	mov	$0x3fd, %dx
	in	%dx, %al
	test	$0x20, %al
	jz	ready
	mov	%bl, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	print
sleep:
	hlt
	jmp	sleep
line:
	.asciz	"up\n"
	.section .note.GNU-stack, "", @progbits
