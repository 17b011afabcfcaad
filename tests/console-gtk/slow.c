/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into the desktop manager by a test (LD_PRELOAD): whatever lies below the folder GTK_TEST_SLOW
 * answers only when the file GTK_TEST_GATE is there, as a file system of a network that is away. Each call
 * for it on the main thread, and each of the program itself there that waits for an answer of a bus or for
 * the end of a process, however soon that comes, is a line "BLOCKING: ..." on standard error; and, from when
 * the file GTK_TEST_WATCH is there, whenever more than GTK_TEST_STALL_MS went by between two polls of the
 * main loop. With GTK_TEST_TURNS each turn of the main loop that takes a millisecond or more is a line "turn:
 * N us, N us of processor" there.
 */
#undef _FILE_OFFSET_BITS /* each name stands for itself */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

enum { LOOK_US = 20000 };

static const char *folder, *gate, *watch;
static gint64 awake_us, stall_us; /* when the main loop came from its last poll; 0: there was none */
static gint64 used_us;		  /* what the main thread had used of the processor then */
static gboolean tells_turns;

static gint64 processor_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

static void tell_turn(gint64 busy_us)
{
	if (tells_turns && busy_us >= 1000)
		fprintf(stderr, "turn: %" G_GINT64_FORMAT " us, %" G_GINT64_FORMAT " us of processor\n",
			busy_us, processor_us() - used_us);
}

static gint watching_poll(GPollFD *fds, guint count, gint timeout_ms)
{
	gint64 busy_us = awake_us ? g_get_monotonic_time() - awake_us : 0;
	gint ready;

	if (busy_us > stall_us && syscall(SYS_faccessat, AT_FDCWD, watch, F_OK) == 0)
		fprintf(stderr, "BLOCKING: the main thread worked or waited for %d ms\n",
			(int)(busy_us / 1000));
	tell_turn(busy_us);
	ready = g_poll(fds, count, timeout_ms);
	awake_us = g_get_monotonic_time();
	if (tells_turns)
		used_us = processor_us();
	return ready;
}

__attribute__((constructor)) static void begin(void)
{
	watch = getenv("GTK_TEST_WATCH");
	tells_turns = getenv("GTK_TEST_TURNS") != NULL;
	if ((watch && getenv("GTK_TEST_STALL_MS")) || tells_turns) {
		stall_us = getenv("GTK_TEST_STALL_MS")
			       ? g_ascii_strtoll(getenv("GTK_TEST_STALL_MS"), NULL, 10) * 1000
			       : G_MAXINT64;
		g_main_context_set_poll_func(g_main_context_default(), watching_poll);
	}
	unsetenv("LD_PRELOAD"); /* not into its children */
	folder = getenv("GTK_TEST_SLOW");
	gate = getenv("GTK_TEST_GATE");
}

static int is_main(void)
{
	return gettid() == getpid();
}

