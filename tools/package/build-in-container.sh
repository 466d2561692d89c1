#!/bin/sh
# Builds the addon in a bare container: AlmaLinux 8 (manylinux_2_28, for an old glibc) or Alpine (musl). The folder of the
# project is the working directory; the addon is written into it.
set -eu

if command -v apk >/dev/null; then
  apk add --no-cache build-base bash perl linux-headers curl
else
  dnf -y -q module enable nodejs:22
  # OpenSSL's Configure uses modules of Perl that the base package does not have.
  dnf -y -q install nodejs npm perl-core make gcc gcc-c++
fi

curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal
export PATH="$HOME/.cargo/bin:$PATH"

npm ci
npm run build:native
# The folder belongs to another user outside.
chmod -R a+rwX .
