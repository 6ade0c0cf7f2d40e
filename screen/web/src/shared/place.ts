/** Where the phone is, if it may be asked; how far from a place; and which map leads there. */

const PATIENCE_MS = 6_000
const EARTH_M = 6_371_008.8

export type Fix = { lon: number; lat: number; crs: 'WGS-84' } | Record<string, never>

/** A position, how exact it is in metres, and why there is none: the person said no, or the phone does not know. */
export interface Located {
  fix: Fix
  accuracy: number | null
  why: 'refused' | 'unknown' | null
}

/** Asks the phone once; an answer always comes, for an act without a position is still an act. */
export function locate(): Promise<Located> {
  const nowhere = (why: 'refused' | 'unknown'): Located => ({ fix: {}, accuracy: null, why })
  if (!isSecureContext || !('geolocation' in navigator)) return Promise.resolve(nowhere('unknown'))
  return new Promise((resolve) => {
    const give = window.setTimeout(() => resolve(nowhere('unknown')), PATIENCE_MS + 500)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        window.clearTimeout(give)
        resolve({ fix: { lon: coords.longitude, lat: coords.latitude, crs: 'WGS-84' }, accuracy: Math.round(coords.accuracy), why: null })
      },
      (error) => {
        window.clearTimeout(give)
        resolve(nowhere(error.code === error.PERMISSION_DENIED ? 'refused' : 'unknown'))
      },
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30_000 },
    )
  })
}

export async function whereAmI(): Promise<Fix> {
  return (await locate()).fix
}

/** Metres between two places in degrees of WGS-84, along the surface. */
export function metresBetween(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const rad = (degrees: number): number => (degrees * Math.PI) / 180
  const north = Math.sin(rad(b.lat - a.lat) / 2)
  const east = Math.sin(rad(b.lon - a.lon) / 2)
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(north * north + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * east * east)))
}

export function inMetres(metres: number): string {
  return metres < 1000 ? `${Math.max(1, Math.round(metres))} 米` : `${(metres / 1000).toFixed(1)} 公里`
}

export type MapApp = 'amap' | 'tencent' | 'geo'
export const MAP_NAME: Record<MapApp, string> = { amap: '高德地图', tencent: '腾讯地图', geo: '手机自带地图' }

/** The place as both kinds of map need it: `lon`/`lat` in WGS-84, `mapLon`/`mapLat` in GCJ-02 (the server converts). */
export interface Goal {
  lon: number
  lat: number
  mapLon: number
  mapLat: number
  name: string
}

/** The address that opens a map with the way to a place. Followed only when somebody taps it. */
export function wayBy(app: MapApp, goal: Goal): string {
  if (app === 'geo') return `geo:${goal.lat},${goal.lon}?q=${goal.lat},${goal.lon}(${encodeURIComponent(goal.name)})`
  if (app === 'tencent') {
    const query = new URLSearchParams({ type: 'drive', to: goal.name, tocoord: `${goal.mapLat},${goal.mapLon}`, coord_type: '2', referer: 'jingcun' })
    return `https://apis.map.qq.com/uri/v1/routeplan?${query.toString()}`
  }
  const query = new URLSearchParams({ to: `${goal.mapLon},${goal.mapLat},${goal.name.replaceAll(',', ' ')}`, mode: 'car', coordinate: 'gaode', callnative: '1', src: 'jingcun' })
  return `https://uri.amap.com/navigation?${query.toString()}`
}
