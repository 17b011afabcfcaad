/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of findings, and those about the processor and its memory. */
#include "client/host_check.h"
#include "client/host_check_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { KVM_VERSION = 12 }; /* Documentation/virt/kvm/api.rst: no other is in use */

const char *vmc_host_state_name(enum vmc_host_state state)
{
	static const char *const names[VMC_HOST_STATES] = { "good", "limited", "missing" };

	return names[state];
}

static void free_finding(gpointer opaque)
{
	struct vmc_host_finding *finding = opaque;

	g_free(finding->text);
	g_free(finding->remedy);
	g_free(finding);
}

void vmc_host_add(GPtrArray *findings, const char *key, const char *name, const char *meaning,
		  enum vmc_host_state state, char *text, char *remedy)
{
	struct vmc_host_finding *finding = g_new0(struct vmc_host_finding, 1);

	*finding = (struct vmc_host_finding){ key, name, meaning, state, text, remedy };
	g_ptr_array_add(findings, finding);
}

char *host_read(const struct host *host, const char *path)
{
	char *full = g_build_filename(host->root, path, NULL), *text = NULL;

	if (g_file_get_contents(full, &text, NULL, NULL))
		g_strchomp(text);
	g_free(full);
	return text;
}

gboolean host_exists(const struct host *host, const char *path)
{
	char *full = g_build_filename(host->root, path, NULL);
	gboolean exists = g_file_test(full, G_FILE_TEST_EXISTS);

	g_free(full);
	return exists;
}

/* The first processor's; they are all the same. */
static gboolean has_flag(const struct host *host, const char *flag)
{
	const char *line = host->cpuinfo ? strstr(host->cpuinfo, "\nflags") : NULL;
	char *flags = line ? g_strndup(line + 1, strcspn(line + 1, "\n")) : g_strdup("");
	char **words = g_strsplit_set(flags, " \t:", -1);
	gboolean found = g_strv_contains((const char *const *)words, flag);

	g_strfreev(words);
	g_free(flags);
	return found;
}

/* --- the processor ------------------------------------------------------------------------------------ */

static void check_virtualization(const struct host *host, GPtrArray *findings)
{
	static const char meaning[] = "guests run on the processor itself; without it they are translated, "
				      "several times slower";
	const char *name = has_flag(host, "vmx") ? "VT-x" : has_flag(host, "svm") ? "AMD-V" : NULL;
	gboolean is_guest = has_flag(host, "hypervisor");

	if (name)
		vmc_host_add(
		    findings, "hardware-virtualization", "Hardware virtualization", meaning, VMC_HOST_GOOD,
		    g_strdup_printf("%s%s", name, is_guest ? ", nested: this host is a guest itself" : ""),
		    NULL);
	else
		vmc_host_add(
		    findings, "hardware-virtualization", "Hardware virtualization", meaning, VMC_HOST_MISSING,
		    g_strdup(is_guest
				 ? "the processor shows neither VT-x nor AMD-V: this host is a guest itself"
				 : "the processor shows neither VT-x nor AMD-V: it has none, or the "
				   "firmware switched it off"),
		    g_strdup(is_guest
				 ? "let the host below give nested virtualization to this guest"
				 : "switch VT-x or SVM on in the firmware's setup (BIOS), if it is there"));
}

static void check_nx(const struct host *host, GPtrArray *findings)
{
	gboolean has_nx = has_flag(host, "nx");

	vmc_host_add(
	    findings, "nx", "NX / DEP", "data cannot be executed; nothing here runs without it",
	    has_nx ? VMC_HOST_GOOD : VMC_HOST_MISSING, g_strdup(has_nx ? "present" : "switched off"),
	    has_nx ? NULL
		   : g_strdup("switch \"execute disable\" or \"NX\" on in the firmware's setup (BIOS)"));
}

static void add_kvm(GPtrArray *findings, enum vmc_host_state state, const char *text, const char *remedy)
{
	vmc_host_add(findings, "kvm", "/dev/kvm", "the kernel's way to run guests on the processor", state,
		     g_strdup(text), g_strdup(remedy));
}

static void check_open_kvm(const struct host *host, GPtrArray *findings, int fd)
{
	int version = host->is_live ? ioctl(fd, KVM_GET_API_VERSION, 0) : KVM_VERSION;

	if (version != KVM_VERSION)
		add_kvm(findings, VMC_HOST_MISSING, "it is there, but does not answer as KVM does",
			"look into the kernel's log (dmesg)");
	else if (has_flag(host, "vmx") || has_flag(host, "svm"))
		add_kvm(findings, VMC_HOST_GOOD, "present, on hardware virtualization; this user may open it",
			NULL);
	else
		add_kvm(
		    findings, VMC_HOST_LIMITED,
		    "present without hardware virtualization: page-table-based (PVM); this user may open it",
		    NULL);
}

