/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The chips that every machine has; inside of a scope. */
Device (RTC0)
{
	Name (_HID, EisaId ("PNP0B00"))
	Name (_CRS, ResourceTemplate ()
	{
		IO (Decode16, 0x70, 0x70, 1, 2)
		IRQNoFlags () { 8 }
	})
}

Device (COM1)
{
	Name (_HID, EisaId ("PNP0501"))
	Name (_UID, 1)
	Name (_CRS, ResourceTemplate ()
	{
		IO (Decode16, 0x3f8, 0x3f8, 1, 8)
		IRQNoFlags () { 4 }
	})
}
