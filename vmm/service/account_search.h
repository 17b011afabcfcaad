/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and groups of this host by a part of their name, for who is granted something.
 *
 * Threads    The user database may ask a server: that is a thread's business, one search at a time, and a few
 *            may wait. Each is answered from the main context.
 */
#ifndef SERVICE_ACCOUNT_SEARCH_H
#define SERVICE_ACCOUNT_SEARCH_H

struct call;

enum { ACCOUNT_SEARCH_RESULTS = 20, ACCOUNT_SEARCHES_MAX = 8, ACCOUNT_SEARCH_TEXT_MAX = 64 };

/* Answers Administrators1.Search(). */
void account_search(struct call *call);

#endif
