/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypervisor whose guest is a script: tests of the worker and of the command line need no engine and no
 * kernel then.
 *
 * The "guest" is a list of words on the kernel command line (which the boot loader puts to 0x20000), run by
 * VP 0:
 *   say:TEXT     writes TEXT and a newline to COM1, polling the transmitter as a driver does
 *   flood:N      writes N bytes, a pattern that can be checked (letters a..z, a newline each 64)
 *   echo:N       reads N bytes from COM1 and writes them back
 *   sum:N        reads N bytes and says "sum=HEX" (FNV-1a)
 *   off          ACPI S5
 *   reset        port CF9, each time
 *   resets:N     the same, until it was done N times (counted in CMOS 60h)
 *   crash        triple fault
 *   fail         a failure of the engine
 *   spin         runs for ever
 *   abort        the worker dies of a signal
 *   forbidden    it makes a system call that no thread may make
 */
#include <hv/hv.h>
#include <hv/state.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { COM1 = 0x3f8, CMDLINE = 0x20000 };

struct hv_partition {
	uint8_t *ram;
	struct hv_vp *vps[HV_MAX_VPS];
	unsigned vp_count;
};

struct hv_vp {
	struct hv_partition *partition;
	unsigned index;
	atomic_bool is_canceled;
	uint64_t regs[HV_REG_COUNT];
	/* the script */
	const char *word;
	uint64_t count, done, sum;
	uint8_t byte;
	bool has_byte;
	char text[64];
	enum {
		NEXT_WORD,
		POLL_FOR_ROOM,
		WRITE,
		POLL_FOR_INPUT,
		READ,
		AFTER_CMOS_INDEX,
		AFTER_CMOS_READ,
		AFTER_CMOS_INDEX2,
		RESET_NOW,
	} step;
	enum { SAY, FLOOD, ECHO, SUM } mode;
	unsigned resets_wanted;
	uint8_t resets_seen;
	unsigned setup; /* steps of setting the port up, as every driver does */
};

const char *hv_engine_name(enum hv_engine_kind kind)
{
	return kind == HV_ENGINE_AUTO ? "auto" : kind == HV_ENGINE_KVM ? "kvm" : "translator";
}

int hv_engine_parse(const char *text, enum hv_engine_kind *ret_kind)
{
	for (int kind = HV_ENGINE_AUTO; kind <= HV_ENGINE_KVM; kind++)
		if (strcmp(text, hv_engine_name((enum hv_engine_kind)kind)) == 0) {
			*ret_kind = (enum hv_engine_kind)kind;
			return 0;
		}
	return -EINVAL;
}

void hv_kvm_set_device_error(int error)
{
	(void)error;
}

void hv_kvm_set_device(int fd)
{
	if (fd >= 0)
		close(fd);
}

int hv_engine_choose(enum hv_engine_kind wanted, enum hv_engine_kind *ret_kind, const char **ret_reason)
{
	*ret_reason = wanted == HV_ENGINE_KVM ? "this machine has no hardware virtualization" : "a script";
	if (wanted == HV_ENGINE_KVM)
		return -ENODEV;
	*ret_kind = HV_ENGINE_TRANSLATOR;
	return 0;
}

int hv_partition_new(const struct hv_partition_config *config, struct hv_partition **ret_partition)
{
	*ret_partition = calloc(1, sizeof(**ret_partition));
	(*ret_partition)->vp_count = config->vp_count;
	return 0;
}

uint64_t hv_clock(const struct hv_partition *partition)
{
	return 0;
}

int hv_set_clock(struct hv_partition *partition, uint64_t tsc)
{
	return 0;
}

struct hv_partition *hv_partition_free(struct hv_partition *partition)
{
	free(partition);
	return NULL;
}

int hv_map(struct hv_partition *partition, uint64_t gpa, void *host, uint64_t size, unsigned flags)
{
	if (gpa == 0)
		partition->ram = host;
	return 0;
}

int hv_vp_new(struct hv_partition *partition, unsigned index, struct hv_vp **ret_vp)
{
	*ret_vp = calloc(1, sizeof(**ret_vp));
	(*ret_vp)->partition = partition;
	(*ret_vp)->index = index;
	partition->vps[index] = *ret_vp;
	return 0;
}

struct hv_vp *hv_vp_free(struct hv_vp *vp)
{
	free(vp);
	return NULL;
}

void hv_vp_cancel(struct hv_vp *vp)
{
	atomic_store(&vp->is_canceled, true);
}

void hv_vp_stats(const struct hv_vp *vp, struct hv_stats *ret_stats)
{
	*ret_stats = (struct hv_stats){ 0 };
}

int hv_interrupt(struct hv_partition *partition, uint64_t msi_address, uint32_t msi_data)
{
	return 0;
}

void hv_set_extint(struct hv_partition *partition, unsigned index, bool level)
{
}

void hv_vp_inject_extint(struct hv_vp *vp, uint8_t vector)
{
}

