/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entry in long mode, the way of the other processors from real mode into it, and 256 interrupt stubs. */
	.text
	.globl _start
_start:
	mov	$stack_top, %rsp
	call	guest_main
	mov	$0xf4, %edx
	out	%eax, %dx
1:	hlt
	jmp	1b

/* Copied to 0x8000; a SIPI with vector 8 starts it. */
	.code16
	.globl ap_start, ap_end
ap_start:
	cli
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	0x8000 + ap_gdtr - ap_start
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$8, $0x8000 + ap32 - ap_start
	.code32
ap32:
	mov	$16, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x620, %eax		/* PAE, OSFXSR, OSXMMEXCPT */
	mov	%eax, %cr4
	mov	$page_tables, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x901, %eax		/* SCE, LME, NXE */
	wrmsr
	mov	%cr0, %eax
	or	$0x80010000, %eax
	mov	%eax, %cr0
	ljmpl	$24, $ap64
ap_gdtr:
	.word	31
	.long	0x8000 + ap_gdt - ap_start
	.align	8
ap_gdt:
	.quad	0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff
ap_end:
	.code64
ap64:
	lock incl ap_count(%rip)
	mov	$0xb, %eax		/* x2APIC id */
	xor	%ecx, %ecx
	cpuid
	mov	%edx, %edi
	mov	%edx, %eax
	shl	$14, %eax
	lea	ap_stacks + 0x4000(%rax), %rsp
	call	ap_main
1:	hlt
	jmp	1b

	.altmacro
	.macro stub n
	.align	16
	.if (\n == 8) || (\n >= 10 && \n <= 14) || (\n == 17)
	.else
	push	$0
	.endif
	push	$\n
	jmp	trap_common
	.endm
	.align	16
	.globl stubs
stubs:
	.set	i, 0
	.rept	256
	stub	%i
	.set	i, i + 1
	.endr

trap_common:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	cld
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	guest_trap
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

	.bss
	.align	4096
	.globl page_tables, page_tables_end
page_tables:
	.skip	4096 * 16
page_tables_end:
	.skip	0x8000
stack_top:
	.globl ap_stacks, ap_count
ap_stacks:
	.skip	0x4000 * 9
ap_count:
	.long	0
	.section .note.GNU-stack, "", @progbits
