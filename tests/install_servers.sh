#!/usr/bin/env bash
# Installs the database servers that some tests load into (Debian, Ubuntu). Tests that need a
# server say so and are skipped without it. Run as root, or where sudo works.
set -euo pipefail

packages=()
have() { command -v "$1" >/dev/null 2>&1 || ls $2 >/dev/null 2>&1; }
have postgres '/usr/lib/postgresql/*/bin/postgres' || packages+=(postgresql)
have mariadbd '/usr/sbin/mariadbd' || packages+=(mariadb-server)
have redis-server '/usr/bin/redis-server' || packages+=(redis-server)

if [ ${#packages[@]} -eq 0 ]; then
  echo "PostgreSQL, MariaDB and Redis are installed."
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "Missing: ${packages[*]}. This script knows apt-get only; install them with your system's package manager." >&2
  exit 1
fi
run=()
[ "$(id -u)" -eq 0 ] || run=(sudo)
echo "Installing: ${packages[*]}"
"${run[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}"
