/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest guest that stays: a PVH entry (XEN_ELFNOTE_PHYS32_ENTRY, 18) that prints one line on COM1, and one more for
 * each byte that comes; it polls for it. 'r' resets by port CF9.
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
	mov	$line, %esi
print:
	lodsb
	test	%al, %al
	jz	wait
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
wait:
	mov	$0x3fd, %dx
	in	%dx, %al
	test	$1, %al
	jnz	got
	mov	$100000, %ecx
slow:
	pause
	loop	slow
	jmp	wait
got:
	mov	$0x3f8, %dx
	in	%dx, %al
	cmp	$'r', %al
	jne	_start
	mov	$0xcf9, %dx
	mov	$6, %al
	out	%al, %dx
	jmp	wait
line:
	.asciz	"up\n"
	.section .note.GNU-stack, "", @progbits
