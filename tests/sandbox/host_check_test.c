/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host check on hosts that are made up: a folder with the files of /proc, /sys and /dev that it looks at.
 */
#include "client/host_check.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];
static const char *host_name;
static unsigned failures, checks;

static void put(const char *path, const char *text)
{
	char *full = g_build_filename(root, path, NULL), *folder = g_path_get_dirname(full);

	if (g_mkdir_with_parents(folder, 0755) < 0 || !g_file_set_contents(full, text, -1, NULL)) {
		perror(full);
		exit(1);
	}
	g_free(full);
	g_free(folder);
}

static void take_away(const char *path)
{
	char *full = g_build_filename(root, path, NULL);

	g_remove(full);
	g_free(full);
}

static void clear(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			clear(path);
		g_remove(path);
		g_free(path);
	}
	if (dir)
		g_dir_close(dir);
}

/* One that has everything. */
static void put_good_host(void)
{
	clear(root);
	put("proc/cpuinfo",
	    "processor\t: 0\nflags\t\t: fpu nx vmx avx2\n\nprocessor\t: 1\nflags\t\t: fpu nx vmx\n");
	put("dev/kvm", "");
	put("sys/class/iommu/dmar0", "");
	put("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put("proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\nMemAvailable:    8192000 kB\n");
	put("proc/self/ns/user", "");
	put("proc/sys/user/max_user_namespaces", "60000\n");
	put("proc/sys/kernel/unprivileged_userns_clone", "1\n");
	put("sys/kernel/security/lsm", "capability,landlock,yama\n");
	put("proc/sys/kernel/seccomp/actions_avail", "kill_process kill_thread trap errno log allow\n");
	put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
	put("run/systemd/system/x", "");
	put("usr/share/seabios/bios-256k.bin", "");
	put("usr/bin/ssh", "");
}

static void expect(const char *key, enum vmc_host_state state, const char *text, const char *remedy)
{
	GPtrArray *findings = vmc_host_check(root);
	const struct vmc_host_finding *found = NULL;

	for (guint i = 0; i < findings->len; i++)
		if (strcmp(((struct vmc_host_finding *)findings->pdata[i])->key, key) == 0)
			found = findings->pdata[i];
	checks++;
	if (!found || found->state != state || !strstr(found->text, text) ||
	    (found->remedy != NULL) != (remedy != NULL) || (remedy && !strstr(found->remedy, remedy))) {
		printf("FAILED: %s: %s is %s, \"%s\", remedy \"%s\"; expected %s, \"%s\", \"%s\"\n",
		       host_name, key, found ? vmc_host_state_name(found->state) : "absent",
		       found ? found->text : "", found && found->remedy ? found->remedy : "",
		       vmc_host_state_name(state), text, remedy ? remedy : "");
		failures++;
	}
	g_ptr_array_unref(findings);
}

static void check_good(void)
{
	GPtrArray *findings;

	host_name = "a host with everything";
	put_good_host();
	findings = vmc_host_check(root);
	for (guint i = 0; i < findings->len; i++) {
		const struct vmc_host_finding *finding = findings->pdata[i];
		gboolean is_users = geteuid() != 0 && (strcmp(finding->key, "cgroup") == 0 ||
						       strcmp(finding->key, "confinement") == 0);

		if (!is_users) /* whose cgroups lie elsewhere */
			expect(finding->key, VMC_HOST_GOOD, "", NULL);
	}
	g_ptr_array_unref(findings);
	expect("hardware-virtualization", VMC_HOST_GOOD, "VT-x", NULL);
	expect("memory", VMC_HOST_GOOD, "8000 MiB available of 16000 MiB", NULL);
}

static void check_processor(void)
{
	host_name = "a guest without nesting, with PVM";
	put_good_host();
	put("proc/cpuinfo", "flags\t\t: nx\nx\nflags\t\t: fpu nx hypervisor\n");
	put("proc/cpuinfo", "x\nflags\t\t: fpu nx hypervisor\n");
	expect("hardware-virtualization", VMC_HOST_MISSING, "a guest itself", "nested");
	expect("kvm", VMC_HOST_LIMITED, "PVM", NULL);
	take_away("dev/kvm");
	expect("kvm", VMC_HOST_MISSING, "without hardware", NULL);
	host_name = "a host whose firmware switched all off";
	put("proc/cpuinfo", "x\nflags\t\t: fpu vmxx nxx\n");
	expect("hardware-virtualization", VMC_HOST_MISSING, "firmware", "BIOS");
	expect("nx", VMC_HOST_MISSING, "off", "BIOS");
	host_name = "AMD without the module";
	put("proc/cpuinfo", "x\nflags\t\t: nx svm\n");
	expect("hardware-virtualization", VMC_HOST_GOOD, "AMD-V", NULL);
	expect("kvm", VMC_HOST_MISSING, "module", "modprobe");
}

static void check_permission(void)
{
	char *path = g_build_filename(root, "dev/kvm", NULL);

	host_name = "a user outside of the group kvm";
	put_good_host();
	if (chmod(path, 0) < 0 || (geteuid() == 0 && seteuid(65534) < 0))
		failures++;
	expect("kvm", VMC_HOST_MISSING, "may not open", "usermod -aG kvm");
	if (getuid() == 0 && seteuid(0) < 0)
		failures++;
	g_free(path);
}

static void check_confinement(void)
{
	host_name = "a host that confines little";
	put_good_host();
	put("proc/sys/user/max_user_namespaces", "0\n");
	expect("namespaces", VMC_HOST_MISSING, "max_user_namespaces is 0", "sysctl");
	put("proc/sys/user/max_user_namespaces", "1\n");
	put("proc/sys/kernel/unprivileged_userns_clone", "0\n");
	expect("namespaces", VMC_HOST_MISSING, "userns_clone is 0", "sysctl");
	put("proc/sys/kernel/unprivileged_userns_clone", "1\n");
	put("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
	expect("namespaces", VMC_HOST_MISSING, "AppArmor", "sysctl");
	put("sys/kernel/security/lsm", "capability,yama\n");
	expect("landlock", VMC_HOST_MISSING, "none", "5.13");
	take_away("proc/sys/kernel/seccomp/actions_avail");
	expect("seccomp", VMC_HOST_MISSING, "no filters", "CONFIG_SECCOMP_FILTER");
	take_away("sys/fs/cgroup/cgroup.controllers");
	expect("cgroup", VMC_HOST_MISSING, "v2", "unified_cgroup_hierarchy");
	expect("confinement", VMC_HOST_LIMITED,
	       "3/7 for a machine that starts now; without namespaces, landlock, seccomp, cgroup", "above");
}

static void check_rest(void)
{
	host_name = "a small host";
	put_good_host();
	put("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
	expect("huge-pages", VMC_HOST_LIMITED, "switched off", "transparent_hugepage");
	take_away("sys/class/iommu/dmar0");
	expect("iommu", VMC_HOST_LIMITED, "none", "VT-d");
	put("proc/meminfo", "MemTotal: 1024000 kB\nMemAvailable: 102400 kB\n");
	expect("memory", VMC_HOST_LIMITED, "100 MiB available of 1000 MiB", "1024 MiB");
	take_away("usr/share/seabios/bios-256k.bin");
	expect("packages", VMC_HOST_LIMITED, "missing: seabios", "apt install seabios");
	host_name = "a host without any file";
	clear(root);
	expect("memory", VMC_HOST_LIMITED, "0 MiB", "1024 MiB");
	expect("nx", VMC_HOST_MISSING, "off", "BIOS");
}

int main(void)
{
	snprintf(root, sizeof(root), "/tmp/host-check-XXXXXX");
	if (!mkdtemp(root) || chmod(root, 0755) < 0)
		return 1;
	check_good();
	check_processor();
	check_permission();
	check_confinement();
	check_rest();
	clear(root);
	rmdir(root);
	printf("%u checks, %u failed\n", checks, failures);
	return failures ? 1 : 0;
}
