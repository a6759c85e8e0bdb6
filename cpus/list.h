/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Doubly linked rings, and the lock-free push / take-all list, as in Linux. */
#ifndef CPUS_LIST_H
#define CPUS_LIST_H

#include "cpus/compiler.h"

struct list_head {
	struct list_head *next, *prev;
};

/* A callback that waits for a grace period: cpus/rcu.h. */
struct rcu_head {
	struct rcu_head	*next;
	void		(*func)(struct rcu_head *head);
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	/* list_empty() may be asked without the lock. */
	WRITE_ONCE(list->next, list);
	list->prev = list;
}

static inline void __list_add(struct list_head *entry, struct list_head *prev,
			      struct list_head *next)
{
	next->prev = entry;
	entry->next = next;
	entry->prev = prev;
	/* Readers that only peek at emptiness may run without the lock. */
	WRITE_ONCE(prev->next, entry);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_add(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry,
				 struct list_head *head)
{
	__list_add(entry, head->prev, head);
}

/* Unlinks; the entry's own pointers become NULL, so a second unlink crashes. */
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	INIT_LIST_HEAD(entry);
}

/*
 * A list that is walked under RCU: an entry is complete when it is linked, and
 * an unlinked one still leads on, so it is not linked or freed again before a
 * grace period has passed. Writers serialise.
 */
static inline void list_add_tail_rcu(struct list_head *entry,
				     struct list_head *head)
{
	entry->next = head;
	entry->prev = head->prev;
	/* Release: pairs with the acquire of list_next_rcu(). */
	smp_store_release(&head->prev->next, entry);
	head->prev = entry;
}

static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	/* Release: who finds the next one here finds it complete. */
	smp_store_release(&entry->prev->next, entry->next);
	entry->prev = NULL;
}

static inline struct list_head *list_next_rcu(struct list_head *entry)
{
	return smp_load_acquire(&entry->next);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	list_del(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	list_del(entry);
	list_add_tail(entry, head);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return head->next != head && head->next == head->prev;
}

/* All of list is put at the front (or back) of head; list becomes empty. */
static inline void list_splice_init(struct list_head *list,
				    struct list_head *head)
{
	if (list->next == list)
		return;
	list->next->prev = head;
	list->prev->next = head->next;
	head->next->prev = list->prev;
	WRITE_ONCE(head->next, list->next);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	if (list->next == list)
		return;
	list->next->prev = head->prev;
	WRITE_ONCE(head->prev->next, list->next);
	list->prev->next = head;
	head->prev = list->prev;
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_for_each_entry(pos, head, member) \
	for (pos = list_first_entry(head, __typeof__(*pos), member); \
	     &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member) \
	for (pos = list_entry((head)->prev, __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(pos->member.prev, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_first_entry(head, __typeof__(*pos), member), \
	     n = list_next_entry(pos, member); &pos->member != (head); \
	     pos = n, n = list_next_entry(n, member))
#define list_for_each_entry_rcu(pos, head, member) \
	for (pos = list_entry(list_next_rcu(head), __typeof__(*pos), member); \
	     &pos->member != (head); \
	     pos = list_entry(list_next_rcu(&pos->member), __typeof__(*pos), \
			      member))

/*
 * Many push, one takes all. Push is a release: what was written before it is
 * seen by whoever took it (spec vmalloc-tlb-ipi 12, point 8).
 */
struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

/* True when the list was empty: the pusher must then wake the taker. */
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do {
		WRITE_ONCE(node->next, first);
	} while (!try_cmpxchg(&head->first, &first, node));
	return first == NULL;
}

static inline bool llist_empty(const struct llist_head *head)
{
	return READ_ONCE(head->first) == NULL;
}

/* Newest first; llist_reverse_order makes it first come, first served. */
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return xchg(&head->first, NULL);
}

static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
	struct llist_node *reversed = NULL;

	while (node) {
		struct llist_node *next = READ_ONCE(node->next);

		WRITE_ONCE(node->next, reversed);
		reversed = node;
		node = next;
	}
	return reversed;
}

#endif