static void wait_for(const char *call, const char *path)
{
	if (!folder || !gate || !path || strncmp(path, folder, strlen(folder)) != 0)
		return;
	if (is_main()) { /* what opens the gate may wait for this thread */
		fprintf(stderr, "BLOCKING: %s(%s) on the main thread\n", call, path);
		return;
	}
	while (syscall(SYS_faccessat, AT_FDCWD, gate, F_OK) < 0)
		usleep(LOOK_US);
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

/* --- files --------------------------------------------------------------------------------------------- */

#define SLOW_CALL(type, name, parameters, path, arguments)                                                   \
	type name parameters                                                                                 \
	{                                                                                                    \
		wait_for(#name, path);                                                                       \
		return REAL(name) arguments;                                                                 \
	}

SLOW_CALL(int, access, (const char *path, int mode), path, (path, mode))
SLOW_CALL(int, stat, (const char *restrict path, struct stat *restrict buffer), path, (path, buffer))
SLOW_CALL(int, lstat, (const char *restrict path, struct stat *restrict buffer), path, (path, buffer))
SLOW_CALL(int, stat64, (const char *restrict path, struct stat64 *restrict buffer), path, (path, buffer))
SLOW_CALL(int, lstat64, (const char *restrict path, struct stat64 *restrict buffer), path, (path, buffer))
SLOW_CALL(int, fstatat, (int at, const char *restrict path, struct stat *restrict buffer, int flags), path,
	  (at, path, buffer, flags))
SLOW_CALL(int, statx,
	  (int at, const char *restrict path, int flags, unsigned mask, struct statx *restrict buffer), path,
	  (at, path, flags, mask, buffer))
SLOW_CALL(DIR *, opendir, (const char *path), path, (path))
SLOW_CALL(FILE *, fopen, (const char *restrict path, const char *restrict mode), path, (path, mode))
SLOW_CALL(FILE *, fopen64, (const char *restrict path, const char *restrict mode), path, (path, mode))
SLOW_CALL(char *, realpath, (const char *restrict path, char *restrict resolved), path, (path, resolved))
SLOW_CALL(ssize_t, readlink, (const char *restrict path, char *restrict text, size_t size), path,
	  (path, text, size))

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define SLOW_OPEN(name)                                                                                      \
	int name(const char *path, int flags, ...)                                                           \
	{                                                                                                    \
		va_list arguments;                                                                           \
		mode_t mode;                                                                                 \
		va_start(arguments, flags);                                                                  \
		mode = mode_of(flags, arguments);                                                            \
		va_end(arguments);                                                                           \
		wait_for(#name, path);                                                                       \
		return REAL(name)(path, flags, mode);                                                        \
	}

SLOW_OPEN(open)
SLOW_OPEN(open64)

/* --- answers ------------------------------------------------------------------------------------------- */

/* Of GTK itself, some are asked for on the main thread, at the start. */
static void tell_waiting(const char *call, const void *caller)
{
	Dl_info info;

	if (is_main() && dladdr(caller, &info) && g_str_has_suffix(info.dli_fname, "bulkhead-gtk"))
		fprintf(stderr, "BLOCKING: %s() on the main thread\n", call);
}

#define WAITING_CALL(type, name, parameters, arguments)                                                      \
	type name parameters                                                                                 \
	{                                                                                                    \
		tell_waiting(#name, __builtin_return_address(0));                                            \
		return REAL(name) arguments;                                                                 \
	}

WAITING_CALL(GVariant *, g_dbus_connection_call_sync,
	     (GDBusConnection * bus, const char *name, const char *path, const char *interface,
	      const char *method, GVariant *parameters, const GVariantType *type, GDBusCallFlags flags,
	      int timeout_ms, GCancellable *cancellable, GError **error),
	     (bus, name, path, interface, method, parameters, type, flags, timeout_ms, cancellable, error))
WAITING_CALL(GVariant *, g_dbus_connection_call_with_unix_fd_list_sync,
	     (GDBusConnection * bus, const char *name, const char *path, const char *interface,
	      const char *method, GVariant *parameters, const GVariantType *type, GDBusCallFlags flags,
	      int timeout_ms, GUnixFDList *list, GUnixFDList **ret_list, GCancellable *cancellable,
	      GError **error),
	     (bus, name, path, interface, method, parameters, type, flags, timeout_ms, list, ret_list,
	      cancellable, error))
WAITING_CALL(GDBusConnection *, g_dbus_connection_new_for_address_sync,
	     (const char *address, GDBusConnectionFlags flags, GDBusAuthObserver *observer,
	      GCancellable *cancellable, GError **error),
	     (address, flags, observer, cancellable, error))
WAITING_CALL(gboolean, g_dbus_connection_close_sync,
	     (GDBusConnection * bus, GCancellable *cancellable, GError **error), (bus, cancellable, error))
WAITING_CALL(gboolean, g_subprocess_wait, (GSubprocess * process, GCancellable *cancellable, GError **error),
	     (process, cancellable, error))
