/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines go from one host to another: both ends of what move_stream.h says. */
#ifndef SERVICE_MOVE_FAR_H
#define SERVICE_MOVE_FAR_H

#include "service/call.h"
#include "service/vm.h"

/* VirtualMachine1.MoveToHost (move_send.c) and Host1.Receive (move_receive.c). */
void api_move_to_host(struct call *call);
void api_receive(struct call *call);

/* At the service's start, when all machines are there: what was on its way here and did not arrive goes. */
void move_receive_settle(struct service *service);

#endif
