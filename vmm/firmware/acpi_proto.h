/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of ACPI tables. Source: ACPI 6.4, the section at each struct. */
#ifndef FIRMWARE_ACPI_PROTO_H
#define FIRMWARE_ACPI_PROTO_H

#include <stdint.h>

#define ACPI_PACKED __attribute__((packed))

struct acpi_rsdp { /* 5.2.5.3 */
	char signature[8];
	uint8_t checksum; /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP");

struct acpi_header { /* 5.2.6 */
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_header) == 36, "DESCRIPTION_HEADER");

struct acpi_address { /* 5.2.3.2: generic address structure */
	uint8_t space;
	uint8_t bits;
	uint8_t bit_offset;
	uint8_t access_size; /* 1 byte, 2 word, 3 dword */
	uint64_t address;
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_address) == 12, "GAS");

enum { ACPI_SPACE_PORT = 1 };

struct acpi_fadt { /* 5.2.9 */
	struct acpi_header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t reserved1;
	uint8_t preferred_pm_profile;
	uint16_t sci_interrupt;
	uint32_t smi_command;
	uint8_t acpi_enable;
	uint8_t acpi_disable;
	uint8_t s4bios_request;
	uint8_t pstate_control;
	uint32_t pm1a_event;
	uint32_t pm1b_event;
	uint32_t pm1a_control;
	uint32_t pm1b_control;
	uint32_t pm2_control;
	uint32_t pm_timer;
	uint32_t gpe0;
	uint32_t gpe1;
	uint8_t pm1_event_length;
	uint8_t pm1_control_length;
	uint8_t pm2_control_length;
	uint8_t pm_timer_length;
	uint8_t gpe0_length;
	uint8_t gpe1_length;
	uint8_t gpe1_base;
	uint8_t cst_control;
	uint16_t c2_latency_us;
	uint16_t c3_latency_us;
	uint16_t flush_size;
	uint16_t flush_stride;
	uint8_t duty_offset;
	uint8_t duty_width;
	uint8_t day_alarm;
	uint8_t month_alarm;
	uint8_t century;
	uint16_t iapc_boot_arch;
	uint8_t reserved2;
	uint32_t flags;
	struct acpi_address reset_register;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor_version;
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct acpi_address x_pm1a_event;
	struct acpi_address x_pm1b_event;
	struct acpi_address x_pm1a_control;
	struct acpi_address x_pm1b_control;
	struct acpi_address x_pm2_control;
	struct acpi_address x_pm_timer;
	struct acpi_address x_gpe0;
	struct acpi_address x_gpe1;
	struct acpi_address sleep_control;
	struct acpi_address sleep_status;
	uint64_t hypervisor_vendor;
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_fadt) == 276, "FADT, revision 6");

enum acpi_fadt_flags { /* table 5.10 */
		       FADT_WBINVD = 1 << 0,
		       FADT_PROC_C1 = 1 << 2,
		       FADT_RTC_WAKE_NOT_FIXED = 1 << 6,
		       FADT_TIMER_32BIT = 1 << 8,
		       FADT_RESET_REGISTER = 1 << 10,
};

enum acpi_boot_arch { /* table 5.11 */
		      BOOT_ARCH_LEGACY_DEVICES = 1 << 0,
		      BOOT_ARCH_8042 = 1 << 1,
		      BOOT_ARCH_NO_VGA = 1 << 2,
};

struct acpi_facs { /* 5.2.10 */
	char signature[4];
	uint32_t length;
	uint32_t hardware_signature;
	uint32_t waking_vector;
	uint32_t global_lock;
	uint32_t flags;
	uint64_t x_waking_vector;
	uint8_t version;
	uint8_t reserved1[3];
	uint32_t ospm_flags;
	uint8_t reserved2[24];
} ACPI_PACKED;
_Static_assert(sizeof(struct acpi_facs) == 64, "FACS");

struct acpi_madt { /* 5.2.12; then the entries */
	struct acpi_header header;
	uint32_t local_apic;
	uint32_t flags;
} ACPI_PACKED;

enum { MADT_PCAT_COMPAT = 1 << 0 };

struct madt_local_apic { /* 5.2.12.2 */
	uint8_t type;	 /* 0 */
	uint8_t length;
	uint8_t uid;
	uint8_t apic_id;
	uint32_t flags; /* 1: enabled */
} ACPI_PACKED;
_Static_assert(sizeof(struct madt_local_apic) == 8, "Processor Local APIC");

struct madt_io_apic { /* 5.2.12.3 */
	uint8_t type; /* 1 */
	uint8_t length;
	uint8_t id;
	uint8_t reserved;
	uint32_t address;
	uint32_t first_gsi;
} ACPI_PACKED;
_Static_assert(sizeof(struct madt_io_apic) == 12, "I/O APIC");

struct madt_override { /* 5.2.12.5 */
	uint8_t type;  /* 2 */
	uint8_t length;
	uint8_t bus; /* 0: ISA */
	uint8_t irq;
	uint32_t gsi;
	uint16_t flags;
} ACPI_PACKED;
_Static_assert(sizeof(struct madt_override) == 10, "Interrupt Source Override");

enum { MADT_LEVEL_HIGH = 0xd }; /* active high, level-triggered; 0 = as the bus has it */

struct madt_local_nmi { /* 5.2.12.7 */
	uint8_t type;	/* 4 */
	uint8_t length;
	uint8_t uid; /* 0xff: all */
	uint16_t flags;
	uint8_t lint;
} ACPI_PACKED;
_Static_assert(sizeof(struct madt_local_nmi) == 6, "Local APIC NMI");

#endif