static void check_kvm(const struct host *host, GPtrArray *findings)
{
	char *path = g_build_filename(host->root, "dev/kvm", NULL);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK), code = errno;

	g_free(path);
	if (fd >= 0)
		check_open_kvm(host, findings, fd);
	else if (code == EACCES || code == EPERM)
		add_kvm(findings, VMC_HOST_MISSING, "this user may not open it",
			"join its group, then log in again: sudo usermod -aG kvm $USER");
	else if (code == ENOENT && !has_flag(host, "vmx") && !has_flag(host, "svm"))
		add_kvm(findings, VMC_HOST_MISSING, "not there, as without hardware virtualization", NULL);
	else if (code == ENOENT)
		add_kvm(findings, VMC_HOST_MISSING, "not there: the kernel's module is not loaded",
			"sudo modprobe kvm_intel, or kvm_amd");
	else
		add_kvm(findings, VMC_HOST_MISSING, "it cannot be opened",
			"switch virtualization on in the firmware's setup (BIOS)");
	if (fd >= 0)
		close(fd);
}

static void check_iommu(const struct host *host, GPtrArray *findings)
{
	char *path = g_build_filename(host->root, "sys/class/iommu", NULL);
	GDir *dir = g_dir_open(path, 0, NULL);
	gboolean has_one = dir && g_dir_read_name(dir);

	vmc_host_add(findings, "iommu", "IOMMU",
		     "a physical device could be given to a guest; nothing here needs it yet",
		     has_one ? VMC_HOST_GOOD : VMC_HOST_LIMITED,
		     g_strdup(has_one ? "present" : "none in use"),
		     has_one ? NULL : g_strdup("switch VT-d or AMD-Vi on in the firmware's setup (BIOS)"));
	if (dir)
		g_dir_close(dir);
	g_free(path);
}

/* --- memory ------------------------------------------------------------------------------------------- */

static guint64 meminfo_mib(const struct host *host, const char *key)
{
	char *text = host_read(host, "proc/meminfo");
	const char *line = text ? strstr(text, key) : NULL;
	guint64 kib = line ? g_ascii_strtoull(line + strlen(key), NULL, 10) : 0;

	g_free(text);
	return kib / 1024;
}

guint64 vmc_host_available_mib(void)
{
	struct host host = { .root = "/", .is_live = TRUE };

	return meminfo_mib(&host, "MemAvailable:");
}

static void check_huge_pages(const struct host *host, GPtrArray *findings)
{
	char *text = host_read(host, "sys/kernel/mm/transparent_hugepage/enabled");
	gboolean is_on = text && (strstr(text, "[madvise]") || strstr(text, "[always]"));

	vmc_host_add(findings, "huge-pages", "Huge pages", "guests' memory in pages of 2 MiB: faster",
		     is_on ? VMC_HOST_GOOD : VMC_HOST_LIMITED,
		     g_strdup(is_on	      ? "given to whoever asks for them, as workers do"
			      : text && *text ? "transparent huge pages are switched off"
					      : "this kernel has no transparent huge pages"),
		     is_on || !text
			 ? NULL
			 : g_strdup("echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled"));
	g_free(text);
}

static void check_memory(const struct host *host, GPtrArray *findings)
{
	guint64 total = meminfo_mib(host, "MemTotal:"), available = meminfo_mib(host, "MemAvailable:");
	gboolean is_enough = available >= 1024;

	vmc_host_add(findings, "memory", "Memory", "what guests can have all together",
		     is_enough ? VMC_HOST_GOOD : VMC_HOST_LIMITED,
		     g_strdup_printf("%" G_GUINT64_FORMAT " MiB available of %" G_GUINT64_FORMAT " MiB",
				     available, total),
		     is_enough ? NULL
			       : g_strdup("end other programs, or give guests less than the usual 1024 MiB"));
}

GPtrArray *vmc_host_check(const char *root)
{
	struct host host = { .root = root, .is_live = strcmp(root, "/") == 0 };
	GPtrArray *findings = g_ptr_array_new_with_free_func(free_finding);

	host.cpuinfo = host_read(&host, "proc/cpuinfo");
	check_virtualization(&host, findings);
	check_nx(&host, findings);
	check_kvm(&host, findings);
	check_iommu(&host, findings);
	check_huge_pages(&host, findings);
	check_memory(&host, findings);
	host_check_confinement(&host, findings);
	host_check_packages(&host, findings);
	g_free(host.cpuinfo);
	return findings;
}
