/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen as text: what is drawn with every installed font is read back, wherever its grid begins; a
 * cursor hides nothing; a reader that follows a screen reads what one who sees it for the first time does;
 * pictures give no text; damaged fonts are refused.
 */
#include "../run/check.h"

#include "text/text.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 800, HEIGHT = 600 };

static uint32_t pixels[WIDTH * HEIGHT];
static uint64_t seed = 88172645463325252ull;

static uint32_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static const struct rd_picture picture = { pixels, WIDTH, HEIGHT, WIDTH };

static void draw_glyph(const struct rd_font *font, const struct rd_glyph *glyph, unsigned x, unsigned y,
		       uint32_t on, uint32_t off)
{
	for (unsigned i = 0; i < font->height; i++)
		for (unsigned j = 0; j < font->width; j++)
			pixels[(y + i) * WIDTH + x + j] =
			    glyph->rows[i] >> (font->width - 1 - j) & 1 ? on : off;
}

static const struct rd_glyph *glyph_of(const struct rd_font *font, uint32_t character)
{
	for (unsigned i = 0; i < font->count; i++)
		if (font->glyphs[i].character == character)
			return &font->glyphs[i];
	return NULL;
}

/* Lines of words, as a console has them; what was drawn is left in `drawn`. */
static void draw_screen(const struct rd_font *font, unsigned left, unsigned top, uint32_t *drawn,
			unsigned *ret_columns, unsigned *ret_rows)
{
	unsigned columns = (WIDTH - left) / font->width, rows = (HEIGHT - top) / font->height;

	memset(pixels, 0, sizeof(pixels));
	for (unsigned row = 0; row < rows; row++)
		for (unsigned column = 0; column < columns; column++) {
			uint32_t c = next() % 6 == 0 || column > columns * 3 / 4 ? ' ' : '!' + next() % 94;
			const struct rd_glyph *glyph = glyph_of(font, c);

			drawn[row * columns + column] = glyph ? c : ' ';
			if (glyph && c != ' ')
				draw_glyph(font, glyph, left + column * font->width, top + row * font->height,
					   row % 5 == 4 ? 0 : 0xaaaaaa, row % 5 == 4 ? 0xaaaaaa : 0);
		}
	*ret_columns = columns;
	*ret_rows = rows;
}

static void test_font(const struct rd_fonts *fonts, const struct rd_font *font, unsigned left, unsigned top)
{
	static uint32_t drawn[WIDTH * HEIGHT / 16];
	unsigned columns, rows, wrong = 0, unsure = 0;
	struct rd_text text;

	draw_screen(font, left, top, drawn, &columns, &rows);
	CHECK(rd_text_recognize(fonts, &picture, &text) == 0);
	if (!CHECK(text.columns == columns && text.rows == rows && text.left == left && text.top == top)) {
		printf("%ux%u at %u,%u: %u columns and %u rows at %u,%u\n", font->width, font->height, left,
		       top, text.columns, text.rows, text.left, text.top);
		rd_text_deinit(&text);
		return;
	}
	for (unsigned i = 0; i < columns * rows; i++) {
		wrong += text.cells[i].character != drawn[i];
		unsure += text.cells[i].confidence != 100;
	}
	if (!CHECK(wrong * 1000 <= columns * rows) || !CHECK(unsure * 1000 <= columns * rows))
		printf("%ux%u: %u of %u wrong, %u unsure\n", font->width, font->height, wrong, columns * rows,
		       unsure);
	rd_text_deinit(&text);
}

static void draw_cursor(const struct rd_font *font, unsigned column, unsigned row)
{
	for (unsigned line = 1; line <= 2; line++)
		for (unsigned x = 0; x < font->width; x++)
			pixels[((row + 1) * font->height - line) * WIDTH + column * font->width + x] =
			    0xaaaaaa;
}

