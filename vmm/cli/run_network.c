/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/run_network.h"
#include "cli/message.h"
#include "link/worker_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- options --------------------------------------------------------------------------------------- */

static bool parse_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_number = strtoul(text, &end, 10);
	return !errno && !*end && *ret_number <= max;
}

/* Whether `value` is this word, maybe with ",legacy" behind it. */
static bool is_switch(struct run_options *options, const char *value, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(value, word, length) != 0)
		return false;
	options->has_legacy_adapter = strcmp(value + length, ",legacy") == 0;
	return options->has_legacy_adapter || !value[length];
}

bool run_set_switch(struct run_options *options, const char *value)
{
	unsigned long fd;

	options->has_switch = true;
	if (strcmp(value, "none") == 0) {
		options->network = RUN_SWITCH_NONE;
	} else if (is_switch(options, value, "nat")) {
		options->network = RUN_SWITCH_NAT;
	} else if (strncmp(value, "fd:", 3) == 0 && parse_number(value + 3, 1 << 20, &fd)) {
		options->network = RUN_SWITCH_FD;
		options->switch_fd = (int)fd;
	} else {
		say("--switch %s: there is no such virtual switch; give nat, nat,legacy or none", value);
		return false;
	}
	return true;
}

/* ADDRESS[,spoofing] */
static bool parse_mac(const char *text, uint8_t mac[6], bool *ret_spoofing)
{
	int end = 0;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
		   &mac[5], &end) != 6 ||
	    end != 17 || mac[0] & 1)
		return false;
	*ret_spoofing = strcmp(text + 17, ",spoofing") == 0;
	return *ret_spoofing || !text[17];
}

bool run_set_mac(struct run_options *options, const char *value)
{
	options->has_mac = parse_mac(value, options->mac, &options->may_spoof);
	if (!options->has_mac)
		say("--mac %s: this is no address of a network adapter; give one such as 00:15:5d:01:02:03",
		    value);
	return options->has_mac;
}

/* [tcp:|udp:][ADDRESS:]PORT:PORT; the text is cut up in place. */
static bool parse_forward(char *text, struct run_forward *forward)
{
	unsigned long host_port, guest_port;
	char *guest, *host;

	if (strncmp(text, "tcp:", 4) == 0 || strncmp(text, "udp:", 4) == 0) {
		forward->is_udp = text[0] == 'u';
		text += 4;
	}
	guest = strrchr(text, ':');
	if (!guest)
		return false;
	*guest++ = '\0';
	host = strrchr(text, ':');
	if (host) {
		*host++ = '\0';
		forward->host = text;
	} else {
		host = text;
	}
	if (!parse_number(host, 65535, &host_port) || !parse_number(guest, 65535, &guest_port) ||
	    !host_port || !guest_port)
		return false;
	forward->host_port = (unsigned)host_port;
	forward->guest_port = (unsigned)guest_port;
	return true;
}

bool run_add_forward(struct run_options *options, const char *value)
{
	struct run_forward forward = { .text = strdup(value) };

	if (!forward.text) {
		say("no memory; close other programs");
		return false;
	}
	if (options->forward_count == RUN_FORWARDS_MAX) {
		say("--forward: at most %d ports; give fewer", RUN_FORWARDS_MAX);
	} else if (!parse_forward(forward.text, &forward)) {
		say("--forward %s: give a port of this host and one of the guest, such as 2222:22, "
		    "udp:5353:53 or "
		    "0.0.0.0:8080:80",
		    value);
	} else {
		options->forwards[options->forward_count++] = forward;
		return true;
	}
	free(forward.text);
	return false;
}