int hv_vp_set_regs(struct hv_vp *vp, const enum hv_reg *names, size_t count, const union hv_value *values)
{
	for (size_t i = 0; i < count; i++)
		vp->regs[names[i]] = values[i].u64;
	return 0;
}

int hv_vp_get_regs(struct hv_vp *vp, const enum hv_reg *names, size_t count, union hv_value *ret_values)
{
	for (size_t i = 0; i < count; i++)
		ret_values[i].u64 = vp->regs[names[i]];
	return 0;
}

static int port(struct hv_exit *exit, uint16_t number, bool is_write, uint8_t data)
{
	exit->reason = HV_EXIT_PORT;
	exit->port.port = number;
	exit->port.size = 1;
	exit->port.is_write = is_write;
	exit->port.data = data;
	return 0;
}

static int port16(struct hv_exit *exit, uint16_t number, uint16_t data)
{
	port(exit, number, true, 0);
	exit->port.size = 2;
	exit->port.data = data;
	return 0;
}

static int ended(struct hv_exit *exit, enum hv_exit_reason reason)
{
	exit->reason = reason;
	if (reason == HV_EXIT_FAILURE)
		exit->failure = "the script asked for a failure";
	return 0;
}

static uint64_t number(const char *word, const char *verb)
{
	size_t n = strlen(verb);

	return strncmp(word, verb, n) == 0 ? strtoull(word + n, NULL, 10) : 0;
}

static void sleep_a_little(void)
{
	poll(NULL, 0, 1);
}

static int canceled(struct hv_vp *vp, struct hv_exit *exit)
{
	while (!atomic_exchange(&vp->is_canceled, false))
		sleep_a_little();
	return ended(exit, HV_EXIT_CANCELED);
}

static void start_output(struct hv_vp *vp, const char *text)
{
	strncpy(vp->text, text, sizeof(vp->text) - 2);
	vp->text[strcspn(vp->text, " ")] = '\0';
	strcat(vp->text, "\n");
	vp->mode = SAY;
	vp->count = strlen(vp->text);
	vp->done = 0;
	vp->step = POLL_FOR_ROOM;
}

static void start_transfer(struct hv_vp *vp, int mode, uint64_t count)
{
	vp->mode = mode;
	vp->count = count;
	vp->done = 0;
	vp->sum = 0xcbf29ce484222325ull;
	vp->step = mode == FLOOD ? POLL_FOR_ROOM : POLL_FOR_INPUT;
}

static int start_word(struct hv_vp *vp, struct hv_exit *exit, const char *word)
{
	if (strncmp(word, "say:", 4) == 0) {
		start_output(vp, word + 4);
	} else if (number(word, "flood:")) {
		start_transfer(vp, FLOOD, number(word, "flood:"));
	} else if (number(word, "echo:")) {
		start_transfer(vp, ECHO, number(word, "echo:"));
	} else if (number(word, "sum:")) {
		start_transfer(vp, SUM, number(word, "sum:"));
	} else if (number(word, "resets:")) {
		vp->resets_wanted = (unsigned)number(word, "resets:");
		vp->step = AFTER_CMOS_INDEX;
		return port(exit, 0x70, true, 0x60);
	} else if (strncmp(word, "off", 3) == 0) {
		return port16(exit, 0x604, 1 << 13);
	} else if (strncmp(word, "reset", 5) == 0) {
		return port(exit, 0xcf9, true, 6);
	} else if (strncmp(word, "crash", 5) == 0) {
		return ended(exit, HV_EXIT_SHUTDOWN);
	} else if (strncmp(word, "fail", 4) == 0) {
		return ended(exit, HV_EXIT_FAILURE);
	} else if (strncmp(word, "abort", 5) == 0) {
		abort();
	} else if (strncmp(word, "forbidden", 9) == 0) {
		syscall(SYS_getppid); /* harmless, and in no thread's list */
	} else if (strncmp(word, "spin", 4) == 0) {
		return canceled(vp, exit);
	}
	return 1;
}

static const char *next_word(struct hv_vp *vp)
{
	const char *word = vp->word;

	if (!word)
		word = (const char *)vp->partition->ram + CMDLINE;
	else
		word += strcspn(word, " ");
	word += strspn(word, " ");
	vp->word = word;
	return word;
}

static uint8_t output_byte(const struct hv_vp *vp)
{
	if (vp->mode == SAY)
		return (uint8_t)vp->text[vp->done];
	if (vp->mode == FLOOD)
		return vp->done % 64 == 63 ? '\n' : (uint8_t)('a' + vp->done / 64 % 26);
	return vp->byte;
}

static void say_sum(struct hv_vp *vp)
{
	char text[40] = "sum ";
	unsigned n = 4;

	for (int shift = 60; shift >= 0; shift -= 4)
		text[n++] = "0123456789abcdef"[vp->sum >> shift & 15];
	text[n] = '\0';
	text[3] = '=';
	start_output(vp, text);
}