static void test_cursor(const struct rd_fonts *fonts, const struct rd_font *font)
{
	static uint32_t drawn[WIDTH * HEIGHT / 16];
	unsigned columns, rows, at;
	struct rd_text text;

	draw_screen(font, 0, 0, drawn, &columns, &rows);
	at = columns * 3 + 7;
	draw_glyph(font, glyph_of(font, 'h'), 7 * font->width, 3 * font->height, 0xaaaaaa, 0);
	draw_cursor(font, 7, 3);
	CHECK(rd_text_recognize(fonts, &picture, &text) == 0);
	CHECK(text.columns == columns && text.cells[at].character == 'h');
	CHECK(text.has_cursor && text.cursor_column == 7 && text.cursor_row == 3);
	rd_text_deinit(&text);
}

/* --- a reader ---------------------------------------------------------------------------------------- */

static bool is_equal(const struct rd_text *a, const struct rd_text *b)
{
	bool equal =
	    a->columns == b->columns && a->rows == b->rows && a->has_cursor == b->has_cursor &&
	    (!a->has_cursor || (a->cursor_column == b->cursor_column && a->cursor_row == b->cursor_row));

	for (unsigned i = 0; equal && i < a->columns * a->rows; i++)
		equal = a->cells[i].character == b->cells[i].character &&
			a->cells[i].foreground == b->cells[i].foreground &&
			a->cells[i].background == b->cells[i].background &&
			a->cells[i].confidence == b->cells[i].confidence;
	return equal;
}

static void expect_same(const struct rd_fonts *fonts, struct rd_text_reader *reader, const char *what)
{
	const struct rd_text *text;
	struct rd_text fresh;

	CHECK(rd_text_reader_read(reader, &picture, &text) == 0);
	CHECK(rd_text_recognize(fonts, &picture, &fresh) == 0);
	if (!CHECK(is_equal(text, &fresh)))
		printf("after %s: %u x %u cells, %u x %u when it is read anew\n", what, text->columns,
		       text->rows, fresh.columns, fresh.rows);
	rd_text_deinit(&fresh);
}

static void draw_random_cells(const struct rd_font *font)
{
	for (unsigned i = 0; i < 20; i++) {
		const struct rd_glyph *glyph = glyph_of(font, '!' + next() % 94);
		unsigned column = next() % (WIDTH / font->width), row = next() % (HEIGHT / font->height);

		if (glyph)
			draw_glyph(font, glyph, column * font->width, row * font->height,
				   next() % 3 ? 0xaaaaaa : 0xff5555, 0);
	}
}

static void draw_noise(void)
{
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = next() & 0xffffff;
}

static void test_reader(const struct rd_fonts *fonts, const struct rd_font *font, const struct rd_font *other)
{
	static uint32_t drawn[WIDTH * HEIGHT / 16];
	struct rd_text_reader *reader = rd_text_reader_new(fonts);
	const struct rd_text *text;
	unsigned columns, rows, column, row;

	draw_screen(font, 0, 0, drawn, &columns, &rows);
	expect_same(fonts, reader, "the first picture");
	for (unsigned i = 0; i < 10; i++) {
		draw_random_cells(font);
		column = next() % columns;
		row = next() % rows;
		draw_cursor(font, column, row);
		expect_same(fonts, reader, "some changes and a cursor");
		draw_glyph(font, &font->glyphs[0], column * font->width, row * font->height, 0, 0);
		if (i % 2)
			expect_same(fonts, reader, "the cursor went");
	}
	memset(pixels, 0, sizeof(pixels));
	CHECK(rd_text_reader_read(reader, &picture, &text) == 0);
	CHECK(text->columns == columns && text->rows == rows &&
	      text->cells[0].character == ' '); /* cleared */
	draw_noise();
	expect_same(fonts, reader, "a picture");
	draw_screen(other, 0, 0, drawn, &columns, &rows);
	expect_same(fonts, reader, "another font");
	rd_text_reader_free(reader);
}

static void expect_nothing(const struct rd_fonts *fonts, const char *what)
{
	struct rd_text text;

	CHECK(rd_text_recognize(fonts, &picture, &text) == 0);
	if (!CHECK(text.columns == 0 && text.rows == 0))
		printf("%s: %u x %u cells\n", what, text.columns, text.rows);
	rd_text_deinit(&text);
}

