/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * enum stub_result vector_stub_call(struct stub_frame *frame)
 *
 * Loads the general registers that an instruction can name, calls the stub (one instruction and RET) and stores them again. When the
 * instruction faults, vector_fault() continues at one of the three labels below; the stack is that of the stub then.
 */
	.text
	.globl	vector_stub_call, vector_stub_fpe, vector_stub_ill, vector_stub_segv
	.hidden	vector_stub_call, vector_stub_fpe, vector_stub_ill, vector_stub_segv
	.type	vector_stub_call, @function
	.p2align 4
vector_stub_call:
	push	%rbx
	mov	%rdi, %rbx
	cmpq	$0, 64(%rbx)	/* use_flags: POPF is slow */
	je	1f
	pushq	48(%rbx)
	popfq
1:	mov	(%rbx), %rax
	mov	8(%rbx), %rcx
	mov	16(%rbx), %rdx
	mov	24(%rbx), %rsi
	mov	32(%rbx), %rdi
	call	*40(%rbx)
	pushfq
	popq	56(%rbx)
	mov	%rax, (%rbx)
	mov	%rcx, 8(%rbx)
	mov	%rdx, 16(%rbx)
	mov	%rsi, 24(%rbx)
	xor	%eax, %eax
	pop	%rbx
	ret
vector_stub_fpe:
	mov	$1, %eax
	jmp	2f
vector_stub_ill:
	mov	$2, %eax
	jmp	2f
vector_stub_segv:
	mov	$3, %eax
2:	add	$8, %rsp	/* the stub's return address */
	pop	%rbx
	ret
	.size	vector_stub_call, . - vector_stub_call
	.section .note.GNU-stack, "", @progbits
