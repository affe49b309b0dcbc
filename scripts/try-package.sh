#!/usr/bin/env bash
# Packs the program, installs the tarball in an empty folder as a user would, and runs the demo there.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
tarball=$(cd "$root" && npm pack --silent --pack-destination "$place" | tail -n 1)
cd "$place"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts "./$tarball"
npx --no-install whereabouts --version
npx --no-install whereabouts demo --out demo-output
for file in locate.geojson locate.csv locate.kml locate.tif locate.png sheet.html; do
  [ -s "demo-output/$file" ] || { echo "expected demo-output/$file" >&2; exit 1; }
done
