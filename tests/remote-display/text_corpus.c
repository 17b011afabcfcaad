/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens of real guests, read by their fonts: text_corpus FOLDER. Each NAME.ppm.gz has a NAME.txt beside it
 * with what is on it; at least 99.5 % of its characters must be right, on each and on all, and none of ASCII
 * may always be wrong (make-corpus and make-uefi-font tell where they come from). --show FILE prints what is
 * read of one.
 */
#include "text/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SIDE_MAX = 4096, TRUTH_MAX = 256 << 10, WRONG_SHOWN = 10 };
static const double right_min = 0.995;

static struct rd_fonts fonts;

static uint32_t *read_picture(const char *path, unsigned *ret_width, unsigned *ret_height)
{
	gzFile file = gzopen(path, "rb");
	char line[64] = "";
	uint32_t *pixels = NULL;

	if (file && gzgets(file, line, sizeof(line)) && strcmp(line, "P6\n") == 0 &&
	    gzgets(file, line, sizeof(line)) && sscanf(line, "%u %u", ret_width, ret_height) == 2 &&
	    *ret_width <= SIDE_MAX && *ret_height <= SIDE_MAX && gzgets(file, line, sizeof(line)))
		pixels = malloc((size_t)*ret_width * *ret_height * 4);
	for (size_t i = 0; pixels && i < (size_t)*ret_width * *ret_height; i++) {
		uint8_t rgb[3] = { 0 };

		gzread(file, rgb, 3);
		pixels[i] = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
	}
	if (file)
		gzclose(file);
	return pixels;
}

static char *read_screen(const char *path)
{
	unsigned width, height;
	uint32_t *pixels = read_picture(path, &width, &height);
	struct rd_picture picture = { pixels, width, height, width };
	struct rd_text text;
	char *out = NULL;

	if (pixels && rd_text_recognize(&fonts, &picture, &text) == 0) {
		out = rd_text_format(&text);
		rd_text_deinit(&text);
	}
	free(pixels);
	return out;
}

/* --- comparing --------------------------------------------------------------------------------------- */

struct count {
	unsigned characters, wrong;
};

enum { ASCII = 128 };
static unsigned seen[ASCII], right[ASCII]; /* on this screen */

/* One character of UTF-8; 0 at the end of the line, where it stays. */
static uint32_t next_character(const char **at)
{
	const unsigned char *s = (const unsigned char *)*at;
	unsigned size = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : 3;
	uint32_t c = size == 1 ? s[0] : size == 2 ? s[0] & 0x1fu : s[0] & 0x0fu;

	if (s[0] == '\n' || s[0] == '\0')
		return 0;
	for (unsigned i = 1; i < size; i++)
		c = c << 6 | (s[i] & 0x3fu);
	*at += size;
	return c;
}

/* A no-break space looks like a space. */
static uint32_t normal(uint32_t c)
{
	return c == 0 || c == 0xa0 ? ' ' : c;
}

static struct count compare_line(const char *truth, const char *got)
{
	struct count count = { 0, 0 };

	for (;;) {
		uint32_t wanted = next_character(&truth), is = next_character(&got);

		if (!wanted && !is)
			return count;
		wanted = normal(wanted);
		count.characters += wanted != ' ';
		count.wrong += wanted != normal(is);
		if (wanted < ASCII) {
			seen[wanted]++;
			right[wanted] += wanted == normal(is);
		}
	}
}

static const char *next_line(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

static struct count compare(const char *name, const char *truth, const char *got)
{
	struct count count = { 0, 0 };
	unsigned shown = 0;

	while (*truth || *got) {
		struct count line = compare_line(truth, got);

		count.characters += line.characters;
		count.wrong += line.wrong;
		if (line.wrong && shown++ < WRONG_SHOWN)
			printf("%s: %u wrong\n  is   %.*s\n  read %.*s\n", name, line.wrong,
			       (int)strcspn(truth, "\n"), truth, (int)strcspn(got, "\n"), got);
		truth = next_line(truth);
		got = next_line(got);
	}
	return count;
}

/* --- the corpus -------------------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
	char *text = calloc(1, TRUTH_MAX);
	FILE *file = fopen(path, "re");

	if (!file || !text || fread(text, 1, TRUTH_MAX - 1, file) == 0) {
		printf("FAIL %s cannot be read\n", path);
		exit(1);
	}
	fclose(file);
	return text;
}

/* One letter among hundreds is few; but a shell's prompt may need it. */
static bool is_each_known(const char *name)
{
	bool is_known = true;

	for (unsigned c = 0; c < ASCII; c++)
		if (seen[c] > 0 && right[c] == 0) {
			printf("%s: %c is never right\n", name, (int)c);
			is_known = false;
		}
	return is_known;
}

/* False: it is worse than it may be. */
static bool check(const char *folder, const char *name, struct count *total)
{
	char picture[512], truth_path[512], *truth, *got;
	struct count count;
	bool is_good;

	snprintf(picture, sizeof(picture), "%s/%s.ppm.gz", folder, name);
	snprintf(truth_path, sizeof(truth_path), "%s/%s.txt", folder, name);
	truth = read_file(truth_path);
	got = read_screen(picture);
	memset(seen, 0, sizeof(seen));
	memset(right, 0, sizeof(right));
	count = compare(name, truth, got ? got : "");
	total->characters += count.characters;
	total->wrong += count.wrong;
	is_good =
	    count.characters > 0 && count.wrong <= count.characters * (1 - right_min) && is_each_known(name);
	printf("%s %s: %u characters, %u wrong\n", is_good ? "ok  " : "FAIL", name, count.characters,
	       count.wrong);
	free(truth);
	free(got);
	return is_good;
}

static int show(const char *path)
{
	char *text = read_screen(path);

	if (!text)
		return 1;
	fputs(text, stdout);
	free(text);
	return 0;
}

static int is_picture(const struct dirent *entry)
{
	const char *end = strstr(entry->d_name, ".ppm.gz");

	return end && end[7] == '\0';
}

int main(int argc, char **argv)
{
	struct count total = { 0, 0 };
	struct dirent **entries;
	int count, failures = 0;

	rd_fonts_init(&fonts);
	rd_fonts_add_installed(&fonts);
	if (argc == 3 && strcmp(argv[1], "--show") == 0)
		return show(argv[2]);
	count = argc == 2 ? scandir(argv[1], &entries, is_picture, alphasort) : -1;
	if (count < 15) {
		printf("FAIL usage: text_corpus FOLDER; it holds the corpus\n");
		return 1;
	}
	for (int i = 0; i < count; i++) {
		*strstr(entries[i]->d_name, ".ppm.gz") = '\0';
		failures += !check(argv[1], entries[i]->d_name, &total);
		free(entries[i]);
	}
	free(entries);
	rd_fonts_deinit(&fonts);
	printf("%d screens, %u characters, %.3f %% right\n", count, total.characters,
	       100.0 * (total.characters - total.wrong) / total.characters);
	return failures || total.wrong > total.characters * (1 - right_min) ? 1 : 0;
}
