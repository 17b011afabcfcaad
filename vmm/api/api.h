/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The API of the management service: D-Bus messages, peer to peer, over a Unix socket.
 *
 * Socket     API_SOCKET in the service's runtime folder: $XDG_RUNTIME_DIR/bulkhead for a user's own
 *            service (or $BULKHEAD_RUNTIME), /run/bulkhead for the system's. Authentication by EXTERNAL
 *            only.
 * Objects    under API_ROOT, which is an org.freedesktop.DBus.ObjectManager: the host, the events and
 *            the administrators at the paths below; machines at API_VM_PREFIX + the id with '_' for
 *            '-'; jobs at API_JOB_PREFIX + a number. A caller sees only the machines and jobs that it
 *            may view.
 * Versions   A change that a client of before cannot live with makes a new interface (Host2) beside the
 *            old one. What is added without breaking anything raises Host1.ApiVersion.
 * Options    Each method that changes something takes `options` last. "plan" (b): change nothing, only
 *            return the sentences that tell what would be done. Unknown options are refused.
 */
#ifndef API_API_H
#define API_API_H

#define API_VERSION 5

#define API_SOCKET	  "vmms.sock"
#define API_ROOT	  "/org/bulkhead"
#define API_HOST_PATH	  "/org/bulkhead/host"
#define API_EVENTS_PATH	  "/org/bulkhead/events"
#define API_ADMINS_PATH	  "/org/bulkhead/administrators"
#define API_DISKS_PATH	  "/org/bulkhead/disks"
#define API_SWITCHES_PATH "/org/bulkhead/switches"
#define API_VM_FOLDER	  "/org/bulkhead/vm"
#define API_VM_PREFIX	  "/org/bulkhead/vm/"
#define API_JOB_FOLDER	  "/org/bulkhead/job"
#define API_JOB_PREFIX	  "/org/bulkhead/job/"

#define API_HOST_INTERFACE	  "org.bulkhead.Host1"
#define API_VM_INTERFACE	  "org.bulkhead.VirtualMachine1"
#define API_JOB_INTERFACE	  "org.bulkhead.Job1"
#define API_EVENTS_INTERFACE	  "org.bulkhead.Events1"
#define API_GUEST_INTERFACE	  "org.bulkhead.Guest1"	      /* at the machine's path, too */
#define API_CHECKPOINTS_INTERFACE "org.bulkhead.Checkpoints1" /* of a machine's object */
#define API_ADMINS_INTERFACE	  "org.bulkhead.Administrators1"
#define API_DISKS_INTERFACE	  "org.bulkhead.Disks1"
#define API_SWITCHES_INTERFACE	  "org.bulkhead.Switches1"
#define API_DISPLAY_INTERFACE	  "org.bulkhead.Display1" /* of a machine's object */

#endif
