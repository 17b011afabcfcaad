/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest shall know of the fixed chips. The processors come in an SSDT (acpi_tables.c), because their number
 * differs. Ports and lines are those of vmm/chipset/.
 */
DefinitionBlock ("", "DSDT", 2, "BLKHD ", "BULKHEAD", 1)
{
	/* Soft off: the value for SLP_TYP of PM1a control (ACPI 6.4, 7.4.2); ACPI_PM_S5 in chipset/acpi_pm.h. */
	Name (\_S5, Package () { 0, 0, 0, 0 })

	Scope (\_SB)
	{
		Include ("dsdt_chips.asl")
	}
}
