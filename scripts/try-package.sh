#!/usr/bin/env bash
# Packs the program, installs the tarball in an empty folder by the README's line, and runs the demo there.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
install=$(grep -m 1 '^npm install .*path/to/whereabouts-' "$root/README.md")
(cd "$root" && npm pack --silent --pack-destination "$place" >/dev/null)
cd "$place"
npm init -y >/dev/null
eval "${install//path\/to/.} --silent --no-audit --no-fund"
npx --no-install whereabouts --version
npx --no-install whereabouts demo --out demo-output
for file in locate.geojson locate.csv locate.kml locate.tif locate.png sheet.html; do
  [ -s "demo-output/$file" ] || { echo "expected demo-output/$file" >&2; exit 1; }
done
