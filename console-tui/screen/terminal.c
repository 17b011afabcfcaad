/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen/terminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <langinfo.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

enum { PENDING_MAX = 16 << 20, RESTORE_MAX = 256 };

struct tui_terminal {
	int fd;
	int error_fd; /* where standard error went; -1: it goes there still */
	gboolean owns_fd, is_entered, is_ascii;
	enum tui_colors colors;
	struct termios saved;
	GString *enter, *pending;
	guint watch;
	guint64 written;
	void (*on_idle)(gpointer opaque);
	gpointer opaque;
};

/* For the handler of crashes: plain data only. */
static struct {
	volatile sig_atomic_t is_entered;
	int fd;
	struct termios saved;
	char bytes[RESTORE_MAX];
	size_t size;
} restore;

/* --- what it can do ---------------------------------------------------------------------------------- */

/* terminfo(5): NULL when the terminal has it not. */
static const char *capability(const char *name)
{
	const char *text = tigetstr((char *)name);

	return text && text != (char *)-1 ? text : NULL;
}

static gboolean has_true_color(void)
{
	const char *colorterm = g_getenv("COLORTERM");

	return tigetflag((char *)"RGB") > 0 || tigetflag((char *)"Tc") > 0 ||
	       (colorterm && (strcmp(colorterm, "truecolor") == 0 || strcmp(colorterm, "24bit") == 0));
}

/* no-color.org: set and not empty. */
static enum tui_colors find_colors(const struct tui_terminal_options *options)
{
	const char *no_color = g_getenv("NO_COLOR");
	int count = tigetnum((char *)"colors");

	if (options->wants_no_color || (no_color && *no_color) || count < 8)
		return TUI_COLORS_NONE;
	if (has_true_color())
		return TUI_COLORS_TRUE;
	return count >= 256 ? TUI_COLORS_256 : count >= 16 ? TUI_COLORS_16 : TUI_COLORS_8;
}

/* Paddings such as $<5> are for terminals of glass and iron. */
static void add_capability(GString *to, const char *name)
{
	const char *text = capability(name);

	for (; text && *text; text++)
		if (text[0] == '$' && text[1] == '<' && strchr(text, '>'))
			text = strchr(text, '>');
		else
			g_string_append_c(to, *text);
}

/* xterm's "Mouse Tracking" and bracketed paste; ECMA-48 BDSM: the order of characters is ours. */
static void make_sequences(struct tui_terminal *terminal, const struct tui_terminal_options *options)
{
	GString *leave = g_string_new("\033[0m");
	gboolean is_xterm = capability("kmous") != NULL || g_str_has_prefix(g_getenv("TERM"), "xterm") ||
			    g_str_has_prefix(g_getenv("TERM"), "tmux") ||
			    g_str_has_prefix(g_getenv("TERM"), "screen");

	add_capability(terminal->enter, "smcup");
	if (is_xterm) {
		g_string_append(terminal->enter, "\033[?2004h\033[8l");
		g_string_append(leave, "\033[?2004l\033[8h");
	}
	if (is_xterm && !options->wants_no_mouse) {
		g_string_append(terminal->enter, "\033[?1000h\033[?1002h\033[?1006h");
		g_string_append(leave, "\033[?1006l\033[?1002l\033[?1000l");
	}
	g_string_append(terminal->enter, "\033[?25l");
	g_string_append(leave, "\033[?25h");
	add_capability(leave, "rmcup");
	if (!capability("rmcup")) /* no second screen: leave it clean */
		g_string_append(leave, "\033[2J\033[H");
	restore.size = MIN(leave->len, sizeof(restore.bytes));
	memcpy(restore.bytes, leave->str, restore.size);
	g_string_free(leave, TRUE);
}

/* A description of its own, so that not blocking is nobody else's matter. */
static int open_own(void)
{
	const char *name = ttyname(STDIN_FILENO);

	return name ? open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
}

static gboolean check(GError **error)
{
	const char *term = g_getenv("TERM");
	int status = 0;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		g_set_error(error, THEME_ERROR, 0,
			    "this is no terminal; run it on one, or use the command line: bulkhead --help");
		return FALSE;
	}
	if (setupterm(NULL, STDOUT_FILENO, &status) != OK) {
		g_set_error(error, THEME_ERROR, 0,
			    "the terminal %s is not known here; set TERM to a known one such as xterm, or "
			    "install ncurses-term",
			    term ? term : "(TERM is not set)");
		return FALSE;
	}
	if (!capability("cup")) {
		g_set_error(error, THEME_ERROR, 0,
			    "the terminal %s cannot place its cursor; set TERM to what it is, or use the "
			    "command line: bulkhead vm list",
			    term);
		return FALSE;
	}
	return TRUE;
}

struct tui_terminal *tui_terminal_new(const struct tui_terminal_options *options, GError **error)
{
	struct tui_terminal *terminal;

	if (!check(error))
		return NULL;
	terminal = g_new0(struct tui_terminal, 1);
	terminal->error_fd = -1;
	terminal->fd = open_own();
	terminal->owns_fd = terminal->fd >= 0;
	if (!terminal->owns_fd)
		terminal->fd = STDIN_FILENO;
	terminal->colors = find_colors(options);
	terminal->is_ascii = options->wants_ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	terminal->enter = g_string_new(NULL);
	terminal->pending = g_string_new(NULL);
	make_sequences(terminal, options);
	return terminal;
}

struct tui_terminal *tui_terminal_free(struct tui_terminal *terminal)
{
	if (!terminal)
		return NULL;
	tui_terminal_leave(terminal);
	if (terminal->watch)
		g_source_remove(terminal->watch);
	if (terminal->owns_fd)
		close(terminal->fd);
	g_string_free(terminal->enter, TRUE);
	g_string_free(terminal->pending, TRUE);
	g_free(terminal);
	return NULL;
}

