/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generation 1 machine: the chips, the 440FX board's PCI bus and the devices behind the 8042. The processors come in
 * an SSDT (acpi_tables.c). Ports and lines are those of vmm/chipset/.
 */
DefinitionBlock ("", "DSDT", 2, "BLKHD ", "BULKHEAD", 1)
{
	/* Soft off: the value for SLP_TYP of PM1a control (ACPI 6.4, 7.4.2); ACPI_PM_S5 in chipset/acpi_pm.h. */
	Name (\_S5, Package () { 0, 0, 0, 0 })

	/* 0: the guest uses the 8259s, 1: I/O APICs. */
	Name (PICM, 0)
	Method (\_PIC, 1) { PICM = Arg0 }

	External (\_SB.GAPS, BuffObj)

	Scope (\_SB)
	{
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_BBN, 0)

			/* What the firmware may give to PCI functions; CF8h-CFFh are the bridge's own. */
			Name (WNDW, ResourceTemplate ()
			{
				WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
					0, 0, 0xff, 0, 0x100)
				IO (Decode16, 0xcf8, 0xcf8, 1, 8)
				WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
					0, 0, 0xcf7, 0, 0xcf8)
				WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
					0, 0xd00, 0xffff, 0, 0xf300)
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
					0, 0xa0000, 0xbffff, 0, 0x20000)
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
					0, 0xc0000000, 0xfebfffff, 0, 0x3ec00000)
			})
			/* With a VMBus, also the high gap (acpi_vmbus.h). */
			Method (_CRS, 0)
			{
				If (CondRefOf (\_SB.GAPS)) { Return (ConcatenateResTemplate (WNDW, \_SB.GAPS)) }
				Return (WNDW)
			}

			/* Lane (device - 1 + pin) mod 4, as chipset/pci.h; PIIX3 routes it to ISA 10, 10, 11, 11 as
			 * SeaBIOS sets the PIRQ registers, the I/O APIC has it at 16 + lane. */
			Name (PRTP, Package ()
			{
				Package () { 0x0001ffff, 0, 0, 9 }, /* power management: SCI */
				Package () { 0x0001ffff, 1, 0, 10 },
				Package () { 0x0001ffff, 2, 0, 11 },
				Package () { 0x0001ffff, 3, 0, 11 },
				Package () { 0x0008ffff, 0, 0, 11 },
				Package () { 0x0008ffff, 1, 0, 10 },
				Package () { 0x0008ffff, 2, 0, 10 },
				Package () { 0x0008ffff, 3, 0, 11 },
				Package () { 0x0009ffff, 0, 0, 10 },
				Package () { 0x0009ffff, 1, 0, 10 },
				Package () { 0x0009ffff, 2, 0, 11 },
				Package () { 0x0009ffff, 3, 0, 11 },
				Package () { 0x000affff, 0, 0, 10 },
				Package () { 0x000affff, 1, 0, 11 },
				Package () { 0x000affff, 2, 0, 11 },
				Package () { 0x000affff, 3, 0, 10 },
				Package () { 0x000bffff, 0, 0, 11 },
				Package () { 0x000bffff, 1, 0, 11 },
				Package () { 0x000bffff, 2, 0, 10 },
				Package () { 0x000bffff, 3, 0, 10 },
				Package () { 0x000cffff, 0, 0, 11 },
				Package () { 0x000cffff, 1, 0, 10 },
				Package () { 0x000cffff, 2, 0, 10 },
				Package () { 0x000cffff, 3, 0, 11 },
			})
			Name (PRTA, Package ()
			{
				Package () { 0x0001ffff, 0, 0, 16 },
				Package () { 0x0001ffff, 1, 0, 17 },
				Package () { 0x0001ffff, 2, 0, 18 },
				Package () { 0x0001ffff, 3, 0, 19 },
				Package () { 0x0008ffff, 0, 0, 19 },
				Package () { 0x0008ffff, 1, 0, 16 },
				Package () { 0x0008ffff, 2, 0, 17 },
				Package () { 0x0008ffff, 3, 0, 18 },
				Package () { 0x0009ffff, 0, 0, 16 },
				Package () { 0x0009ffff, 1, 0, 17 },
				Package () { 0x0009ffff, 2, 0, 18 },
				Package () { 0x0009ffff, 3, 0, 19 },
				Package () { 0x000affff, 0, 0, 17 },
				Package () { 0x000affff, 1, 0, 18 },
				Package () { 0x000affff, 2, 0, 19 },
				Package () { 0x000affff, 3, 0, 16 },
				Package () { 0x000bffff, 0, 0, 18 },
				Package () { 0x000bffff, 1, 0, 19 },
				Package () { 0x000bffff, 2, 0, 16 },
				Package () { 0x000bffff, 3, 0, 17 },
				Package () { 0x000cffff, 0, 0, 19 },
				Package () { 0x000cffff, 1, 0, 16 },
				Package () { 0x000cffff, 2, 0, 17 },
				Package () { 0x000cffff, 3, 0, 18 },
			})
			Method (_PRT, 0)
			{
				If (PICM) { Return (PRTA) }
				Return (PRTP)
			}

			Device (ISA)
			{
				Name (_ADR, 0x00010000)
				Include ("dsdt_chips.asl")

				Device (KBD)
				{
					Name (_HID, EisaId ("PNP0303"))
					Name (_CRS, ResourceTemplate ()
					{
						IO (Decode16, 0x60, 0x60, 1, 1)
						IO (Decode16, 0x64, 0x64, 1, 1)
						IRQNoFlags () { 1 }
					})
				}

				Device (MOU)
				{
					Name (_HID, EisaId ("PNP0F13"))
					Name (_CRS, ResourceTemplate ()
					{
						IRQNoFlags () { 12 }
					})
				}
			}
		}
	}
}
