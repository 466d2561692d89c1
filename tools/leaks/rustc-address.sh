#!/bin/sh
# rustc for the crates of the workspace, by cargo's RUSTC_WORKSPACE_WRAPPER (see sanitize.mjs).
exec "$@" -Zsanitizer=address