/* --- in and out -------------------------------------------------------------------------------------- */

static void put_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n <= 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
}

static void on_crash(int number)
{
	if (restore.is_entered) {
		restore.is_entered = 0;
		put_all(STDOUT_FILENO, restore.bytes, restore.size);
		tcsetattr(restore.fd, TCSANOW, &restore.saved);
	}
	signal(number, SIG_DFL);
	raise(number);
}

/* A stack of its own: the crash may be that there is none left. */
static void catch_crashes(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGSYS, SIGTRAP };
	static char stack[65536];
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND) };

	sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof(stack) }, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

/* What libraries and programs that we start write there would be on the screen that we draw. */
static void hide_errors(struct tui_terminal *terminal)
{
	int null = isatty(STDERR_FILENO) ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;

	if (null < 0)
		return;
	terminal->error_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (terminal->error_fd >= 0)
		dup2(null, STDERR_FILENO);
	close(null);
}

static void show_errors(struct tui_terminal *terminal)
{
	if (terminal->error_fd < 0)
		return;
	dup2(terminal->error_fd, STDERR_FILENO);
	close(terminal->error_fd);
	terminal->error_fd = -1;
}

void tui_terminal_enter(struct tui_terminal *terminal)
{
	struct termios raw;
	GString *bytes;

	if (terminal->is_entered || tcgetattr(terminal->fd, &terminal->saved) < 0)
		return;
	raw = terminal->saved;
	cfmakeraw(&raw);
	restore.fd = STDIN_FILENO;
	restore.saved = terminal->saved;
	restore.is_entered = 1;
	catch_crashes();
	hide_errors(terminal);
	tcsetattr(terminal->fd, TCSADRAIN, &raw);
	terminal->is_entered = TRUE;
	bytes = g_string_new(terminal->enter->str);
	tui_terminal_write(terminal, bytes);
	g_string_free(bytes, TRUE);
}

void tui_terminal_leave(struct tui_terminal *terminal)
{
	if (!terminal->is_entered)
		return;
	terminal->is_entered = FALSE;
	g_string_truncate(terminal->pending, 0);
	/* A sequence may have been cut in the middle: CAN ends it (ECMA-48). */
	put_all(STDOUT_FILENO, "\030", 1);
	put_all(STDOUT_FILENO, restore.bytes, restore.size);
	tcsetattr(terminal->fd, TCSAFLUSH, &terminal->saved);
	restore.is_entered = 0;
	show_errors(terminal);
}

int tui_terminal_fd(const struct tui_terminal *terminal)
{
	return terminal->fd;
}

enum tui_colors tui_terminal_colors(const struct tui_terminal *terminal)
{
	return terminal->colors;
}

gboolean tui_terminal_is_ascii(const struct tui_terminal *terminal)
{
	return terminal->is_ascii;
}

static void window(const struct tui_terminal *terminal, struct winsize *ret_size)
{
	if (ioctl(terminal->fd, TIOCGWINSZ, ret_size) < 0)
		memset(ret_size, 0, sizeof(*ret_size));
}

void tui_terminal_size(const struct tui_terminal *terminal, int *ret_width, int *ret_height)
{
	struct winsize size;

	window(terminal, &size);
	*ret_width = size.ws_col ? MIN(size.ws_col, TUI_SIZE_MAX) : 80;
	*ret_height = size.ws_row ? MIN(size.ws_row, TUI_SIZE_MAX) : 24;
}

void tui_terminal_cell_size(const struct tui_terminal *terminal, int *ret_width, int *ret_height)
{
	struct winsize size;

	window(terminal, &size);
	*ret_width = size.ws_col ? size.ws_xpixel / size.ws_col : 0;
	*ret_height = size.ws_row ? size.ws_ypixel / size.ws_row : 0;
}

/* FALSE: it is full. */
static gboolean flush(struct tui_terminal *terminal)
{
	while (terminal->pending->len > 0) {
		ssize_t n = write(terminal->fd, terminal->pending->str, terminal->pending->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return FALSE;
		if (n <= 0) {
			g_string_truncate(terminal->pending, 0); /* it is gone: SIGHUP tells */
			return TRUE;
		}
		terminal->written += (guint64)n;
		g_string_erase(terminal->pending, 0, n);
	}
	return TRUE;
}

static gboolean on_writable(int fd, GIOCondition condition, gpointer opaque)
{
	struct tui_terminal *terminal = opaque;

	if (!flush(terminal))
		return G_SOURCE_CONTINUE;
	terminal->watch = 0;
	if (terminal->on_idle)
		terminal->on_idle(terminal->opaque);
	return G_SOURCE_REMOVE;
}

void tui_terminal_write(struct tui_terminal *terminal, GString *bytes)
{
	if (terminal->is_entered && terminal->pending->len + bytes->len <= PENDING_MAX)
		g_string_append_len(terminal->pending, bytes->str, (gssize)bytes->len);
	g_string_truncate(bytes, 0);
	if (!terminal->watch && !flush(terminal))
		terminal->watch =
		    g_unix_fd_add(terminal->fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_writable, terminal);
}

gboolean tui_terminal_is_busy(const struct tui_terminal *terminal)
{
	return terminal->pending->len > 0;
}

void tui_terminal_on_idle(struct tui_terminal *terminal, void (*fn)(gpointer opaque), gpointer opaque)
{
	terminal->on_idle = fn;
	terminal->opaque = opaque;
}

guint64 tui_terminal_written(const struct tui_terminal *terminal)
{
	return terminal->written;
}
