#!/usr/bin/env bash
# Runs the tests on both databases: starts PostgreSQL + pgvector, and stops it afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
database=$(scripts/postgres.sh start 7)
trap 'scripts/postgres.sh stop 7' EXIT
DATABASE_URL_TEST=${database#DATABASE_URL=} npx vitest run "$@"
