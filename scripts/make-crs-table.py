"""Writes data/crs.json: EPSG code -> proj4 text with the datum shift to WGS84, from PROJ's copy of the EPSG dataset.

Run by hand with GDAL's Python bindings (apt: python3-gdal): /usr/bin/python3 scripts/make-crs-table.py.
A CRS whose shift is unknown or needs a grid file is left out: the program refuses it instead of being 100 m off.
test/geo/projection.test.ts holds what GDAL says of a spread of codes.
"""
import json
import pathlib
import sqlite3
import sys

from osgeo import osr

osr.UseExceptions()
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJ_DB = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/proj/proj.db"

# Datums whose best transformation is a grid file: EPSG's seven parameters instead (operation, stated accuracy).
SHIFTS = {
    "Ordnance Survey of Great Britain 1936": "446.448,-125.157,542.06,0.1502,0.247,0.8421,-20.4894",  # EPSG:1314, 2 m
    "Deutsches Hauptdreiecksnetz": "598.1,73.7,418.2,0.202,0.045,-2.455,6.7",  # EPSG:1777, 3 m
    "New Zealand Geodetic Datum 1949": "59.47,-5.04,187.44,0.47,-0.1,1.024,-4.5993",  # EPSG:1564, 4 m
    "Amersfoort": "565.4171,50.3319,465.5524,-0.398957,0.343988,-1.87740,4.0725",  # EPSG:15934, 0.5 m
    "Reseau National Belge 1972": "-106.8686,52.2978,-103.7239,0.3366,-0.457,1.8422,-1.2747",  # EPSG:15929, 0.2 m
    "Hungarian Datum 1972": "52.17,-71.82,-14.9,0,0,0,0",  # EPSG:1448, 1 m
    "System of the Unified Trigonometrical Cadastral Network": "572.213,85.334,461.94,4.9732,1.529,5.2484,3.5378",  # 2 m of EPSG:5239
    "Pulkovo 1942": "23.57,-140.95,-79.8,0,0.35,0.79,-0.22",  # EPSG:5044, 3 m
    "Israel 1993": "23.772,17.49,17.859,-0.3132,-1.85274,1.67299,-5.4262",  # EPSG:9676, 0.5 m; PROJ guesses none: 87 m off
    "IG05 Intermediate Datum": "23.772,17.49,17.859,-0.3132,-1.85274,1.67299,-5.4262",  # as IG05/12
    "IG05 12 Intermediate Datum": "23.772,17.49,17.859,-0.3132,-1.85274,1.67299,-5.4262",  # EPSG:9189 backwards: PROJ guesses it forwards, 156 m off
    "Kuwait Utility": "226.702,-193.337,-35.371,-2.229,-4.391,9.238,0.9798",  # EPSG:1062, 1 m; PROJ guesses none
}
# Ellipsoids of datums that agree with WGS84 within a metre or two (ETRS89, NAD83, GDA, JGD, SIRGAS …).
MODERN = ("+datum=WGS84", "+datum=NAD83", "+ellps=GRS80", "+ellps=WGS84")


def text_of(code: int) -> str | None:
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(code)
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    if crs.IsVertical() or crs.IsGeocentric() or not crs.ExportToProj4():
        return None
    if crs.IsGeographic() and crs.GetAngularUnitsName() != "degree":  # grads: proj4 would take them for degrees
        return None
    crs.AddGuessedTOWGS84()
    text = crs.ExportToProj4().replace(" +type=crs", "").strip()
    if code == 3857:
        return text
    shift = SHIFTS.get((crs.GetAttrValue("DATUM") or "").replace("_", " "))
    if shift and "+towgs84" in text:
        text = " ".join(part for part in text.split() if not part.startswith("+towgs84"))
    if shift:
        text = text.replace("+datum=OSGB36", "+ellps=airy").replace("+datum=potsdam", "+ellps=bessel")
        text = text.replace("+datum=nzgd49", "+ellps=intl").replace(" +no_defs", f" +towgs84={shift} +no_defs")
    if "+nadgrids" in text or "+geoidgrids" in text:
        return None
    if "+towgs84" not in text and not any(name in text for name in MODERN):
        return None
    return text


def main() -> None:
    rows = sqlite3.connect(PROJ_DB).execute(
        "select code from crs_view where auth_name = 'EPSG' and deprecated = 0"
        " and type in ('projected', 'geographic 2D') order by cast(code as integer)"
    )
    table, refused = {}, []
    for (code,) in ((str(row[0]),) for row in rows):
        try:
            text = text_of(int(code))
        except RuntimeError:
            text = None
        if text is None:
            refused.append(code)
        else:
            table[code] = text
    lines = ",\n".join(f"{json.dumps(code)}: {json.dumps(text)}" for code, text in table.items())
    (ROOT / "data" / "crs.json").write_text("{\n" + lines + "\n}\n")
    print(f"{len(table)} written, {len(refused)} refused", file=sys.stderr)
    print(" ".join(refused), file=sys.stderr)


main()
