/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run.h"
#include "cli/console.h"
#include "cli/exit_status.h"
#include "cli/host_memory.h"
#include "cli/message.h"
#include "cli/run_files.h"
#include "cli/run_network.h"
#include "cli/run_options.h"
#include "cli/screenshots.h"
#include "cli/spawn.h"
#include "cli/terminal.h"

#include "link/worker_link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char help_text[] =
    "Usage: bulkhead run --kernel FILE [OPTION...]\n"
    "       bulkhead run --disk FILE | --cdrom FILE [OPTION...]\n"
    "Runs a virtual machine that is gone afterwards, with its serial port on this terminal.\n"
    "\n"
    "  --kernel FILE       Linux kernel: a bzImage, or a vmlinux with a PVH entry\n"
    "  --initrd FILE       initial RAM disk\n"
    "  --append TEXT       kernel command line, such as console=ttyS0\n"
    "  --memory SIZE       512M, 2G, or a number of MiB (default 1024)\n"
    "  --processors N      1 to 64 (default 1)\n"
    "  --cpu WHICH         the processor that the guest sees: host (default), or compatible (the same on all\n"
    "                      hosts and engines)\n"
    "  --engine ENGINE     auto, translator or kvm (default auto)\n"
    "  --serial WHERE      stdio (default), none, unix:PATH (listens there), file:PATH\n"
    "  --generation 1      a PC that boots through its firmware (SeaBIOS); set by the options below\n"
    "  --disk FILE         a disk image: VHDX, VHD (by its name's ending), else raw; may come again. Add\n"
    "                      ,readonly for a disk that is not written; ,controller=ide or ,controller=scsi (for\n"
    "                      a synthetic disk: default with --kernel; firmware boots from ide only)\n"
    "  --cdrom FILE        an ISO image in a DVD drive; may come again\n"
    "  --no-enlightenments a machine without Hyper-V's interface and VMBus\n"
    "  --on-full WHAT      when the host has no room for a disk: error (default: the guest gets it) or\n"
    "                      wait (the machine stands still until there is room)\n"
    "  --boot WHAT         disk, cdrom or network first (default disk, if there is one); network makes the\n"
    "                      network adapter a legacy one\n"
    "  --switch SWITCH     nat (default: addresses by DHCP, this host at the gateway's address) or none; nat,legacy\n"
    "                      for an adapter that systems without Hyper-V's drivers know\n"
    "  --mac ADDRESS       of the network adapter, such as 00:15:5d:01:02:03; with ,spoofing the guest may change it\n"
    "  --forward PORTS     a port of this host leads to one of the guest: 2222:22, udp:5353:53, 0.0.0.0:8080:80\n"
    "  --tftp FOLDER       the NAT serves its files to machines that boot from the network\n"
    "  --boot-file NAME    what those are told to boot: a file in that folder, or a URL\n"
    "  --hvsock unix:PATH  hvsock on the host: who connects there says CONNECT PORT (of the guest), or\n"
    "                      LISTEN PORT (for what the guest connects to)\n"
    "  --display WHERE     none (default), or unix:PATH: displays connect there\n"
    "  --screenshot-at WHEN:FILE\n"
    "                      a picture of the screen as PNG; WHEN is a number of seconds, or a text on the "
    "screen\n"
    "  --firmware-log FILE what the firmware tells of its work; - for standard error\n"
    "  --timeout SECONDS   stop the machine after this time\n"
    "  --name TEXT         name of the machine in messages (default guest)\n"
    "  --trace-start       tell how long the start took\n"
    "\n"
    "Keys on a terminal: Ctrl-A X stops the machine and leaves, Ctrl-A H lists the keys, Ctrl-A A sends "
    "Ctrl-A.\n"
    "\n"
    "Exit status: 0 the guest switched itself off; 1 failure; 2 wrong usage; 3 the guest crashed (triple "
    "fault);\n"
    "124 time limit; 130 left by Ctrl-A X; 128+N stopped by signal N.\n";

enum {
	POLL_LINK,
	POLL_SIGNALS,
	POLL_SCREENSHOTS,
	POLL_CONSOLE, /* and the next ones */
	POLLS = POLL_CONSOLE + CONSOLE_POLLS,
	FLUSH_MS = 500,
};

static const uint64_t second_ns = 1000000000;

/* Between attempts to write on a disk of the host that was full. */
enum { RETRY_S = 5 };

