/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a disk helper that an image has taken over gets by asking for parents: nothing to write to, but what a merge is into. */
#include "link/disk_chain.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned failures, opened;

static int open_it(void *userdata, const char *path, bool is_writable)
{
	opened++;
	return open("/dev/null", (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
}

static const char *reason(void *userdata, int error, bool is_writable)
{
	return strerror(error);
}

static struct link_message *pass_on(struct link_message *message, int ends[2])
{
	struct link_message *received = NULL;

	if (link_send(ends[0], message) != 0 || link_receive(ends[1], &received) != 0)
		failures++;
	link_message_free(message);
	return received;
}

static struct link_message *make_question(unsigned depth, bool is_writable, int ends[2])
{
	struct link_message *question = NULL;

	link_message_new("open-parent", &question);
	link_add_number(question, "depth", depth);
	link_add_number(question, "writable", is_writable);
	link_add(question, "relative", "");
	link_add(question, "absolute", "/parent.vhdx");
	return pass_on(question, ends);
}

static void expect(const char *verb, unsigned depth, bool is_writable, bool is_given)
{
	struct disk_chain chain = { .open = open_it, .reason = reason };
	struct link_message *request = NULL, *question, *answer = NULL;
	int ends[2], first = open("/dev/zero", O_RDONLY | O_CLOEXEC),
		     second = open("/dev/full", O_RDONLY | O_CLOEXEC), fd = -1;
	bool is_good;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ||
	    (verb && link_message_new(verb, &request) < 0))
		return;
	disk_chain_set(&chain, 0, "/child.vhdx", first);
	disk_chain_set(&chain, 1, "/other.vhdx", second);
	question = make_question(depth, is_writable, ends);
	opened = 0;
	is_good = disk_chain_answer(&chain, request, ends[1], question) == 0 &&
		  link_receive(ends[0], &answer) == 0 &&
		  (link_take_fd(answer, "file", &fd) == 0) == is_given && opened == is_given;
	if (fd >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) != (is_writable ? O_RDWR : O_RDONLY))
		is_good = false;
	if (!is_good)
		printf("%s: depth %u, to write %d: given %d, opened %u\n", verb ? verb : "(none)", depth,
		       is_writable, fd >= 0, opened);
	failures += !is_good;
	if (fd >= 0)
		close(fd);
	link_message_free(request);
	link_message_free(question);
	link_message_free(answer);
	disk_chain_clear(&chain);
	close(first);
	close(second);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	static const char *const verbs[] = { NULL,	"inspect", "chain",	"convert",
					     "compact", "check",   "serve-nbd", "mergers" };

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		expect(verbs[i], 1, false, true);
		expect(verbs[i], 2, false, true);
		expect(verbs[i], 1, true, false);
		expect(verbs[i], 2, true, false);
	}
	expect("merge", 1, true, true);
	expect("merge", 1, false, true);
	expect("merge", 2, true, false);
	return failures > 0;
}
