/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A firmware in miniature: from the reset vector in real mode to protected mode, long mode, user mode, and all the way back. Each stage writes a
 * letter to port 0xe9; port 0xf4 ends the run.
 */
	.set BASE, 0xf0000
	.set TABLES, 0x10000
	.set IDT, 0x20000
	.set TSS, 0x21000
	.set STACK, 0x30000
	.set USER_STACK, 0x38000

	.macro print letter
	movb $\letter, %al
	outb %al, $0xe9
	.endm

	.section .rodata
	.globl boot_image, boot_image_end
	.balign 16
boot_image:
start:
	.code16
entry16:
	cli
	cld
	movw %cs, %ax
	movw %ax, %ds
	xorw %ax, %ax
	movw %ax, %ss
	movw $0x7000, %sp
	call print_real
	/* an interrupt through the vector table at 0 */
	xorw %ax, %ax
	movw %ax, %es
	movw $(real_interrupt - start), %es:(0x40 * 4)
	movw $0xf000, %es:(0x40 * 4 + 2)
	int $0x40
	lgdtl gdt_pointer - start
	movl %cr0, %eax
	orl $1, %eax
	movl %eax, %cr0
	ljmpl $0x08, $(BASE + entry32 - start)
print_real:
	print 'R'
	ret
real_interrupt:
	print 'i'
	iretw

	.code32
entry32:
	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl $STACK, %esp
	print 'P'
	/* four levels, one large page at the bottom of everything and one for the code */
	movl $TABLES, %edi
	xorl %eax, %eax
	movl $(0x4000 / 4), %ecx
	rep stosl
	movl $(TABLES + 0x1000 + 7), TABLES
	movl $(TABLES + 0x2000 + 7), TABLES + 0x1000
	movl $0x87, TABLES + 0x2000
	movl $TABLES, %eax
	movl %eax, %cr3
	movl $0x20, %eax
	movl %eax, %cr4
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x101, %eax /* LME, SCE */
	wrmsr
	movl %cr0, %eax
	orl $0x80000000, %eax
	movl %eax, %cr0
	print 'c' /* compatibility mode now */
	ljmpl $0x18, $(BASE + entry64 - start)

	.code64
entry64:
	print 'L'
	movl $STACK, %esp
	/* interrupt table: int3, #UD, #PF, and 0x80 for user mode */
	movl $IDT, %edi
	xorl %eax, %eax
	movl $(0x1000 / 8), %ecx
	rep stosq
	movl $3, %edi
	movl $(BASE + on_breakpoint - start), %esi
	call set_gate
	movl $6, %edi
	movl $(BASE + on_undefined - start), %esi
	call set_gate
	movl $14, %edi
	movl $(BASE + on_page_fault - start), %esi
	call set_gate
	movl $0x80, %edi
	movl $(BASE + on_call - start), %esi
	call set_gate
	lidt idt_pointer(%rip)
	int3
	ud2
	movabsq $0x123456789a, %rax
	movq (%rax), %rbx /* not mapped: the handler skips it */
	/* to user mode, with a stack for the way back */
	movq $STACK, TSS + 4
	movw $0x40, %ax
	ltr %ax
	movl $0xc0000081, %ecx /* STAR: user 0x20 (+16 code, +8 stack), kernel 0x18 */
	movl $0x00200018, %edx
	xorl %eax, %eax
	wrmsr
	movl $0xc0000082, %ecx
	movl $(BASE + on_syscall - start), %eax
	xorl %edx, %edx
	wrmsr
	movl $0x3002, %r11d /* IOPL 3: user mode prints too */
	movl $(BASE + user64 - start), %ecx
	movl $USER_STACK, %esp
	sysretq
set_gate:
	shll $4, %edi
	addl $IDT, %edi
	movw %si, (%rdi)
	movw $0x18, 2(%rdi)
	movw $0xee00, 4(%rdi)
	shrl $16, %esi
	movw %si, 6(%rdi)
	ret
on_breakpoint:
	print 'b'
	iretq
on_undefined:
	print 'u'
	addq $2, (%rsp)
	iretq
on_page_fault:
	print 'f'
	addq $8, %rsp
	addq $3, (%rsp)
	iretq
on_syscall:
	print 's'
	sysretq
on_call:
	print 'k'
	/* back: to compatibility mode, paging off, long mode off, 16-bit code, real mode */
	movl $STACK, %esp
	pushq $0x08
	pushq $(BASE + compatible - start)
	lretq
user64:
	print 'U'
	syscall
	print 'u'
	movl $1000, %ecx
1:	addq %rcx, %rdx
	loop 1b
	int $0x80

	.code32
compatible:
	print 'c'
	movw $0x10, %ax
	movw %ax, %ss
	movw %ax, %ds
	movl %cr0, %eax
	andl $0x7fffffff, %eax
	movl %eax, %cr0
	movl $0xc0000080, %ecx
	rdmsr
	andl $~0x100, %eax
	wrmsr
	testl $0x400, %eax /* as read before: LMA had gone with paging */
	jnz failed
	print 'P'
	ljmpl $0x30, $(narrow - start)
failed:
	print '!'
	.code16
narrow:
	movw $0x38, %ax
	movw %ax, %ds
	movw %ax, %ss
	movl %cr0, %eax
	andl $~1, %eax
	movl %eax, %cr0
	ljmpw $0xf000, $(real_again - start)
real_again:
	movw %cs, %ax
	movw %ax, %ds
	xorw %ax, %ax
	movw %ax, %ss
	movw $0x7000, %sp
	lidtl real_idt - start
	int $0x40
	call print_real
	outb %al, $0xf4
	hlt

	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff /* 08: code, 32 bits */
	.quad 0x00cf93000000ffff /* 10: data */
	.quad 0x00af9b000000ffff /* 18: code, 64 bits */
	.quad 0x00cf93000000ffff /* 20: data; base of user selectors */
	.quad 0x00cff3000000ffff /* 28: user data */
	.quad 0x00009b0f0000ffff /* 30: code, 16 bits, at F000:0 ... and user code would be 30 for SYSRET, which loads no descriptor */
	.quad 0x000093000000ffff /* 38: data, 16 bits */
	.quad 0x0000890210000067 /* 40: TSS at 21000 */
	.quad 0
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long BASE + gdt - start
idt_pointer:
	.word 0xfff
	.quad IDT
real_idt:
	.word 0x3ff
	.long 0
	.org boot_image + 0xfff0
	.code16
	ljmpw $0xf000, $(entry16 - start)
	.org boot_image + 0x10000
boot_image_end:
	.section .note.GNU-stack, "", @progbits