static void test_pictures(const struct rd_fonts *fonts)
{
	memset(pixels, 0, sizeof(pixels));
	expect_nothing(fonts, "black");
	draw_noise();
	expect_nothing(fonts, "noise");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = next() & 1 ? 0xffffff : 0;
	expect_nothing(fonts, "noise of two colours");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = i % WIDTH * 255 / WIDTH << 16 | i / WIDTH * 255 / HEIGHT;
	expect_nothing(fonts, "a gradient");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = (i % WIDTH / 20 + i / WIDTH / 20) % 2 ? 0xffffff : 0x336699;
	expect_nothing(fonts, "a checkerboard");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = (i % WIDTH + i / WIDTH) % 37 < 2 ? 0xffffff : 0;
	expect_nothing(fonts, "stripes");
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
		int x = (int)(i % WIDTH) - 400, y = (int)(i / WIDTH) - 300;

		pixels[i] = (x * x + y * y) / 3000 % 2 ? 0xffffff : 0;
	}
	expect_nothing(fonts, "circles");
}

static void test_damaged(const char *path)
{
	static uint8_t data[RD_FONT_FILE_MAX];
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(data, 1, sizeof(data), file) : 0;

	if (file)
		fclose(file);
	for (unsigned i = 0; size > 64 && i < 200; i++) {
		size_t cut = next() % size;
		uint8_t *copy = malloc(cut + 1); /* exactly so much: a sanitizer sees what lies behind */
		struct rd_fonts fonts;

		memcpy(copy, data, cut);
		for (unsigned j = 0; j < 8 && cut > 0; j++)
			copy[next() % (j % 2 ? cut : cut < 64 ? cut : 64)] = (uint8_t)next();
		rd_fonts_init(&fonts);
		(void)rd_fonts_add(&fonts, copy, cut);
		rd_fonts_deinit(&fonts);
		free(copy);
	}
}

/* --- what is new ------------------------------------------------------------------------------------- */

static void news(const char *before, const char *now, const char *wanted)
{
	char *got = rd_text_news(before, now);

	if (!CHECK(got && strcmp(got, wanted) == 0))
		printf("news of %s behind %s: %s instead of %s\n", now, before, got ? got : "nothing",
		       wanted);
	free(got);
}

static void test_news(void)
{
	news("", "one\n\ntwo\n", "one\ntwo\n");
	news("one\ntwo\n\n", "one\ntwo\n\n", "");
	news("one\ntwo\n\n", "one\ntwo and more\n\n", "two and more\n");
	news("one\ntwo\nthree\n", "two\nthree\nfour\n", "four\n"); /* it scrolled */
	news("$\n$\n$\n", "$\n$\nlast\n", "last\n");
	news("a\nb\nc\nd\n", "c\nd\n$ \n\n", "$ \n");
	news("one\ntwo\n", "\n\n", ""); /* cleared */
	news("one\n", "other", "other\n");
}

int main(void)
{
	static struct rd_fonts fonts;

	rd_fonts_init(&fonts);
	if (!CHECK(rd_fonts_add_installed(&fonts) >= 8))
		printf("%u fonts: are seabios, console-setup-linux and grub-common installed?\n",
		       fonts.count);
	for (unsigned i = 0; i < fonts.count; i++) {
		if (!glyph_of(&fonts.fonts[i], 'A'))
			continue;
		test_font(&fonts, &fonts.fonts[i], 0, 0);
		if (i % 5 == 0)
			test_font(&fonts, &fonts.fonts[i], 3,
				  5); /* all places are tried, which takes its time */
		if (fonts.fonts[i].height > 8)
			test_cursor(&fonts, &fonts.fonts[i]);
	}
	for (unsigned i = 1; i < fonts.count; i += 4)
		if (glyph_of(&fonts.fonts[i], 'A') && glyph_of(&fonts.fonts[i - 1], 'A'))
			test_reader(&fonts, &fonts.fonts[i - 1], &fonts.fonts[i]);
	test_news();
	test_pictures(&fonts);
	test_damaged("/usr/share/seabios/vgabios-stdvga.bin");
	test_damaged("/usr/share/grub/ascii.pf2");
	rd_fonts_deinit(&fonts);
	return check_result();
}
