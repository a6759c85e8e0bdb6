/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm/rbtree against a set of flags, with sums kept by augmentation. */
#include <stdlib.h>

#include "mm/rbtree.h"
#include "tests/test.h"

#define NR_KEYS		200
#define NR_STEPS	6000

/* sum of the weights of a subtree: kept by callbacks, recomputed by the test.
 * Unlike a maximum, a sum shows every missed update; many weights are zero, so
 * that an update often ends early. */
struct item {
	struct rb_node	node;
	unsigned	key;
	uint64_t	weight, sum;
	bool		in;
};

static struct item items[NR_KEYS];
static struct rb_root root;

#define item_of(n)	rb_entry(n, struct item, node)

static uint64_t sum_of(const struct rb_node *node)
{
	return node ? item_of(node)->sum : 0;
}

static uint64_t compute(const struct item *item)
{
	return item->weight + sum_of(item->node.left) +
		sum_of(item->node.right);
}

static void propagate(struct rb_node *node, struct rb_node *stop)
{
	for (; node != stop; node = rb_parent(node)) {
		/* Above what has not changed nothing changes. */
		if (item_of(node)->sum == compute(item_of(node)))
			return;
		item_of(node)->sum = compute(item_of(node));
	}
}

static void copy(struct rb_node *old, struct rb_node *new)
{
	item_of(new)->sum = item_of(old)->sum;
}

static void rotate(struct rb_node *old, struct rb_node *new)
{
	copy(old, new);
	item_of(old)->sum = compute(item_of(old));
}

static const struct rb_augment_callbacks sums = { propagate, copy, rotate };

static void insert(struct item *item,
		   const struct rb_augment_callbacks *augment)
{
	struct rb_node **link = &root.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item->key < item_of(parent)->key ? &parent->left :
			&parent->right;
	}
	item->in = true;
	item->sum = item->weight;
	rb_link_node(&item->node, parent, link);
	if (augment)
		propagate(parent, NULL);
	rb_insert_augmented(&item->node, &root, augment);
}

static void erase(struct item *item,
		  const struct rb_augment_callbacks *augment)
{
	item->in = false;
	rb_erase_augmented(&item->node, &root, augment);
}

static void forwards_and_backwards_as_the_model(void)
{
	struct rb_node *node = rb_first(&root);
	unsigned i;

	for (i = 0; i < NR_KEYS; i++) {
		if (!items[i].in)
			continue;
		assert_ptr_equal(node, &items[i].node);
		node = rb_next(node);
	}
	assert_null(node);
	node = rb_last(&root);
	while (i--) {
		if (!items[i].in)
			continue;
		assert_ptr_equal(node, &items[i].node);
		node = rb_prev(node);
	}
	assert_null(node);
}

static void sums_are_right(void)
{
	unsigned i;

	for (i = 0; i < NR_KEYS; i++)
		if (items[i].in)
			assert_int_equal(items[i].sum, compute(&items[i]));
}

static void run(const struct rb_augment_callbacks *augment, uint64_t seed)
{
	struct rng rng;
	unsigned i, step;

	rng_seed(&rng, seed);
	root = RB_ROOT;
	for (i = 0; i < NR_KEYS; i++)
		items[i] = (struct item){ .key = i, .weight = i % 3 ? 0 : i };
	for (step = 0; step < NR_STEPS; step++) {
		/* Grows, then shrinks, and again. */
		bool grow = rng_chance(&rng, step / 500 % 2 ? 20 : 80);
		struct item *item = &items[rng_below(&rng, NR_KEYS)];

		if (item->in == grow)
			continue;
		if (grow)
			insert(item, augment);
		else
			erase(item, augment);
		assert_true(rb_is_sound(&root));
		if (augment)
			sums_are_right();
		if (step % 16 == 0)
			forwards_and_backwards_as_the_model();
	}
}

static uint64_t seed_of_run(unsigned i)
{
	const char *seed = getenv("SEED");

	return seed ? strtoull(seed, NULL, 0) : i;
}

static void plain_tree_agrees_with_model(void **state)
{
	unsigned i;

	for (i = 0; i < 5; i++)
		run(NULL, seed_of_run(i));
}

static void augmented_tree_agrees_with_model(void **state)
{
	unsigned i;

	for (i = 0; i < 5; i++)
		run(&sums, seed_of_run(i));
}

static void unsound_trees_are_told(void **state)
{
	struct rb_node *node;

	run(NULL, 1);
	assert_true(rb_is_sound(&root));
	node = root.node;
	node->parent_color ^= 1;		/* a red root */
	assert_false(rb_is_sound(&root));
	node->parent_color ^= 1;
	node->left->parent_color ^= 1;		/* another black height */
	assert_false(rb_is_sound(&root));
}

TEST_MAIN(
	cmocka_unit_test(plain_tree_agrees_with_model),
	cmocka_unit_test(augmented_tree_agrees_with_model),
	cmocka_unit_test(unsound_trees_are_told))
