/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of the synthetic devices that is storage. */
#ifndef WORKER_SYNTHETIC_STORAGE_H
#define WORKER_SYNTHETIC_STORAGE_H

#include "worker/synthetic.h"


#endif
