/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What proofs and greetings need of cryptography: the one place, beside stream_tls.c and certificate.c,
 * that knows GnuTLS.
 */
#ifndef RD_CRYPTO_H
#define RD_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RD_CHALLENGE_BYTES = 16, RD_ACCEPT_CHARACTERS = 28 };

/* -EIO: there is no randomness. */
int rd_random(void *buffer, size_t size);
/* Takes a time that depends on the sizes only. */
bool rd_is_equal(const void *a, size_t a_size, const void *b, size_t b_size);
/*
 * VNC authentication (RFC 6143, 7.2.2): DES with the first 8 characters of the password, whose bits are
 * mirrored.
 */
int rd_vnc_response(const char *password, const uint8_t challenge[RD_CHALLENGE_BYTES],
		    uint8_t ret_response[RD_CHALLENGE_BYTES]);
/* Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455, 4.2.2). */
int rd_websocket_accept(const char *key, char ret_accept[RD_ACCEPT_CHARACTERS + 1]);

#endif
