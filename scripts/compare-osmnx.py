"""Compares our road network of an extract with OSMnx's: same rules, total length in kilometres.

Run by hand, in an environment of its own:
    pip install osmnx==2.1.1 osmium==4.3.2
    python scripts/compare-osmnx.py monaco.osm.pbf
    npx whereabouts roads sample monaco.osm.pbf --points 1      # prints our length

OSMnx measures great circles on a sphere, we measure geodesics on the ellipsoid: the script also sums its edges
with pyproj's geodesic, which leaves only the network to differ.
"""

import re
import sys
import tempfile

import osmium
import osmnx
from pyproj import Geod

DEAD = re.compile("abandoned|construction|no|planned|platform|proposed|raceway|razed|rest_area|services")


def is_road(tags) -> bool:
    """OSMnx's filter "all", which it would send to Overpass; a file has to be filtered before."""
    return "highway" in tags and not DEAD.search(tags["highway"]) and "yes" not in tags.get("area", "")


def write_roads(extract: str, target: str) -> int:
    """Writes the roads and their nodes as OSM XML, which is what OSMnx reads; returns how many nodes are missing."""
    roads, needed = [], set()
    for way in osmium.FileProcessor(extract, osmium.osm.WAY):
        if is_road(way.tags):
            roads.append((way.id, [node.ref for node in way.nodes], dict(way.tags)))
            needed.update(node.ref for node in way.nodes)
    writer = osmium.SimpleWriter(target)
    placed = set()
    for node in osmium.FileProcessor(extract, osmium.osm.NODE):
        if node.id in needed:
            writer.add_node(node)
            placed.add(node.id)
    for way_id, refs, tags in roads:
        present = [ref for ref in refs if ref in placed]
        if len(present) > 1:
            writer.add_way(osmium.osm.mutable.Way(id=way_id, nodes=present, tags=tags))
    writer.close()
    return len(needed - placed)


def main(extract: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = f"{folder}/roads.osm"
        missing = write_roads(extract, target)
        osmnx.settings.all_oneway = False
        directed = osmnx.graph_from_xml(target, simplify=False, retain_all=True)
    graph = osmnx.convert.to_undirected(directed)
    geod = Geod(ellps="WGS84")
    sphere_m = geodesic_m = 0.0
    for a, b, edge in graph.edges(data=True):
        sphere_m += edge["length"]
        node_a, node_b = graph.nodes[a], graph.nodes[b]
        geodesic_m += geod.inv(node_a["x"], node_a["y"], node_b["x"], node_b["y"])[2]
    print(f"{graph.number_of_edges()} segments, {missing} missing nodes")
    print(f"{sphere_m / 1000:.3f} km by OSMnx on its sphere, {geodesic_m / 1000:.3f} km by geodesics")


if __name__ == "__main__":
    main(sys.argv[1])
