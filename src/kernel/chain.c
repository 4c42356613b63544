/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/chain.h"

#include <errno.h>

#include "kernel/abi.h"
#include "kernel/ioctl.h"

/* No answer is as large as this. */
#define ANSWER_MAX (1U << 20)

/* The first member of every structure that VFIO answers with. */
static uint32_t argsz_of(const void *data)
{
	uint32_t argsz;

	memcpy(&argsz, data, sizeof(argsz));
	return argsz;
}

/* One call with room for size bytes, the first of which are the head. */
static int ask(struct vfio_answer *ret, int fd, unsigned long request, const void *head,
	       size_t head_size, size_t size)
{
	uint32_t argsz = (uint32_t)size;
	scoped_free void *data = calloc(1, size);
	int r;

	if (!data)
		return -ENOMEM;
	memcpy(data, head, head_size);
	memcpy(data, &argsz, sizeof(argsz));
	r = kernel_ioctl(fd, request, data);
	if (r < 0)
		return r;
	*ret = (struct vfio_answer){.data = take_ptr(data), .size = size};
	return 0;
}

int vfio_answer_ask(struct vfio_answer *ret, int fd, unsigned long request, const void *head,
		    size_t head_size)
{
	scoped_vfio_answer struct vfio_answer first = {.data = NULL};
	uint32_t size;
	int r = ask(&first, fd, request, head, head_size, head_size);

	if (r < 0)
		return r;
	size = argsz_of(first.data);
	if (size > ANSWER_MAX)
		return -EPROTO;
	if (size > head_size)
		return ask(ret, fd, request, head, head_size, size);
	*ret = first;
	first.data = NULL;
	return 0;
}

int vfio_answer_read(const struct vfio_answer *answer, size_t offset, void *buf, size_t size)
{
	if (offset > answer->size || answer->size - offset < size)
		return -EPROTO;
	memcpy(buf, (const char *)answer->data + offset, size);
	return 0;
}

struct chain chain_start(const struct vfio_answer *answer, size_t first)
{
	/* There cannot be more links than there is room for: a walk ends even in a circle. */
	return (struct chain){
		.answer = answer,
		.next = first,
		.links = answer->size / sizeof(struct k_cap),
	};
}

bool chain_next(struct chain *chain, struct capability *ret)
{
	struct k_cap cap;

	if (!chain->next || !chain->links ||
	    vfio_answer_read(chain->answer, chain->next, &cap, sizeof(cap)) < 0)
		return false;
	*ret = (struct capability){.id = cap.id, .version = cap.version, .offset = chain->next};
	chain->next = cap.next;
	chain->links--;
	return true;
}

bool chain_find(const struct vfio_answer *answer, size_t first, unsigned int id,
		struct capability *ret)
{
	struct chain chain = chain_start(answer, first);
	struct capability cap;

	while (chain_next(&chain, &cap)) {
		if (cap.id != id)
			continue;
		*ret = cap;
		return true;
	}
	return false;
}
