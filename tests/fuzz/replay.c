/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a target on the files of a folder, for builds without libFuzzer: replay FOLDER. Dies on the first
 * find. */
#include "fuzz.h"

#include <dirent.h>

enum { INPUT_MAX = 1 << 20 };

static void run_file(const char *folder, const char *name)
{
	static uint8_t content[INPUT_MAX];
	char path[4096];
	uint8_t *data;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(1);
	}
	size = fread(content, 1, sizeof(content), file);
	fclose(file);
	data = malloc(size ? size : 1); /* of exactly this size: a sanitizer sees a step beyond it */
	if (!data)
		abort();
	memcpy(data, content, size);
	printf("%s\n", name); /* so that the last one printed is the find */
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	unsigned count = 0;

	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.') {
			run_file(argv[1], entry->d_name);
			count++;
		}
	closedir(folder);
	printf("%u inputs\n", count);
	return count ? 0 : 1; /* an empty corpus tests nothing */
}