struct run {
	struct run_options options;
	struct run_files files;
	struct spawned_worker worker;
	struct console console;
	struct screenshots screenshots;
	struct run_network network;
	int signals;
	uint64_t start_ns;
	uint64_t deadline_ns; /* 0: none */
	uint64_t retry_ns;    /* the same */
	uint64_t full_ns;     /* when the last attempt failed; 0: none has */
	bool has_ended;	      /* "ended" came */
	bool is_link_closed;
	bool is_running;
	enum worker_cause cause;
	char text[512];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* --- the worker's messages ------------------------------------------------------------------------- */

static const char *text_of(const struct link_message *message, const char *key)
{
	const char *text = link_get(message, key);

	return text ? text : "(no word about it)";
}

static void on_running(struct run *run, const struct link_message *message)
{
	uint64_t start_ns;

	if (!run->is_running && run->options.trace_start &&
	    link_get_number(message, "start-ns", UINT64_MAX, &start_ns) == 0 && start_ns >= run->start_ns)
		say("%s: first guest instruction %.1f ms after the start, engine %s", run->options.name,
		    (double)(start_ns - run->start_ns) / 1e6, text_of(message, "engine"));
	run->is_running = true;
}

static void on_ended(struct run *run, const struct link_message *message)
{
	if (worker_cause_parse(link_get(message, "cause"), &run->cause) < 0)
		run->cause = WORKER_FAILURE;
	snprintf(run->text, sizeof(run->text), "%s", text_of(message, "text"));
	run->has_ended = true;
}

/* A disk of the host is full. The worker says so after each attempt that fails, we only once. */
static void on_critical(struct run *run, const struct link_message *message)
{
	uint64_t now = now_ns();

	if (!run->full_ns || now - run->full_ns > 3 * RETRY_S * second_ns)
		say("%s: %s: the host has no room for what the guest writes, so the machine waits; make room there: it "
		    "goes on within %d s",
		    run->options.name, text_of(message, "disk"), RETRY_S);
	run->full_ns = now;
	run->retry_ns = now + RETRY_S * second_ns;
}

static void retry(struct run *run)
{
	struct link_message *message;

	run->retry_ns = 0;
	if (link_message_new("resume", &message) < 0)
		return;
	link_send(run->worker.link, message);
	link_message_free(message);
}

static void read_link(struct run *run)
{
	struct link_message *message;
	int r = link_receive(run->worker.link, &message);

	if (r != 0) {
		run->is_link_closed = true;
		return;
	}
	if (strcmp(link_verb(message), "running") == 0)
		on_running(run, message);
	else if (strcmp(link_verb(message), "warning") == 0)
		say("%s: %s", run->options.name, text_of(message, "text"));
	else if (strcmp(link_verb(message), "guest-crash") == 0)
		say("%s: the guest's kernel gave up: %s", run->options.name, text_of(message, "summary"));
	else if (strcmp(link_verb(message), "disk-critical") == 0)
		on_critical(run, message);
	else if (strcmp(link_verb(message), "ended") == 0)
		on_ended(run, message);
	link_message_free(message);
}

/* --- ends ------------------------------------------------------------------------------------------ */

static int kill_worker(struct run *run)
{
	int status = 0;

	if (run->worker.pid <= 0)
		return 0;
	kill(run->worker.pid, SIGKILL);
	while (waitpid(run->worker.pid, &status, 0) < 0 && errno == EINTR)
		;
	run->worker.pid = -1;
	return status;
}

/* We end the machine: kill, show what it still said, give the terminal back. */
static int stop(struct run *run, int status)
{
	kill_worker(run);
	console_flush(&run->console, FLUSH_MS);
	console_deinit(&run->console);
	return status;
}

static int on_console_event(struct run *run, enum console_event event)
{
	const char *name = run->options.name;

	switch (event) {
	case CONSOLE_LEAVE:
		stop(run, 0);
		say("%s: stopped", name);
		return STATUS_INTERRUPTED;
	case CONSOLE_HUNG_UP:
		kill_worker(run);
		say("%s: the terminal is gone; the machine was stopped", name);
		return STATUS_SIGNAL + SIGHUP;
	case CONSOLE_NO_READER:
	default:
		kill_worker(run);
		console_deinit(&run->console);
		say("%s: nobody reads the output any more; the machine was stopped", name);
		return STATUS_FAILED;
	}
}

/* 0: go on. */
static int on_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	switch (info.ssi_signo) {
	case SIGTSTP:
		terminal_restore();
		raise(SIGSTOP);
		return 0;
	case SIGCONT: terminal_resume(); return 0;
	default: break;
	}
	stop(run, 0);
	say("%s: stopped by signal %u (%s)", run->options.name, info.ssi_signo,
	    strsignal((int)info.ssi_signo));
	return STATUS_SIGNAL + (int)info.ssi_signo;
}

static int on_time_limit(struct run *run)
{
	stop(run, 0);
	say("%s: still running after %.10g s; the machine was stopped; give more with --timeout",
	    run->options.name, (double)run->options.timeout_ms / 1000);
	return STATUS_TIME_LIMIT;
}

static void say_worker_died(const struct run *run, int status)
{
	const char *name = run->options.name;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		say("%s: the worker process was killed; the machine is lost; if nobody did that, the host "
		    "has too little "
		    "memory: give less with --memory",
		    name);
	else if (WIFSIGNALED(status))
		say("%s: the worker process died of signal %d (%s); the machine is lost; please report this",
		    name, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 127)
		say("%s: the worker process cannot be started; install all of Bulkhead in the same version",
		    name);
	else
		say("%s: the worker process ended without a word (status %d); please report this", name,
		    WEXITSTATUS(status));
}

