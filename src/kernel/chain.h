/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers of VFIO that end in a chain of capabilities.
 *
 * Such an answer is a structure that begins with argsz; behind it lie capabilities, each with a
 * header that tells its id and where the next one begins. The kernel is asked twice: first with
 * room for the structure alone, whereupon it puts the size of the whole into argsz, then with room
 * for all of it.
 *
 * Nothing in an answer is trusted: offsets may point anywhere, in circles too. Kernels before 6.6
 * do not align capabilities, so that everything is copied to be read.
 */
#pragma once

#include "base/util.h"

/* An answer, or what is said to be one. */
struct vfio_answer {
	void *data; /* as the kernel wrote it */
	size_t size;
};

static inline void vfio_answer_free(struct vfio_answer *answer)
{
	free(answer->data);
	*answer = (struct vfio_answer){.data = NULL};
}
#define scoped_vfio_answer __attribute__((cleanup(vfio_answer_free)))

/*
 * Asks with the structure in head, which begins with argsz and holds what the request wants to
 * know (an index). 0, -errno, or -EPROTO when the kernel names an impossible size. Free with
 * vfio_answer_free().
 */
int vfio_answer_ask(struct vfio_answer *ret, int fd, unsigned long request, const void *head,
		    size_t head_size);

/* Copies size bytes from offset. 0 or -EPROTO when they do not all lie in the answer. */
int vfio_answer_read(const struct vfio_answer *answer, size_t offset, void *buf, size_t size);

/* A walk through the chain. */
struct chain {
	const struct vfio_answer *answer;
	size_t next;  /* where the next capability begins; 0: the end */
	size_t links; /* how many more there may be */
};

struct capability {
	unsigned int id, version;
	size_t offset; /* of its header in the answer */
};

/* Starts where the structure says that the first capability begins; 0: there is none. */
struct chain chain_start(const struct vfio_answer *answer, size_t first);

/* Goes on to the next capability. False at the end, and where the chain leaves the answer. */
bool chain_next(struct chain *chain, struct capability *ret);

/* The first capability of that id; false when there is none. */
bool chain_find(const struct vfio_answer *answer, size_t first, unsigned int id,
		struct capability *ret);
