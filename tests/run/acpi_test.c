/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ACPI tables, walked as a guest walks them. */
#include "check.h"

#include "firmware/acpi_tables.h"
#include "firmware/aml.h"
#include "firmware/image_file.h"

#include <stdlib.h>
#include <string.h>

static uint8_t memory[1 << 20];
static struct guest_ram ram;

static bool is_sum_zero(const uint8_t *p, size_t size)
{
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

/* A table with the right sum inside the area, or NULL. */
static const uint8_t *table_at(uint64_t gpa, const char *signature)
{
	const uint8_t *t = guest_ram_at(&ram, gpa, 36);
	uint32_t length = t ? image_le32(t + 4) : 0;

	if (!CHECK(t && gpa >= GUEST_RAM_ROM_START && gpa + length <= GUEST_RAM_ROM_END))
		return NULL;
	if (!CHECK(memcmp(t, signature, 4) == 0 && is_sum_zero(t, length)))
		return NULL;
	return t;
}

static void check_fadt(const uint8_t *fadt)
{
	const uint8_t *facs;

	CHECK(image_le32(fadt + 4) == 276 && fadt[8] == 6);
	CHECK(table_at(image_le32(fadt + 40), "DSDT"));
	CHECK(image_le64(fadt + 140) == image_le32(fadt + 40));
	facs = guest_ram_at(&ram, image_le32(fadt + 36), 64);
	CHECK(image_le32(fadt + 36) % 64 == 0 && facs && memcmp(facs, "FACS\x40\0\0\0", 8) == 0);
	CHECK(image_le16(fadt + 46) == 9);					    /* SCI_INT */
	CHECK(image_le32(fadt + 56) == 0x600 && fadt[88] == 4);			    /* PM1a events */
	CHECK(image_le32(fadt + 64) == 0x604 && fadt[89] == 2);			    /* PM1a control */
	CHECK(image_le32(fadt + 76) == 0x608 && fadt[91] == 4);			    /* PM timer */
	CHECK(fadt[116] == 1 && image_le64(fadt + 120) == 0xcf9 && fadt[128] == 6); /* reset */
	CHECK(image_le32(fadt + 112) & 1 << 10);
	CHECK(image_le16(fadt + 109) == 5); /* legacy devices, no VGA, no 8042 */
}

static void check_madt(const uint8_t *madt, unsigned vp_count)
{
	unsigned counts[5] = { 0 };
	uint32_t length = image_le32(madt + 4), at = 44;

	while (at + 2 <= length && madt[at + 1] >= 2) {
		if (CHECK(madt[at] <= 4))
			counts[madt[at]]++;
		if (madt[at] == 0)
			CHECK(madt[at + 3] == counts[0] - 1 && madt[at + 2] == madt[at + 3] &&
			      madt[at + 4] == 1);
		if (madt[at] == 2 && madt[at + 3] == 0)
			CHECK(image_le32(madt + at + 4) == 2);
		if (madt[at] == 2 && madt[at + 3] == 9)
			CHECK(image_le32(madt + at + 4) == 9 && madt[at + 8] == 0xd);
		at += madt[at + 1];
	}
	CHECK(at == length);
	CHECK(counts[0] == vp_count && counts[1] == 1 && counts[2] == 2 && counts[4] == 1);
}

/* Scope and devices: the lengths must nest exactly. */
static void check_ssdt(const uint8_t *ssdt, unsigned vp_count)
{
	uint32_t length = image_le32(ssdt + 4), at = 37;
	unsigned devices = 0;

#define PACKAGE(p) (((p)[0] & 15u) | (p)[1] << 4 | (uint32_t)(p)[2] << 12)
	CHECK(ssdt[36] == 0x10 && ssdt[at] >> 6 == 2 && at + PACKAGE(ssdt + at) == length);
	for (at += 3 + 5; at < length; devices++) {
		CHECK(ssdt[at] == 0x5b && ssdt[at + 1] == 0x82 && ssdt[at + 2] >> 6 == 2);
		at += 2 + PACKAGE(ssdt + at + 2);
	}
	CHECK(at == length && devices == vp_count);
}

static void test_tables(unsigned vp_count)
{
	struct acpi_config config = { .vp_count = vp_count, .has_32bit_timer = true };
	uint64_t gpa;
	const uint8_t *rsdp, *xsdt, *t;

	memset(memory, 0xcc, sizeof(memory));
	gpa = acpi_tables_build(&ram, &config);
	if (!CHECK(gpa >= 0xe0000 && gpa < 0x100000 && gpa % 16 == 0)) /* where a guest looks, ACPI 5.2.5.1 */
		return;
	rsdp = guest_ram_at(&ram, gpa, 36);
	CHECK(memcmp(rsdp, "RSD PTR ", 8) == 0 && is_sum_zero(rsdp, 20) && is_sum_zero(rsdp, 36));
	xsdt = table_at(image_le64(rsdp + 24), "XSDT");
	if (!xsdt || !CHECK(image_le32(xsdt + 4) == 36 + 3 * 8))
		return;
	t = table_at(image_le64(xsdt + 36), "FACP");
	if (t)
		check_fadt(t);
	t = table_at(image_le64(xsdt + 44), "APIC");
	if (t)
		check_madt(t, vp_count);
	t = table_at(image_le64(xsdt + 52), "SSDT");
	if (t)
		check_ssdt(t, vp_count);
}

static void test_aml_limit(void)
{
	uint8_t bytes[17];
	struct aml aml = { .data = bytes, .room = 16 };

	bytes[16] = 0x5a;
	aml_name_string(&aml, "_HID", "ACPI0007");
	CHECK(!aml.is_full && aml.size == 15);
	aml_name_integer(&aml, "_UID", 1);
	CHECK(aml.is_full && bytes[16] == 0x5a);
}

int main(void)
{
	struct acpi_config bad = { .vp_count = 0 };

	guest_ram_init(&ram, memory, sizeof(memory));
	for (unsigned vp_count = 1; vp_count <= 64; vp_count++)
		test_tables(vp_count);
	CHECK(acpi_tables_build(&ram, &bad) == 0);
	bad.vp_count = 65;
	CHECK(acpi_tables_build(&ram, &bad) == 0);
	test_aml_limit();
	return check_result();
}
