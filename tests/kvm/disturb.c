/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disturb PROCESS SEED: sends signals at random to a machine's worker until it is gone, one each few
 * milliseconds: to the threads of its VPs the one with which the engine makes them leave KVM_RUN, out of
 * turn, and one that they have blocked; to the process ones that it does not handle (it is the first of a
 * namespace of its own, so nothing comes of them); and it stands still for a moment. Prints how many.
 * Exit status 1: fewer than a thousand, or none to a VP.
 */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENOUGH = 1000, VPS_MAX = 16, PAUSE_US = 6000, STOP_US = 3000 };

static pid_t process;
static pid_t vps[VPS_MAX];
static unsigned vp_count, seed;

static bool is_vp(const char *thread)
{
	char path[300], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", process, thread);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = 0;
	fclose(file);
	return strncmp(name, "vp-", 3) == 0;
}

/* They are made and end while this goes on. */
static void find_vps(void)
{
	char path[64];
	struct dirent *entry;
	DIR *folder;

	vp_count = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", process);
	folder = opendir(path);
	if (!folder)
		return;
	while (vp_count < VPS_MAX && (entry = readdir(folder)))
		if (is_vp(entry->d_name))
			vps[vp_count++] = atoi(entry->d_name);
	closedir(folder);
}

static bool disturb_vp(int signal)
{
	unsigned which = (unsigned)rand_r(&seed);

	return vp_count > 0 && syscall(SYS_tgkill, process, vps[which % vp_count], signal) == 0;
}

static void stand_still(void)
{
	kill(process, SIGSTOP);
	usleep((unsigned)rand_r(&seed) % STOP_US);
	kill(process, SIGCONT);
}

int main(int argc, char **argv)
{
	unsigned sent = 0, sent_vp = 0;

	if (argc != 3)
		return 2;
	process = (pid_t)atoi(argv[1]);
	seed = (unsigned)strtoul(argv[2], NULL, 0);
	for (; kill(process, 0) == 0; sent++) {
		if (sent % 100 == 0 || vp_count == 0)
			find_vps();
		switch (rand_r(&seed) % 4) {
		case 0: stand_still(); break;
		case 1: kill(process, sent & 1 ? SIGUSR1 : SIGALRM); break;
		case 2: sent_vp += disturb_vp(SIGURG); break;
		default: sent_vp += disturb_vp(SIGRTMIN + 6); break;
		}
		usleep((unsigned)rand_r(&seed) % PAUSE_US);
	}
	printf("seed %s: %u signals, %u of them to VPs\n", argv[2], sent, sent_vp);
	return sent < ENOUGH || sent_vp == 0;
}