bool run_set_tftp(struct run_options *options, const char *value)
{
	static char path[PATH_MAX]; /* the switch's process has another current folder */
	struct stat st;

	options->tftp_folder = realpath(value, path);
	if (options->tftp_folder && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	say("--tftp %s: this is no folder; give the one with the files that machines boot", value);
	return false;
}

bool run_set_boot_file(struct run_options *options, const char *value)
{
	options->boot_file = value;
	if (*value && strlen(value) <= SWITCH_BOOT_FILE_MAX)
		return true;
	say("--boot-file %s: give a file's name in the folder of --tftp, or a URL, of at most %d characters",
	    value, SWITCH_BOOT_FILE_MAX);
	return false;
}

/* Without the VMBus there is nothing to put an adapter on. */
bool run_check_network(struct run_options *options)
{
	if (!options->is_enlightened && !options->has_legacy_adapter) {
		if (options->has_switch && options->network != RUN_SWITCH_NONE) {
			say("--switch: a synthetic network adapter needs the VMBus; leave out --no-enlightenments, or give "
			    "--switch nat,legacy");
			return false;
		}
		options->network = RUN_SWITCH_NONE;
	}
	if (options->boots_network_first && options->network == RUN_SWITCH_NONE) {
		say("--boot network: the machine is on no network; give --switch nat");
		return false;
	}
	if ((options->tftp_folder || options->boot_file) && options->network != RUN_SWITCH_NAT) {
		say("%s: machines are served by the NAT; give --switch nat",
		    options->tftp_folder ? "--tftp" : "--boot-file");
		return false;
	}
	if (options->forward_count && options->network != RUN_SWITCH_NAT) {
		say("--forward: ports are forwarded by the NAT; give --switch nat");
		return false;
	}
	return true;
}

/* --- the switch ------------------------------------------------------------------------------------ */

/* Of Hyper-V's range; nobody else is on this switch. */
static void choose_mac(const struct run_options *options, uint8_t mac[6])
{
	static const uint8_t start[6] = { 0x00, 0x15, 0x5D };

	memcpy(mac, options->has_mac ? options->mac : start, 6);
	if (!options->has_mac && getrandom(mac + 3, 3, 0) != 3)
		mac[5] = 1;
}

static bool add_forwards(const struct run_options *options, struct run_network *network)
{
	char error[SWITCH_ERROR_MAX];

	for (unsigned i = 0; i < options->forward_count; i++) {
		const struct run_forward *forward = &options->forwards[i];
		const struct switch_forward request = { .is_udp = forward->is_udp,
							.host = forward->host,
							.host_port = forward->host_port,
							.guest_port = forward->guest_port };

		if (switch_add_forward(network->process.link, &request, error) < 0) {
			say("--forward: %s", error);
			return false;
		}
	}
	return true;
}

static bool open_nat(const struct run_options *options, const uint8_t mac[6], struct run_network *network,
		     int *ret_fd)
{
	const struct switch_start config = { .tftp_folder = options->tftp_folder,
					     .boot_file = options->boot_file,
					     .name = options->name,
					     .is_nat = true,
					     .has_ipv6 = true,
					     .has_host = true,
					     .uid = WORKER_UID_RUN_SWITCH +
						    (uid_t)getpid() % WORKER_UID_RUN_COUNT };
	char error[SWITCH_ERROR_MAX] = "", text[18];
	const struct switch_port port = {
		.id = 0, .mac = text, .is_up = true, .is_trunk = true, .may_spoof = options->may_spoof
	};
	int r = switch_spawn(&config, -1, &network->process, error);

	if (r == -ENOENT && !options->has_switch && !options->has_legacy_adapter)
		return true; /* built without it, and nobody asked for it */
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	if (r == 0 && *error)
		say("--switch nat: %s", error);
	if (r == 0)
		r = switch_add_port(network->process.link, &port, ret_fd, error);
	if (r < 0) {
		say("--switch nat: %s", error);
		return false;
	}
	return add_forwards(options, network);
}

bool run_network_open(const struct run_options *options, struct worker_config *config,
		      struct run_network *ret_network)
{
	struct worker_port port = { .fd = -1,
				    .allows_spoofing = options->may_spoof,
				    .is_legacy = options->has_legacy_adapter };

	ret_network->process = (struct switch_process){ .pid = -1, .link = -1 };
	if (options->network == RUN_SWITCH_NONE)
		return true;
	choose_mac(options, port.mac);
	if (options->network == RUN_SWITCH_NAT && !open_nat(options, port.mac, ret_network, &port.fd))
		return false;
	if (options->network == RUN_SWITCH_FD) {
		port.fd = fcntl(options->switch_fd, F_DUPFD_CLOEXEC, 3);
		if (port.fd < 0) {
			say("--switch fd:%d: %s; give a descriptor that is open", options->switch_fd,
			    strerror(errno));
			return false;
		}
	}
	if (port.fd >= 0 && worker_config_add_port(config, &port) < 0) {
		close(port.fd);
		say("no memory; close other programs");
		return false;
	}
	return true;
}

/* It holds nothing that could be lost. */
void run_network_close(struct run_network *network)
{
	if (network->process.pid > 0)
		kill(network->process.pid, SIGKILL);
	switch_stop(&network->process);
}
