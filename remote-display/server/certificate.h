/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A self-made X.509 certificate for the viewers' TLS: elliptic curve P-256, ten years. */
#ifndef RD_CERTIFICATE_H
#define RD_CERTIFICATE_H

enum { RD_FINGERPRINT_CHARACTERS = 32 * 3 };

/* `name`: the host's. Writes PEM into the (empty) files. The fingerprint: SHA-256, "AB:CD:..." */
int rd_certificate_make(const char *name, int certificate, int key,
			char ret_fingerprint[RD_FINGERPRINT_CHARACTERS]);

#endif
