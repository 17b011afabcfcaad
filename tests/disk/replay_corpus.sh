#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: replay_corpus.sh FUZZ-PROGRAM FOLDER
set -u
set -- "$1" "$2"/*
[ -e "$2" ] || { echo "the corpus is empty" >&2; exit 1; }
exec "$@"
