/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the PVH entry (32 bits, no paging, the start info in EBX) into long mode with the first GiB mapped one to one. */
	.section .note.pvh, "a", @note
	.long	4, 4, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	_start

	.text
	.code32
	.globl _start
_start:
	cli
	cld
	mov	$stack_top, %esp
	mov	%ebx, %ebp
	/* page tables: one PML4, one PDPT, one PD of 2 MiB pages */
	mov	$pdpt + 3, %eax
	mov	%eax, pml4
	mov	$pd + 3, %eax
	mov	%eax, pdpt
	mov	$pd, %edi
	mov	$0x83, %eax
	mov	$512, %ecx
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	loop	1b
	mov	$pml4, %eax
	mov	%eax, %cr3
	mov	$0x20, %eax		/* PAE */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	%cr0, %eax
	or	$0x80000001, %eax
	mov	%eax, %cr0
	lgdt	gdtr
	ljmp	$8, $long_mode
	.code64
long_mode:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%ebp, %edi
	call	guest_main
1:	cli
	hlt
	jmp	1b

	.data
	.align	8
gdt:
	.quad	0, 0x00af9a000000ffff
gdtr:
	.word	15
	.quad	gdt

	.bss
	.align	4096
pml4:	.skip	4096
pdpt:	.skip	4096
pd:	.skip	4096
	.skip	0x10000
stack_top:
	.section .note.GNU-stack, "", @progbits
