/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of VF tokens.
 *
 * Who has a PF in user space can disturb its VFs. So when a VFIO driver has the PF, its VFs are
 * given only to those who show that they and the PF's user know each other: both name the same
 * token, a UUID. The PF's user sets it, when it opens the PF or later, and while a VF is in use the
 * PF in turn is given only to who knows it. Through the group the token stands behind the device's
 * name, and always counted; through the cdev it is an argument of BIND, since Linux 6.17, and
 * before that nobody asks for it.
 *
 * The kernel never tells a token, so the one before cannot be put back. A PF starts with one that
 * nobody knows, and so do these cases: each makes its own.
 */
#include <errno.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

#define TOKEN_SIZE 16

struct token {
	uint8_t bytes[TOKEN_SIZE];
	char text[40]; /* the same as a UUID */
};

/* A device as far as a token decides about it: BIND, or GET_DEVICE_FD, was tried. */
struct taken {
	struct case_nodes nodes;
	char name[128]; /* with the token, for the group */
	struct vfio_device dev;
};

#define TAKEN_NONE ((struct taken){.dev = VFIO_DEVICE_NONE})

static void let_go(struct taken *taken)
{
	vfio_close(&taken->dev);
}
#define scoped_taken __attribute__((cleanup(let_go)))

/* The bytes of a UUID stand in the order of its digits. */
static int parse_token(struct token *token)
{
	const char *digit = token->text;
	char pair[3] = "";
	uint64_t value;

	for (size_t i = 0; i < TOKEN_SIZE; i++, digit += 2) {
		digit += *digit == '-';
		memcpy(pair, digit, 2);
		if (parse_number(pair, 16, UINT8_MAX, &value) < 0)
			return -EPROTO;
		token->bytes[i] = (uint8_t)value;
	}
	return 0;
}

/* A token that nobody knows; a step. */
static bool make_token(struct case_run *run, struct token *ret)
{
	ssize_t n = path_read(ret->text, sizeof(ret->text), "/proc/sys/kernel/random/uuid");

	return case_expect(run, "make a token", 0, n < 0 ? (int)n : parse_token(ret));
}

static int bind_with(struct vfio_device *dev, const struct token *token)
{
	const struct vfio_bind_request request = {
		.argsz = VFIO_BIND_TOKEN,
		.with_token = true,
		.iommufd = dev->context,
		.token = token->bytes,
	};

	return vfio_cdev_bind_as(dev->fd, &request, &dev->devid);
}

static int try_take(const struct case_run *run, const struct device *device,
		    const struct token *token, struct taken *ret)
{
	struct vfio_target target;
	bool cdev = run->path == CASE_CDEV;
	int r;

	case_find(&ret->nodes, &target, run->host, device);
	*ret->name = 0;
	append(ret->name, sizeof(ret->name), "%s%s%s", device->address, token ? " vf_token=" : "",
	       token ? token->text : "");
	target.name = ret->name;
	r = vfio_open(&ret->dev, &target, cdev ? VFIO_CDEV : VFIO_GROUP);
	if (r < 0)
		return r;
	r = cdev && token ? bind_with(&ret->dev, token) : ret->dev.ops->bind(&ret->dev);
	if (r < 0)
		let_go(ret);
	return r;
}

/* Takes a device with a token, or with none (NULL); a step. */
static bool take(struct case_run *run, const char *what, int expected, const struct device *device,
		 const struct token *token, struct taken *ret)
{
	return case_expect(run, what, expected, try_take(run, device, token, ret));
}

/* Takes the PF with a token, which makes it the one to know, and lets it go again. */
static bool set_token(struct case_run *run, const struct device *pf, const struct token *token)
{
	scoped_taken struct taken taken = TAKEN_NONE;

	return take(run, "take the PF with a token", 0, pf, token, &taken);
}

/* The VF refuses who has no token, or this wrong one, and obeys who has the right one. */
static bool vf_wants(struct case_run *run, const struct device *vf, const struct token *wrong,
		     const struct token *right)
{
	scoped_taken struct taken taken = TAKEN_NONE;

	return take(run, "take the VF without a token", -EACCES, vf, NULL, &taken) &&
	       take(run, "take the VF with a wrong token", -EACCES, vf, wrong, &taken) &&
	       take(run, "take the VF with the PF's token", 0, vf, right, &taken);
}

