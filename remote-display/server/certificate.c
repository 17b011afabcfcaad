/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/certificate.h"
#include "server/crypto.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { YEARS = 10, SERIAL_BYTES = 16, CLOCK_SKEW_S = 86400 };

static int make_key(gnutls_x509_privkey_t key)
{
	return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

static int describe(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *name)
{
	time_t now = time(NULL);
	uint8_t serial[SERIAL_BYTES];
	int r = rd_random(serial, sizeof(serial));

	serial[0] &= 0x7f; /* positive (RFC 5280, 4.1.2.2) */
	if (r < 0 || gnutls_x509_crt_set_version(certificate, 3) < 0 ||
	    gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial)) < 0 ||
	    gnutls_x509_crt_set_activation_time(certificate, now - CLOCK_SKEW_S) < 0 ||
	    gnutls_x509_crt_set_expiration_time(certificate, now + (time_t)YEARS * 366 * 86400) < 0 ||
	    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					  (unsigned)strlen(name)) < 0 ||
	    gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name,
						 (unsigned)strlen(name), GNUTLS_FSAN_SET) < 0 ||
	    gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "localhost", 9,
						 GNUTLS_FSAN_APPEND) < 0 ||
	    gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE) < 0 ||
	    gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0) < 0 ||
	    gnutls_x509_crt_set_key(certificate, key) < 0)
		return -EIO;
	return gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) < 0 ? -EIO : 0;
}

/* Frees the text. */
static int write_text(int fd, gnutls_datum_t *text)
{
	ssize_t n = write(fd, text->data, text->size);
	int r = n < 0 ? -errno : n == (ssize_t)text->size ? 0 : -EIO;

	gnutls_memset(text->data, 0, text->size);
	gnutls_free(text->data);
	return r;
}

static int export(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, int certificate_fd, int key_fd)
{
	gnutls_datum_t text;
	int r;

	if (gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text) < 0)
		return -EIO;
	r = write_text(key_fd, &text);
	if (r == 0)
		r = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text) < 0
			? -EIO
			: write_text(certificate_fd, &text);
	return r;
}

static int fingerprint(gnutls_x509_crt_t certificate, char ret_text[RD_FINGERPRINT_CHARACTERS])
{
	uint8_t hash[32];
	size_t size = sizeof(hash);

	if (gnutls_x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, hash, &size) < 0)
		return -EIO;
	for (unsigned i = 0; i < sizeof(hash); i++)
		sprintf(ret_text + 3 * (size_t)i, "%02X%s", hash[i], i + 1 < sizeof(hash) ? ":" : "");
	return 0;
}

int rd_certificate_make(const char *name, int certificate_fd, int key_fd,
			char ret_fingerprint[RD_FINGERPRINT_CHARACTERS])
{
	gnutls_x509_crt_t certificate;
	gnutls_x509_privkey_t key;
	int r;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return -ENOMEM;
	if (gnutls_x509_privkey_init(&key) < 0) {
		gnutls_x509_crt_deinit(certificate);
		return -ENOMEM;
	}
	r = make_key(key) < 0 ? -EIO : describe(certificate, key, name);
	if (r == 0)
		r = export(certificate, key, certificate_fd, key_fd);
	if (r == 0)
		r = fingerprint(certificate, ret_fingerprint);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crt_deinit(certificate);
	return r;
}