/* The worker closed the link: it has ended, or is about to. */
static int on_worker_end(struct run *run)
{
	/* Whatever its last steps are, they need nobody; a signal to what died already changes nothing. */
	int status = kill_worker(run);

	console_flush(&run->console, FLUSH_MS);
	console_deinit(&run->console);
	if (!run->has_ended) {
		say_worker_died(run, status);
		return STATUS_FAILED;
	}
	switch (run->cause) {
	case WORKER_POWER_OFF:
	case WORKER_STOPPED: return STATUS_DONE;
	case WORKER_CRASH:
		say("%s: the guest crashed: %s; its last output may tell why", run->options.name, run->text);
		return STATUS_GUEST_CRASHED;
	default: say("%s", run->text); return STATUS_FAILED;
	}
}

/* --- the loop -------------------------------------------------------------------------------------- */

static int poll_timeout(const struct run *run)
{
	uint64_t now = now_ns(), at = run->deadline_ns;

	if (run->retry_ns && (!at || run->retry_ns < at))
		at = run->retry_ns;
	if (!at)
		return -1;
	return at <= now ? 0 : (int)((at - now + 999999) / 1000000);
}

/* -1 is never. */
static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* The end is there when the worker closed the link and all that it wrote to the serial port has been passed
 * on. */
static bool is_over(const struct run *run)
{
	return run->is_link_closed && console_is_done(&run->console);
}

static int loop(struct run *run)
{
	struct pollfd polls[POLLS];

	while (!is_over(run)) {
		enum console_event event;
		int status = 0, wait_ms;

		polls[POLL_LINK] =
		    (struct pollfd){ .fd = run->is_link_closed ? -1 : run->worker.link, .events = POLLIN };
		polls[POLL_SIGNALS] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
		console_prepare(&run->console, polls + POLL_CONSOLE);
		wait_ms = screenshots_prepare(&run->screenshots, polls + POLL_SCREENSHOTS, now_ns());
		if (poll(polls, POLLS, sooner(wait_ms, poll_timeout(run))) < 0 && errno != EINTR)
			return stop(run, STATUS_FAILED);
		screenshots_handle(&run->screenshots, polls + POLL_SCREENSHOTS, now_ns());
		if (polls[POLL_LINK].revents)
			read_link(run);
		event = console_handle(&run->console, polls + POLL_CONSOLE);
		if (event != CONSOLE_NOTHING)
			return on_console_event(run, event);
		if (polls[POLL_SIGNALS].revents)
			status = on_signal(run);
		if (status)
			return status;
		if (run->retry_ns && now_ns() >= run->retry_ns)
			retry(run);
		if (run->deadline_ns && now_ns() >= run->deadline_ns)
			return on_time_limit(run);
	}
	return on_worker_end(run);
}

static int catch_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool check_memory(const struct run_options *options)
{
	uint64_t available = host_memory_available_mib();

	if (available == 0 || options->memory_mib <= available)
		return true;
	say("--memory: %llu MiB are asked for, but this host has only %llu MiB available; give a smaller "
	    "size",
	    (unsigned long long)options->memory_mib, (unsigned long long)available);
	return false;
}

static bool start_worker(struct run *run)
{
	int r;

	r = spawn_worker(&run->worker);
	if (r == -ENOENT) {
		say("bulkhead-vmwp: this program is missing beside bulkhead; install all of Bulkhead");
		return false;
	}
	if (r == 0)
		r = worker_config_send(run->worker.link, &run->files.config);
	/* From now on the descriptors are the worker's: the end of its serial port must be seen here. */
	worker_config_deinit(&run->files.config);
	if (r < 0)
		say("the worker process cannot be started: %s", strerror(-r));
	return r >= 0; /* LINK_CLOSED: it died at once; the loop tells how */
}

int command_run(int argc, char **argv)
{
	struct run run = { .start_ns = now_ns(),
			   .worker = { .pid = -1, .link = -1 },
			   .signals = -1,
			   .network = { { -1, -1 } } };
	int status = STATUS_FAILED;

	if (!run_options_parse(argc, argv, &run.options))
		return STATUS_USAGE;
	if (run.options.wants_help)
		return fputs(help_text, stdout) < 0 || fflush(stdout) < 0 ? STATUS_FAILED : STATUS_DONE;
	if (run.options.timeout_ms)
		run.deadline_ns = run.start_ns + run.options.timeout_ms * 1000000;
	if (!check_memory(&run.options))
		return STATUS_FAILED;
	if (run_files_open(&run.options, &run.files) &&
	    run_network_open(&run.options, &run.files.config, &run.network)) {
		run.signals = catch_signals();
		if (run.signals >= 0 && start_worker(&run)) {
			console_init(&run.console, run.files.console);
			screenshots_init(&run.screenshots, &run.options, run.files.viewer, run.start_ns);
			status = loop(&run);
			if (!screenshots_finish(&run.screenshots) && status == STATUS_DONE)
				status = STATUS_FAILED;
		}
	}
	kill_worker(&run);
	terminal_restore();
	run_network_close(&run.network);
	run_files_close(&run.files);
	if (run.worker.link >= 0)
		close(run.worker.link);
	run_options_deinit(&run.options);
	return status;
}