/*
 * Does BIND ask for tokens? The kernel that brought them also looks at what stands behind the
 * arguments that it knows; this BIND names no iommufd, so that it is refused in any case.
 */
static bool bind_knows_tokens(const struct case_run *run)
{
	const struct vfio_bind_request request = {
		.argsz = VFIO_BIND_TAIL,
		.iommufd = -1,
		.tail = 1,
	};
	scoped_fd int device = vfio_cdev_open(run->target.cdev);
	uint32_t devid;

	return vfio_cdev_bind_as(device, &request, &devid) == -E2BIG;
}

/* False, and the case is skipped, where this way has no tokens. */
static bool way_has_tokens(struct case_run *run)
{
	if (run->path == CASE_GROUP || bind_knows_tokens(run))
		return true;
	return case_skip(run, "BIND takes no token on this kernel");
}

/* False, and the case is skipped, when PF and VF cannot both be open on this way. */
static bool both_can_be_open(struct case_run *run, const struct device *other)
{
	if (run->path == CASE_CDEV || run->device->iommu_group != other->iommu_group)
		return true;
	return case_skip(run, "PF and VF share an IOMMU group, which is opened only once");
}

/* --- the cases -------------------------------------------------------------------------- */

static void vf_without_token(struct case_run *run)
{
	scoped_taken struct taken vf = TAKEN_NONE;
	bool asked = run->path == CASE_GROUP || bind_knows_tokens(run);

	take(run, "take the VF without a token", asked ? -EACCES : 0, run->device, NULL, &vf);
}

static void vf_with_token(struct case_run *run)
{
	scoped_taken struct taken vf = TAKEN_NONE;
	struct token right, wrong;

	if (!way_has_tokens(run) || !make_token(run, &right) || !make_token(run, &wrong) ||
	    !set_token(run, case_peer(run, CASE_PF), &right))
		return;
	if (take(run, "take the VF with a wrong token", -EACCES, run->device, &wrong, &vf))
		take(run, "take the VF with the PF's token", 0, run->device, &right, &vf);
}

static void free_vf(struct case_run *run)
{
	scoped_taken struct taken vf = TAKEN_NONE;
	struct token token;

	if (!way_has_tokens(run) || !make_token(run, &token) ||
	    !take(run, "take the VF without a token", 0, run->device, NULL, &vf))
		return;
	let_go(&vf);
	take(run, "take the VF with a token", -EINVAL, run->device, &token, &vf);
}

/* While no VF is in use, the latest token counts. */
static void pf_sets_token(struct case_run *run)
{
	const struct device *vf = case_peer(run, CASE_VF);
	struct token first, second;

	if (way_has_tokens(run) && make_token(run, &first) && make_token(run, &second) &&
	    set_token(run, run->device, &first) && set_token(run, run->device, &second))
		vf_wants(run, vf, &first, &second);
}

static void pf_of_used_vf(struct case_run *run)
{
	scoped_taken struct taken pf = TAKEN_NONE, vf = TAKEN_NONE;
	const struct device *peer = case_peer(run, CASE_VF);
	struct token right, wrong;

	if (!way_has_tokens(run) || !both_can_be_open(run, peer) || !make_token(run, &right) ||
	    !make_token(run, &wrong) || !set_token(run, run->device, &right) ||
	    !take(run, "take the VF with the token", 0, peer, &right, &vf))
		return;
	if (take(run, "take the PF with another token", -EACCES, run->device, &wrong, &pf) &&
	    take(run, "take the PF with the token", 0, run->device, &right, &pf)) {
		let_go(&pf);
		take(run, "take the PF without a token", -EACCES, run->device, NULL, &pf);
	}
}

static int set_feature(const struct vfio_device *dev, const struct token *token, size_t size)
{
	struct token copy = *token;

	return vfio_device_feature(dev->fd, VFIO_FEATURE_VF_TOKEN, VFIO_FEATURE_SET, copy.bytes,
				   size);
}

