/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run_files.h"
#include "cli/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *remedy(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR: return "there is no such file; check the path";
	case EACCES:
	case EPERM: return "you may not open it; change its permissions, or name another file";
	case EISDIR: return "this is a folder; give a file";
	case ENXIO: return "nobody reads from this pipe; start its reader first";
	case ELOOP: return "too many symbolic links; check the path";
	case ENAMETOOLONG: return "the name is too long; check the path";
	default: return NULL;
	}
}

static void say_open_error(const char *option, const char *path, int error)
{
	const char *text = remedy(error);

	if (text)
		say("%s %s: %s", option, path, text);
	else
		say("%s %s: cannot be opened: %s; name another file", option, path, strerror(error));
}

static int open_image(const char *option, const char *path)
{
	struct stat st;
	/* Not blocking: a FIFO without a writer must not keep us waiting. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		say_open_error(option, path, errno);
		return -1;
	}
	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		return fd;
	close(fd);
	if (S_ISDIR(st.st_mode))
		say_open_error(option, path, EISDIR);
	else
		say("%s %s: this is no regular file; copy its content into one", option, path);
	return -1;
}

static int open_output_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);

	if (fd < 0) {
		say_open_error("--serial", path, errno);
		return -1;
	}
	fcntl(fd, F_SETFL, O_APPEND); /* and blocking; appending goes well together with others that write */
	return fd;
}

/* A socket that is left over from a program that died can be told from one in use: nobody answers. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, r;

	if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	return r == ECONNREFUSED;
}

static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t old = umask(077); /* the guest's console is for its owner only */
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

	umask(old);
	return r;
}

static int open_listener(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path)) {
		say("--serial unix:%s: a socket's path has at most %zu bytes; give a shorter one", path,
		    sizeof(address.sun_path) - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -errno : bind_private(fd, &address);
	if (r == -EADDRINUSE && is_stale(&address) && unlink(path) == 0)
		r = bind_private(fd, &address);
	if (r == 0 && listen(fd, 8) == 0)
		return fd;
	if (r == 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	if (r == -EADDRINUSE)
		say("--serial unix:%s: this path is in use; give another, or remove it", path);
	else
		say("--serial unix:%s: no socket can be made there: %s; give another path", path,
		    strerror(-r));
	return -1;
}

static bool open_serial(const struct run_options *options, struct run_files *files)
{
	struct worker_config *config = &files->config;
	int pair[2];

	switch (options->serial) {
	case RUN_SERIAL_NONE: config->serial = WORKER_SERIAL_NONE; return true;
	case RUN_SERIAL_FILE:
		config->serial = WORKER_SERIAL_FILE;
		config->serial_fd = open_output_file(options->serial_path);
		return config->serial_fd >= 0;
	case RUN_SERIAL_UNIX:
		config->serial = WORKER_SERIAL_LISTEN;
		config->serial_fd = open_listener(options->serial_path);
		if (config->serial_fd >= 0)
			files->socket_path = options->serial_path;
		return config->serial_fd >= 0;
	case RUN_SERIAL_STDIO: break;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		say("--serial stdio: no socket: %s; raise the limit of open files", strerror(errno));
		return false;
	}
	files->console = pair[0];
	config->serial = WORKER_SERIAL_STREAM;
	config->serial_fd = pair[1];
	return true;
}

static bool copy_texts(const struct run_options *options, struct worker_config *config)
{
	config->name = strdup(options->name);
	config->engine = strdup(options->engine);
	config->cmdline = strdup(options->append);
	config->kernel_name = strdup(options->kernel);
	config->initrd_name = strdup(options->initrd ? options->initrd : "");
	if (config->name && config->engine && config->cmdline && config->kernel_name && config->initrd_name)
		return true;
	say("no memory; close other programs");
	return false;
}

bool run_files_open(const struct run_options *options, struct run_files *files)
{
	struct worker_config *config = &files->config;

	worker_config_init(config);
	files->console = -1;
	files->socket_path = NULL;
	config->memory_mib = options->memory_mib;
	config->processors = options->processors;
	if (!copy_texts(options, config))
		return false;
	config->kernel_fd = open_image("--kernel", options->kernel);
	if (config->kernel_fd < 0)
		return false;
	if (options->initrd) {
		config->initrd_fd = open_image("--initrd", options->initrd);
		if (config->initrd_fd < 0)
			return false;
	}
	return open_serial(options, files);
}

void run_files_close(struct run_files *files)
{
	worker_config_deinit(&files->config);
	if (files->console >= 0)
		close(files->console);
	if (files->socket_path)
		unlink(files->socket_path);
	files->console = -1;
	files->socket_path = NULL;
}
