/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * void native_run(struct native_state *state, void *code)
 *
 * Loads the vector state, the general registers (not RSP) and the flags of `state`, calls `code` (one instruction and RET) and stores all of that
 * again. A signal handler may continue at native_faulted when the instruction faulted. Not reentrant.
 * Layout: gpr[16] at 0, flags at 128, XSAVE area at 192.
 */
	.text
	.globl	native_run, native_faulted
	.type	native_run, @function
native_run:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rdi, native_state(%rip)
	mov	%rsi, native_code(%rip)
	mov	%rdi, %rbx
	mov	$7, %eax
	xor	%edx, %edx
	xrstor64 192(%rbx)
	pushq	128(%rbx)
	mov	0(%rbx), %rax
	mov	8(%rbx), %rcx
	mov	16(%rbx), %rdx
	mov	40(%rbx), %rbp
	mov	48(%rbx), %rsi
	mov	56(%rbx), %rdi
	mov	64(%rbx), %r8
	mov	72(%rbx), %r9
	mov	80(%rbx), %r10
	mov	88(%rbx), %r11
	mov	96(%rbx), %r12
	mov	104(%rbx), %r13
	mov	112(%rbx), %r14
	mov	120(%rbx), %r15
	mov	24(%rbx), %rbx
	popfq
	call	*native_code(%rip)
	jmp	1f
native_faulted:
	lea	8(%rsp), %rsp
1:	pushfq
	push	%rbx
	mov	native_state(%rip), %rbx
	mov	%rax, 0(%rbx)
	mov	%rcx, 8(%rbx)
	mov	%rdx, 16(%rbx)
	popq	24(%rbx)
	mov	%rbp, 40(%rbx)
	mov	%rsi, 48(%rbx)
	mov	%rdi, 56(%rbx)
	mov	%r8, 64(%rbx)
	mov	%r9, 72(%rbx)
	mov	%r10, 80(%rbx)
	mov	%r11, 88(%rbx)
	mov	%r12, 96(%rbx)
	mov	%r13, 104(%rbx)
	mov	%r14, 112(%rbx)
	mov	%r15, 120(%rbx)
	popq	128(%rbx)
	mov	$7, %eax
	xor	%edx, %edx
	xsave64	192(%rbx)
	fninit
	vzeroupper
	movl	$0x1f80, -8(%rsp)
	ldmxcsr	-8(%rsp)
	pushq	$0x202
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	native_run, . - native_run
	.local	native_state, native_code
	.comm	native_state, 8, 8
	.comm	native_code, 8, 8
	.section .note.GNU-stack, "", @progbits
