/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/crypto.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

int rd_random(void *buffer, size_t size)
{
	return gnutls_rnd(GNUTLS_RND_NONCE, buffer, size) < 0 ? -EIO : 0;
}

bool rd_is_equal(const void *a, size_t a_size, const void *b, size_t b_size)
{
	const volatile uint8_t *x = a, *y = b;
	unsigned difference = a_size != b_size;

	/* Always as many steps as `a` has, which is what the other side gave. */
	for (size_t i = 0; i < a_size; i++)
		difference |= x[i] ^ (i < b_size ? y[i] : 0xff);
	return difference == 0;
}

static uint8_t mirror(uint8_t byte)
{
	uint8_t mirrored = 0;

	for (unsigned bit = 0; bit < 8; bit++)
		mirrored |= (uint8_t)((byte >> bit & 1) << (7 - bit));
	return mirrored;
}

/* Each block for itself, as ECB: CBC with nothing before it. */
static int encrypt_block(const uint8_t key[8], const uint8_t *block, uint8_t *ret_block)
{
	uint8_t nothing[8] = { 0 };
	gnutls_datum_t key_data = { (unsigned char *)(uintptr_t)key, 8 }, iv = { nothing, sizeof(nothing) };
	gnutls_cipher_hd_t cipher;
	int r;

	if (gnutls_cipher_init(&cipher, GNUTLS_CIPHER_DES_CBC, &key_data, &iv) < 0)
		return -ENOTSUP;
	r = gnutls_cipher_encrypt2(cipher, block, 8, ret_block, 8);
	gnutls_cipher_deinit(cipher);
	return r < 0 ? -EIO : 0;
}

int rd_vnc_response(const char *password, const uint8_t challenge[RD_CHALLENGE_BYTES],
		    uint8_t ret_response[RD_CHALLENGE_BYTES])
{
	size_t size = strnlen(password, 8);
	uint8_t key[8] = { 0 };
	int r;

	for (size_t i = 0; i < size; i++)
		key[i] = mirror((uint8_t)password[i]);
	r = encrypt_block(key, challenge, ret_response);
	if (r == 0)
		r = encrypt_block(key, challenge + 8, ret_response + 8);
	gnutls_memset(key, 0, sizeof(key));
	return r;
}

int rd_websocket_accept(const char *key, char ret_accept[RD_ACCEPT_CHARACTERS + 1])
{
	uint8_t hash[20];
	gnutls_datum_t hash_data = { hash, sizeof(hash) }, text;
	char both[128];
	int n = snprintf(both, sizeof(both), "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);

	if (n < 0 || (size_t)n >= sizeof(both))
		return -EPROTO;
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, both, (size_t)n, hash) < 0 ||
	    gnutls_base64_encode2(&hash_data, &text) < 0)
		return -EIO;
	snprintf(ret_accept, RD_ACCEPT_CHARACTERS + 1, "%.*s", (int)text.size, text.data);
	gnutls_free(text.data);
	return 0;
}
