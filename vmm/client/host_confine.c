/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host has to confine workers with, and what else is installed. */
#include "client/host_check.h"
#include "client/host_check_priv.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef LANDLOCK_CREATE_RULESET_VERSION
#define LANDLOCK_CREATE_RULESET_VERSION 1
#endif

/* The switches that forbid user namespaces, by their files. */
static const struct {
	const char *path, *bad, *text, *remedy;
} namespace_switches[] = {
	{ "proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0",
	  "sudo sysctl user.max_user_namespaces=10000" },
	{ "proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0",
	  "sudo sysctl kernel.unprivileged_userns_clone=1, or use the system service" },
	{ "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	  "AppArmor restricts them to some programs",
	  "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or use the system service" },
};

/* As a worker is started; the reason is the kernel's, whatever the switches say. */
static int try_namespaces(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC) < 0
			  ? errno
			  : 0);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static void check_namespaces(const struct host *host, GPtrArray *findings)
{
	static const char meaning[] = "a worker sees no network, no file and no other process";
	int r = host->is_live ? try_namespaces() : host_exists(host, "proc/self/ns/user") ? 0 : -EINVAL;

	for (unsigned i = 0; i < G_N_ELEMENTS(namespace_switches); i++) {
		char *value = host_read(host, namespace_switches[i].path);
		gboolean is_bad =
		    value && strcmp(value, namespace_switches[i].bad) == 0 && !(host->is_live && r == 0);

		g_free(value);
		if (!is_bad)
			continue;
		vmc_host_add(findings, "namespaces", "Namespaces", meaning, VMC_HOST_MISSING,
			     g_strdup(namespace_switches[i].text), g_strdup(namespace_switches[i].remedy));
		return;
	}
	vmc_host_add(findings, "namespaces", "Namespaces", meaning, r == 0 ? VMC_HOST_GOOD : VMC_HOST_MISSING,
		     r == 0 ? g_strdup("this user may make user, PID, network, mount and IPC namespaces")
			    : g_strdup_printf("the kernel refuses them: %s", g_strerror(-r)),
		     r == 0 ? NULL : g_strdup("use a kernel with CONFIG_USER_NS, outside of a container"));
}

static void check_landlock(const struct host *host, GPtrArray *findings)
{
	char *modules = host_read(host, "sys/kernel/security/lsm");
	long abi = host->is_live
		       ? syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)
		   : modules && strstr(modules, "landlock") ? 1
							    : 0;

	vmc_host_add(
	    findings, "landlock", "Landlock", "a worker can open no file, even one that everybody may read",
	    abi > 0 ? VMC_HOST_GOOD : VMC_HOST_MISSING,
	    abi > 0 ? g_strdup_printf("version %ld", abi)
		    : g_strdup("the kernel has none, or it is not switched on"),
	    abi > 0 ? NULL
		    : g_strdup("use a kernel since 5.13, and add landlock to lsm= on its command line"));
	g_free(modules);
}

static void check_seccomp(const struct host *host, GPtrArray *findings)
{
	char *actions = host_read(host, "proc/sys/kernel/seccomp/actions_avail");
	gboolean is_good = actions && strstr(actions, "trap") && strstr(actions, "kill_process");

	vmc_host_add(
	    findings, "seccomp", "Seccomp",
	    "each thread of a worker makes only the system calls that it needs; no machine runs without it",
	    is_good ? VMC_HOST_GOOD : VMC_HOST_MISSING,
	    g_strdup(is_good ? "present" : "the kernel has no filters of system calls"),
	    is_good ? NULL : g_strdup("use a kernel since 4.14 with CONFIG_SECCOMP_FILTER"));
	g_free(actions);
}

/* Where the controllers stand that a service of this user would get: its own manager's, or the host's. */
static char *read_controllers(const struct host *host)
{
	char *path, *text;

	if (geteuid() == 0)
		return host_read(host, "sys/fs/cgroup/cgroup.controllers");
	path = g_strdup_printf("sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/cgroup.controllers",
			       geteuid(), geteuid());
	text = host_read(host, path);
	g_free(path);
	return text;
}

static void check_cgroup(const struct host *host, GPtrArray *findings)
{
	char *controllers = read_controllers(host);
	gboolean has_v2 = host_exists(host, "sys/fs/cgroup/cgroup.controllers"),
		 has_memory = controllers && strstr(controllers, "memory"),
		 has_cpu = controllers && strstr(controllers, "cpu"),
		 has_systemd = host_exists(host, "run/systemd/system");
	gboolean is_good = has_memory && has_cpu && has_systemd;

	vmc_host_add(
	    findings, "cgroup", "Cgroup delegation",
	    "the host's kernel bounds the memory and the processor time of each worker",
	    is_good	 ? VMC_HOST_GOOD
	    : has_memory ? VMC_HOST_LIMITED
			 : VMC_HOST_MISSING,
	    g_strdup(is_good	    ? "memory and processor time, by systemd"
		     : !has_v2	    ? "the host does not use cgroup v2 alone"
		     : !has_systemd ? "systemd does not run here, and nobody hands cgroups over"
		     : has_memory   ? "memory only"
				    : "none is handed over to this user"),
	    is_good   ? NULL
	    : !has_v2 ? g_strdup("start the host with systemd.unified_cgroup_hierarchy=1 on the kernel's "
				 "command line")
	    : !has_systemd ? g_strdup("use a host with systemd")
			   : g_strdup("set Delegate=yes for user@.service (systemctl edit user@.service), or "
				      "use the system service"));
	g_free(controllers);
}

/* Of seven (service/confinement.h); privileges, limits and identity are to be had everywhere. */
static void summarize(GPtrArray *findings, guint first)
{
	GString *missing = g_string_new(NULL);
	guint count = 7;

	for (guint i = first; i < findings->len; i++) {
		const struct vmc_host_finding *finding = findings->pdata[i];

		if (finding->state != VMC_HOST_MISSING)
			continue;
		count--;
		g_string_append_printf(missing, "%s%s", missing->len ? ", " : "; without ", finding->key);
	}
	vmc_host_add(findings, "confinement", "Confinement",
		     "what holds a worker that a guest has broken into",
		     count == 7 ? VMC_HOST_GOOD : VMC_HOST_LIMITED,
		     g_strdup_printf("%u/7 for a machine that starts now%s", count, missing->str),
		     count == 7 ? NULL : g_strdup("see the lines above"));
	g_string_free(missing, TRUE);
}

void host_check_confinement(const struct host *host, GPtrArray *findings)
{
	guint first = findings->len;

	check_namespaces(host, findings);
	check_landlock(host, findings);
	check_seccomp(host, findings);
	check_cgroup(host, findings);
	summarize(findings, first);
}

void host_check_packages(const struct host *host, GPtrArray *findings)
{
	static const struct {
		const char *path, *package;
	} needed[] = {
		{ "usr/share/seabios/bios-256k.bin", "seabios" },
		{ "usr/bin/ssh", "openssh-client" },
	};
	GString *missing = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(needed); i++)
		if (!host_exists(host, needed[i].path))
			g_string_append_printf(missing, " %s", needed[i].package);
	vmc_host_add(findings, "packages", "Packages",
		     "firmware of generation 1 machines; other hosts over ssh",
		     missing->len ? VMC_HOST_LIMITED : VMC_HOST_GOOD,
		     missing->len ? g_strdup_printf("missing:%s", missing->str) : g_strdup("all installed"),
		     missing->len ? g_strdup_printf("sudo apt install%s", missing->str) : NULL);
	g_string_free(missing, TRUE);
}
