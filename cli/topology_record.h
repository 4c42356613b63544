/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/field.h"

/* The document of `vfioctl topology`: a struct topology (host/topology.h). */
extern const struct record_type topology_document;
