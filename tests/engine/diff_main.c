/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff [--seed S] [--count N] [--insns N] [--only MNEMONIC] [--mode 16|32|64|all] [--backend
 * interpreter|translator] [--failures N] [--from N]
 *
 * Runs random programs natively and on the engine and prints each one that ends differently, cut down to the
 * shortest beginning that still differs. The same seed gives the same programs.
 */
#include "diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 128, BACKENDS = 2, PROGRAMS_PER_REGION = CODE_BYTES / PROGRAM_SLOT - 1 };

struct run {
	const struct diff_backend *backends[BACKENDS];
	void *opened[BACKENDS];
	unsigned backend_count;
	unsigned long failures, max_failures;
	unsigned long ends[32]; /* how programs ended, by vector */
};

static struct diff_program programs[BATCH];
static struct diff_result native_results[BATCH], guest_results[BATCH];

static bool still_differs(struct run *run, unsigned backend, const struct diff_program *program, bool quiet)
{
	static struct diff_result native, guest;

	diff_native.run(NULL, program, &native, 1);
	run->backends[backend]->run(run->opened[backend], program, &guest, 1);
	return diff_compare(program, &native, &guest, run->backends[backend]->is_translated, quiet);
}

static void report(struct run *run, unsigned backend, const struct diff_program *program,
		   unsigned long number, const struct diff_result *native, const struct diff_result *guest)
{
	static struct diff_program cut;
	unsigned count = 1;

	for (; count < program->count; count++) {
		diff_cut(&cut, program, count);
		if (still_differs(run, backend, &cut, true))
			break;
	}
	if (count == program->count)
		cut = *program;
	printf("FAIL %s, program %lu, first %u of %u instructions%s\n", run->backends[backend]->name, number,
	       count, program->count, still_differs(run, backend, &cut, true) ? "" : " (not again)");
	diff_print_program(&cut);
	if (!still_differs(run, backend, &cut, false))
		diff_compare(program, native, guest, run->backends[backend]->is_translated, false);
}

static void run_batch(struct run *run, unsigned count, unsigned long first)
{
	diff_native.run(NULL, programs, native_results, count);
	for (unsigned i = 0; i < count; i++)
		run->ends[native_results[i].vector & 31]++;
	for (unsigned backend = 0; backend < run->backend_count; backend++) {
		run->backends[backend]->run(run->opened[backend], programs, guest_results, count);
		for (unsigned i = 0; i < count; i++) {
			if (!diff_compare(&programs[i], &native_results[i], &guest_results[i],
					  run->backends[backend]->is_translated, true))
				continue;
			if (run->failures++ < run->max_failures)
				report(run, backend, &programs[i], first + i, &native_results[i],
				       &guest_results[i]);
		}
	}
}

static void print_ends(const struct run *run)
{
	printf("ended with:");
	for (unsigned i = 0; i < 32; i++)
		if (run->ends[i])
			printf(" %u: %lu", i, run->ends[i]);
	printf("\n");
}

static void run_all(struct run *run, uint64_t seed, const struct diff_options *options, unsigned long from,
		    unsigned long count)
{
	for (unsigned long first = from; first < from + count && run->failures < run->max_failures;
	     first += BATCH) {
		unsigned size = from + count - first < BATCH ? (unsigned)(from + count - first) : BATCH;

		for (unsigned i = 0; i < size; i++) {
			/* each program from its own seed, so that one can be had alone */
			struct rng rng = { (seed * 1000003 + first + i) * 0x9e3779b97f4a7c15ull | 1 };

			rng_next(&rng);
			diff_generate(&programs[i], &rng, options,
				      (unsigned)((first + i) % PROGRAMS_PER_REGION));
		}
		run_batch(run, size, first);
	}
}

static void add_backend(struct run *run, const struct diff_backend *backend, const char *only)
{
	if (only && strcmp(only, backend->name))
		return;
	run->backends[run->backend_count] = backend;
	run->opened[run->backend_count++] = backend->open();
}

static unsigned parse_mode(const char *text)
{
	if (!strcmp(text, "16"))
		return 1 << MODE_16;
	if (!strcmp(text, "32"))
		return 1 << MODE_32;
	return !strcmp(text, "all") ? 1 << MODE_16 | 1 << MODE_32 | 1 << MODE_64 : 1 << MODE_64;
}

int main(int argc, char **argv)
{
	struct diff_options options = { .max_insns = 12, .mode_mask = 1 << MODE_64 };
	struct run run = { .max_failures = 10 };
	uint64_t seed = (uint64_t)time(NULL);
	unsigned long count = 20000, from = 0;
	const char *backend = NULL;

	for (int i = 1; i + 1 < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];

		if (!strcmp(name, "--seed"))
			seed = strtoull(value, NULL, 0);
		else if (!strcmp(name, "--count"))
			count = strtoul(value, NULL, 0);
		else if (!strcmp(name, "--from"))
			from = strtoul(value, NULL, 0);
		else if (!strcmp(name, "--insns"))
			options.max_insns = (unsigned)atoi(value);
		else if (!strcmp(name, "--failures"))
			run.max_failures = strtoul(value, NULL, 0);
		else if (!strcmp(name, "--only"))
			options.only = value;
		else if (!strcmp(name, "--mode"))
			options.mode_mask = parse_mode(value);
		else if (!strcmp(name, "--smc"))
			options.writes_code = diff_code_is_writable = atoi(value);
		else if (!strcmp(name, "--backend"))
			backend = value;
	}
	if (options.max_insns < 1 || options.max_insns > PROGRAM_INSNS - 4)
		options.max_insns = PROGRAM_INSNS - 4;
	printf("diff --seed %lu --count %lu --from %lu --insns %u\n", (unsigned long)seed, count, from,
	       options.max_insns);
	fflush(stdout);
	diff_native.open(); /* before the engine: its signal handlers pass on to ours */
	if (!diff_has_ldt)
		options.mode_mask &= 1u << MODE_64;
	if (!options.mode_mask) {
		printf("this kernel has no LDT\n");
		return 77;
	}
	add_backend(&run, &diff_interpreter, backend);
	add_backend(&run, &diff_translator, backend);
	run_all(&run, seed, &options, from, count);
	print_ends(&run);
	for (unsigned i = 0; i < run.backend_count; i++)
		run.backends[i]->close(run.opened[i]);
	printf("%lu differences\n", run.failures);
	return run.failures ? 1 : 0;
}
