/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X keysyms (X Window System Protocol, appendix A) of keys that write nothing, and those of characters. */
#include "keys/keys.h"

struct named {
	uint16_t keysym, code;
};

static const struct named named[] = {
	{ 0xff08, 0x0e },   /* BackSpace */
	{ 0xff09, 0x0f },   /* Tab */
	{ 0xff0d, 0x1c },   /* Return */
	{ 0xff13, 0xe11d }, /* Pause */
	{ 0xff14, 0x46 },   /* Scroll_Lock */
	{ 0xff15, 0xe037 }, /* Sys_Req */
	{ 0xff1b, 0x01 },   /* Escape */
	{ 0xff50, 0xe047 }, /* Home */
	{ 0xff51, 0xe04b }, /* Left */
	{ 0xff52, 0xe048 }, /* Up */
	{ 0xff53, 0xe04d }, /* Right */
	{ 0xff54, 0xe050 }, /* Down */
	{ 0xff55, 0xe049 }, /* Page_Up */
	{ 0xff56, 0xe051 }, /* Page_Down */
	{ 0xff57, 0xe04f }, /* End */
	{ 0xff61, 0xe037 }, /* Print */
	{ 0xff63, 0xe052 }, /* Insert */
	{ 0xff67, 0xe05d }, /* Menu */
	{ 0xff7f, 0x45 },   /* Num_Lock */
	{ 0xff8d, 0xe01c }, /* KP_Enter */
	{ 0xff95, 0x47 },   /* KP_Home */
	{ 0xff96, 0x4b },   /* KP_Left */
	{ 0xff97, 0x48 },   /* KP_Up */
	{ 0xff98, 0x4d },   /* KP_Right */
	{ 0xff99, 0x50 },   /* KP_Down */
	{ 0xff9a, 0x49 },   /* KP_Page_Up */
	{ 0xff9b, 0x51 },   /* KP_Page_Down */
	{ 0xff9c, 0x4f },   /* KP_End */
	{ 0xff9d, 0x4c },   /* KP_Begin */
	{ 0xff9e, 0x52 },   /* KP_Insert */
	{ 0xff9f, 0x53 },   /* KP_Delete */
	{ 0xffaa, 0x37 },   /* KP_Multiply */
	{ 0xffab, 0x4e },   /* KP_Add */
	{ 0xffac, 0x53 },   /* KP_Separator */
	{ 0xffad, 0x4a },   /* KP_Subtract */
	{ 0xffae, 0x53 },   /* KP_Decimal */
	{ 0xffaf, 0xe035 }, /* KP_Divide */
	{ 0xffb0, 0x52 },   /* KP_0 */
	{ 0xffb1, 0x4f },   /* KP_1 */
	{ 0xffb2, 0x50 },   /* KP_2 */
	{ 0xffb3, 0x51 },   /* KP_3 */
	{ 0xffb4, 0x4b },   /* KP_4 */
	{ 0xffb5, 0x4c },   /* KP_5 */
	{ 0xffb6, 0x4d },   /* KP_6 */
	{ 0xffb7, 0x47 },   /* KP_7 */
	{ 0xffb8, 0x48 },   /* KP_8 */
	{ 0xffb9, 0x49 },   /* KP_9 */
	{ 0xffc8, 0x57 },   /* F11 */
	{ 0xffc9, 0x58 },   /* F12 */
	{ 0xffe1, 0x2a },   /* Shift_L */
	{ 0xffe2, 0x36 },   /* Shift_R */
	{ 0xffe3, 0x1d },   /* Control_L */
	{ 0xffe4, 0xe01d }, /* Control_R */
	{ 0xffe5, 0x3a },   /* Caps_Lock */
	{ 0xffe7, 0xe05b }, /* Meta_L */
	{ 0xffe8, 0xe05c }, /* Meta_R */
	{ 0xffe9, 0x38 },   /* Alt_L */
	{ 0xffea, 0xe038 }, /* Alt_R */
	{ 0xffeb, 0xe05b }, /* Super_L */
	{ 0xffec, 0xe05c }, /* Super_R */
	{ 0xfe03, 0xe038 }, /* ISO_Level3_Shift */
	{ 0xfe20, 0x0f },   /* ISO_Left_Tab */
	{ 0xff7e, 0xe038 }, /* Mode_switch */
	{ 0xffff, 0xe053 }, /* Delete */
};

enum {
	KEYSYM_F1 = 0xffbe,
	KEYSYM_F10 = 0xffc7,
	CODE_F1 = 0x3b,
	KEYSYM_UNICODE = 0x01000000,
};

uint16_t rd_key_of_keysym(uint32_t keysym)
{
	if (keysym >= KEYSYM_F1 && keysym <= KEYSYM_F10)
		return (uint16_t)(CODE_F1 + keysym - KEYSYM_F1);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].keysym == keysym)
			return named[i].code;
	return 0;
}

/* The first of the table: Home, not the keypad's. */
uint32_t rd_keysym_of_key(uint16_t code)
{
	if (code >= CODE_F1 && code <= CODE_F1 + (KEYSYM_F10 - KEYSYM_F1))
		return KEYSYM_F1 + (uint32_t)(code - CODE_F1);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].code == code)
			return named[i].keysym;
	return 0;
}

uint32_t rd_character_of_keysym(uint32_t keysym)
{
	if ((keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff))
		return keysym;
	if (keysym == 0x20ac)
		return 0x20ac; /* EuroSign */
	if (keysym > KEYSYM_UNICODE && keysym <= KEYSYM_UNICODE + 0x10ffff)
		return keysym - KEYSYM_UNICODE;
	return 0;
}
