/** A place → links that open it in the usual maps. Pure; nobody is asked until a person clicks. */
import type { LonLat } from '../types.ts'

/** A map service and the address of a place in it. */
export interface MapLink {
  readonly name: string
  readonly url: string
}

const ZOOM = 18

/** Aerial views where the service has them. Google and Bing want `lat,lon`, Yandex `lon,lat`. */
export function mapLinksOf({ lon, lat }: LonLat): readonly MapLink[] {
  const x = lon.toFixed(6)
  const y = lat.toFixed(6)
  return [
    {
      name: 'OSM',
      url: `https://www.openstreetmap.org/?mlat=${y}&mlon=${x}#map=${ZOOM}/${y}/${x}`,
    },
    { name: 'Google', url: `https://www.google.com/maps?q=${y},${x}&t=k&z=${ZOOM}` },
    {
      name: 'Bing',
      url: `https://www.bing.com/maps?cp=${y}~${x}&lvl=${ZOOM}&style=h&sp=point.${y}_${x}_place`,
    },
    {
      name: 'Yandex',
      url: `https://yandex.com/maps/?ll=${x}%2C${y}&pt=${x}%2C${y}&z=${ZOOM}&l=sat`,
    },
  ]
}
