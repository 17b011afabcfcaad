/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A doubly linked list with the links inside the elements. */
#ifndef DISK_LIST_H
#define DISK_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *list)
{
	list->prev = list->next = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_insert(struct list *after, struct list *link)
{
	link->prev = after;
	link->next = after->next;
	after->next->prev = link;
	after->next = link;
}

static inline void list_append(struct list *list, struct list *link)
{
	list_insert(list->prev, link);
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* Moves all of `from` to the end of `to`. */
static inline void list_move_all(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))
#define list_first(list, type, member) list_entry((list)->next, type, member)

static inline struct list *list_take(struct list *list)
{
	struct list *link = list->next;
	list_remove(link);
	return link;
}

#endif
