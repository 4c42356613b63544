/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a word that names no device may have been meant as.
 */
#pragma once

#include "base/error.h"

/*
 * Makes what is near a mistyped PCI address, UUID or name (of an interface, a disk, a VFIO node)
 * the remedy of an error, or tells that the word is a driver. Returns false, with the error as it
 * was, when there is nothing near.
 */
bool suggest_device(struct error *err, const char *text);
