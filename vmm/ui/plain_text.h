/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts of strangers (names of machines, paths, what a guest says) on a terminal: characters that command it,
 * or that turn a line round (Unicode UAX #9: a name may look like another), are no part of a text.
 */
#ifndef UI_PLAIN_TEXT_H
#define UI_PLAIN_TEXT_H

/* The bytes of the character that UTF-8 `text` begins with, when it is one of those; else 0. */
unsigned plain_text_stranger(const char *text);
/* In place: each of them becomes `instead`. */
void plain_text_clean(char *text, char instead);

#endif