static void token_is_kept(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct token token;

	if (!make_token(run, &token) || !case_bind(run, &dev))
		return;
	if (!path_exists("%s/sriov_totalvfs", run->device->syspath)) {
		case_expect(run, "set the token of what is no PF", -ENOTTY,
			    set_feature(&dev, &token, TOKEN_SIZE));
		return;
	}
	if (case_expect(run, "set half a token", -EINVAL,
			set_feature(&dev, &token, TOKEN_SIZE / 2)))
		case_expect(run, "ask for the token", -EINVAL,
			    vfio_device_feature(dev.fd, VFIO_FEATURE_VF_TOKEN, VFIO_FEATURE_GET,
						token.bytes, TOKEN_SIZE));
}

/* Without a size that reaches to it, the address of the token is none. */
static void token_out_of_reach(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_bind_request request = {.argsz = VFIO_BIND_TOKEN, .with_token = true};
	uint32_t devid;

	if (!way_has_tokens(run) || !case_open(run, &dev))
		return;
	request.iommufd = dev.context;
	request.token = (const void *)1;
	if (!case_expect(run, "BIND with a token at no address", -EFAULT,
			 vfio_cdev_bind_as(dev.fd, &request, &devid)))
		return;
	request.argsz = VFIO_BIND_MIN;
	case_expect(run, "BIND with a token that does not fit in", -EFAULT,
		    vfio_cdev_bind_as(dev.fd, &request, &devid));
}

static void open_pf_sets_token(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	const struct device *vf = case_peer(run, CASE_VF);
	struct token first, second;

	if (way_has_tokens(run) && both_can_be_open(run, vf) && make_token(run, &first) &&
	    make_token(run, &second) && case_bind(run, &dev) &&
	    case_expect(run, "set a token", 0, set_feature(&dev, &first, TOKEN_SIZE)) &&
	    case_expect(run, "set another", 0, set_feature(&dev, &second, TOKEN_SIZE)))
		vf_wants(run, vf, &first, &second);
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_token[] = {
	{.id = "T01",
	 .statement = "FU3",
	 .class = CASE_NEIGHBOURS,
	 .title = "A VF whose PF has a VFIO driver wants a token",
	 .promise = "Without a token the VF is refused: in a group always, by BIND since it knows "
		    "of tokens.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PF,
	 .after = {"C04", "X09"},
	 .run = vf_without_token},
	{.id = "T02",
	 .statement = "FU3",
	 .class = CASE_NEIGHBOURS,
	 .title = "The VF is for who has the PF's token",
	 .promise = "A wrong token is refused, that of the PF's user is taken.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PF,
	 .after = {"T01"},
	 .run = vf_with_token},
	{.id = "T03",
	 .statement = "FU3",
	 .title = "A VF whose PF is the host's wants no token",
	 .promise = "There it is taken without one, and a token that means nothing is refused.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_HOST_PF,
	 .after = {"C05", "G04"},
	 .run = free_vf},
	{.id = "T04",
	 .statement = "FU3",
	 .class = CASE_NEIGHBOURS,
	 .title = "Opening the PF with a token sets it",
	 .promise = "While no VF is in use, the latest token of the PF is what its VFs want.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_VF,
	 .after = {"C05", "G04"},
	 .run = pf_sets_token},
	{.id = "T05",
	 .statement = "FU3",
	 .class = CASE_NEIGHBOURS,
	 .title = "While a VF is in use, its PF wants the token too",
	 .promise = "Nobody gets the PF who does not know those who use its VFs.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_VF,
	 .after = {"T04"},
	 .run = pf_of_used_vf},
	{.id = "T06",
	 .statement = "FU3",
	 .title = "The token is never told, and only a PF has one",
	 .promise = "The feature is for PFs alone, cannot be asked for, and takes whole tokens.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05", "G04"},
	 .run = token_is_kept},
	{.id = "T08",
	 .statement = "FU3",
	 .class = CASE_NEIGHBOURS,
	 .title = "The user of the PF sets the token while it is open",
	 .promise = "What the feature was set to last is what the VFs want.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_VF,
	 .after = {"T04"},
	 .run = open_pf_sets_token},
	{.id = "T07",
	 .statement = "FU3",
	 .title = "A token that cannot be read is answered as such",
	 .promise = "BIND with a token at no address, or one beyond its argument, says EFAULT.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C04"},
	 .run = token_out_of_reach},
	{.id = NULL},
};
