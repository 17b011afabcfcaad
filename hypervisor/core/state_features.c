/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features of a processor by CPUID bit, with the names that Linux gives them (asm/cpufeatures.h has the list). */
#include "core/state_priv.h"

#include <stdio.h>
#include <string.h>

enum word { W1_ECX, W1_EDX, W7_EBX, W7_ECX, W7_EDX, WD1_EAX, W81_ECX, W81_EDX };

/* These say how the machine is made or what the guest has enabled, not what its programs may use. */
static const uint32_t ignored[STATE_FEATURE_WORDS] = {
	[W1_ECX] = 1u << 3 /* MONITOR */ | 1u << 27 /* OSXSAVE */ | 1u << 31 /* hypervisor */,
	[W1_EDX] = 1u << 28 /* HTT */,
};

struct feature_name {
	uint8_t word, bit;
	char name[15];
};

static const struct feature_name names[] = {
	{ W1_ECX, 0, "sse3" },	     { W1_ECX, 1, "pclmulqdq" },     { W1_ECX, 9, "ssse3" },
	{ W1_ECX, 12, "fma" },	     { W1_ECX, 13, "cx16" },	     { W1_ECX, 17, "pcid" },
	{ W1_ECX, 19, "sse4.1" },    { W1_ECX, 20, "sse4.2" },	     { W1_ECX, 21, "x2apic" },
	{ W1_ECX, 22, "movbe" },     { W1_ECX, 23, "popcnt" },	     { W1_ECX, 24, "tsc-deadline" },
	{ W1_ECX, 25, "aes" },	     { W1_ECX, 26, "xsave" },	     { W1_ECX, 28, "avx" },
	{ W1_ECX, 29, "f16c" },	     { W1_ECX, 30, "rdrand" },	     { W7_EBX, 0, "fsgsbase" },
	{ W7_EBX, 1, "tsc-adjust" }, { W7_EBX, 3, "bmi1" },	     { W7_EBX, 5, "avx2" },
	{ W7_EBX, 7, "smep" },	     { W7_EBX, 8, "bmi2" },	     { W7_EBX, 9, "erms" },
	{ W7_EBX, 10, "invpcid" },   { W7_EBX, 13, "zero-fcs-fds" }, { W7_EBX, 16, "avx512f" },
	{ W7_EBX, 17, "avx512dq" },  { W7_EBX, 18, "rdseed" },	     { W7_EBX, 19, "adx" },
	{ W7_EBX, 20, "smap" },	     { W7_EBX, 23, "clflushopt" },   { W7_EBX, 24, "clwb" },
	{ W7_EBX, 28, "avx512cd" },  { W7_EBX, 29, "sha" },	     { W7_EBX, 30, "avx512bw" },
	{ W7_EBX, 31, "avx512vl" },  { W7_ECX, 2, "umip" },	     { W7_ECX, 3, "pku" },
	{ W7_ECX, 8, "gfni" },	     { W7_ECX, 9, "vaes" },	     { W7_ECX, 10, "vpclmulqdq" },
	{ W7_ECX, 16, "la57" },	     { W7_ECX, 22, "rdpid" },	     { W7_EDX, 4, "fsrm" },
	{ W7_EDX, 26, "ibrs" },	     { WD1_EAX, 0, "xsaveopt" },     { WD1_EAX, 1, "xsavec" },
	{ WD1_EAX, 3, "xsaves" },    { W81_ECX, 2, "svm" },	     { W81_ECX, 5, "lzcnt" },
	{ W81_ECX, 6, "sse4a" },     { W81_ECX, 8, "prefetchw" },    { W81_ECX, 16, "fma4" },
	{ W81_EDX, 11, "syscall" },  { W81_EDX, 20, "nx" },	     { W81_EDX, 26, "1-gib-pages" },
	{ W81_EDX, 27, "rdtscp" },   { W81_EDX, 29, "long-mode" },
};

static const char registers[STATE_FEATURE_WORDS][15] = {
	[W1_ECX] = "1.ECX",	      [W1_EDX] = "1.EDX",	    [W7_EBX] = "7.EBX",
	[W7_ECX] = "7.ECX",	      [W7_EDX] = "7.EDX",	    [WD1_EAX] = "0xd.1.EAX",
	[W81_ECX] = "0x80000001.ECX", [W81_EDX] = "0x80000001.EDX",
};

void state_get_features(const struct cpuid_policy *policy, uint32_t words[STATE_FEATURE_WORDS])
{
	words[W1_ECX] = policy->basic[1].ecx;
	words[W1_EDX] = policy->basic[1].edx;
	words[W7_EBX] = policy->leaf7[0].ebx;
	words[W7_ECX] = policy->leaf7[0].ecx;
	words[W7_EDX] = policy->leaf7[0].edx;
	words[WD1_EAX] = policy->leafd[1].eax;
	words[W81_ECX] = policy->extended[1].ecx;
	words[W81_EDX] = policy->extended[1].edx;
	for (unsigned i = 0; i < STATE_FEATURE_WORDS; i++)
		words[i] &= ~ignored[i];
}

static const char *name_of(unsigned word, unsigned bit)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].word == word && names[i].bit == bit)
			return names[i].name;
	return NULL;
}

/* As many names as there is room for. */
static void add_name(char reason[HV_STATE_REASON_MAX], unsigned word, unsigned bit)
{
	const char *name = name_of(word, bit), *comma = *reason ? ", " : "";
	size_t length = strlen(reason);

	if (name)
		snprintf(reason + length, HV_STATE_REASON_MAX - length, "%s%s", comma, name);
	else
		snprintf(reason + length, HV_STATE_REASON_MAX - length, "%sCPUID %s bit %u", comma,
			 registers[word], bit);
}

bool state_check_features(const struct cpuid_policy *policy, const uint32_t words[STATE_FEATURE_WORDS],
			  char reason[HV_STATE_REASON_MAX])
{
	char missing[HV_STATE_REASON_MAX] = "";
	uint32_t have[STATE_FEATURE_WORDS];

	state_get_features(policy, have);
	for (unsigned i = 0; i < STATE_FEATURE_WORDS; i++)
		for (uint32_t rest = words[i] & ~ignored[i] & ~have[i]; rest; rest &= rest - 1)
			add_name(missing, i, (unsigned)__builtin_ctz(rest));
	if (!*missing)
		return true;
	snprintf(reason, HV_STATE_REASON_MAX, "this processor lacks %.200s", missing);
	return false;
}