/* One more exit of the transfer that is under way; 1: none, look again. */
static int transfer(struct hv_vp *vp, struct hv_exit *exit)
{
	switch (vp->step) {
	case POLL_FOR_ROOM: vp->step = WRITE; return port(exit, COM1 + 5, false, 0);
	case WRITE:
		if (!(exit->port.data & 0x20)) { /* transmitter holding register full */
			sleep_a_little();
			vp->step = POLL_FOR_ROOM;
			return 1;
		}
		port(exit, COM1, true, output_byte(vp));
		vp->done++;
		vp->step = vp->done == vp->count ? NEXT_WORD
			   : vp->mode == ECHO	 ? POLL_FOR_INPUT
						 : POLL_FOR_ROOM;
		return 0;
	case POLL_FOR_INPUT: vp->step = READ; return port(exit, COM1 + 5, false, 0);
	case READ:
		if (!vp->has_byte && !(exit->port.data & 1)) {
			sleep_a_little();
			vp->step = POLL_FOR_INPUT;
			return 1;
		}
		if (!vp->has_byte) {
			vp->has_byte = true;
			return port(exit, COM1, false, 0);
		}
		vp->has_byte = false;
		vp->byte = (uint8_t)exit->port.data;
		if (vp->mode == ECHO) {
			vp->step = POLL_FOR_ROOM;
			return 1;
		}
		vp->sum = (vp->sum ^ vp->byte) * 0x100000001b3ull;
		vp->step = POLL_FOR_INPUT;
		if (++vp->done == vp->count)
			say_sum(vp);
		return 1;
	default: return 1;
	}
}

/* Counts starts in CMOS, which survives a reset. */
static int count_resets(struct hv_vp *vp, struct hv_exit *exit)
{
	switch (vp->step) {
	case AFTER_CMOS_INDEX: vp->step = AFTER_CMOS_READ; return port(exit, 0x71, false, 0);
	case AFTER_CMOS_READ:
		vp->resets_seen = (uint8_t)exit->port.data;
		if (vp->resets_seen >= vp->resets_wanted) {
			vp->step = NEXT_WORD;
			return 1;
		}
		vp->step = AFTER_CMOS_INDEX2;
		return port(exit, 0x70, true, 0x60);
	case AFTER_CMOS_INDEX2: vp->step = RESET_NOW; return port(exit, 0x71, true, vp->resets_seen + 1);
	default: return port(exit, 0xcf9, true, 6);
	}
}

int hv_vp_run(struct hv_vp *vp, struct hv_exit *exit)
{
	int r = 1;

	if (vp->index != 0)
		return canceled(vp, exit);
	while (r == 1) {
		if (atomic_exchange(&vp->is_canceled, false))
			return ended(exit, HV_EXIT_CANCELED);
		if (vp->setup < 2)
			return vp->setup++ == 0 ? port(exit, COM1 + 2, true, 7) : /* FIFOs */
				   port(exit, COM1 + 4, true, 0xb);		  /* DTR, RTS, OUT2 */
		if (vp->step == NEXT_WORD) {
			const char *word = next_word(vp);

			r = *word ? start_word(vp, exit, word) : canceled(vp, exit);
		} else if (vp->step >= AFTER_CMOS_INDEX) {
			r = count_resets(vp, exit);
		} else {
			r = transfer(vp, exit);
		}
	}
	return r;
}

/* --- what only a generation 1 machine calls ----------------------------------------------------------- */

int hv_unmap(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
	return 0;
}

void hv_memory_written(struct hv_partition *partition, uint64_t gpa, uint64_t size)
{
}

int hv_query_dirty(struct hv_partition *partition, uint64_t gpa, uint64_t size, void *bitmap,
		   size_t bitmap_bytes)
{
	return -ENOENT;
}

/* --- saving: VP 0 with its place in the script --------------------------------------------------------- */

struct saved_vp {
	struct hv_vp vp;
	int64_t word; /* from the beginning of RAM; -1: none yet */
};

int hv_save(struct hv_partition *partition, void **ret_bytes, size_t *ret_size)
{
	struct saved_vp *saved = calloc(1, sizeof(*saved));
	struct hv_vp *vp = partition->vps[0];

	saved->vp = *vp;
	saved->vp.partition = NULL;
	saved->vp.word = NULL;
	saved->word = vp->word ? vp->word - (const char *)partition->ram : -1;
	*ret_bytes = saved;
	*ret_size = sizeof(*saved);
	return 0;
}

int hv_restore(struct hv_partition *partition, const void *bytes, size_t size,
	       char reason[HV_STATE_REASON_MAX])
{
	struct hv_vp *vp = partition->vps[0];
	struct saved_vp saved;

	if (size != sizeof(saved))
		return -EINVAL;
	memcpy(&saved, bytes, size);
	*vp = saved.vp;
	vp->partition = partition;
	vp->word = saved.word < 0 ? NULL : (const char *)partition->ram + saved.word;
	/* the answer to the last exit was taken by another process */
	if (vp->step == WRITE)
		vp->step = POLL_FOR_ROOM;
	else if (vp->step == READ && !vp->has_byte)
		vp->step = POLL_FOR_INPUT;
	atomic_store(&vp->is_canceled, false);
	return 0;
}
