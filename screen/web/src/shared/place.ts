/** Where the phone is, if it may be asked; and how to get to a place. */

const PATIENCE_MS = 6_000

export type Fix = { lon: number; lat: number; crs: 'WGS-84' } | Record<string, never>

/** The phone's position, or nothing: an arrival without a position is still an arrival. */
export function whereAmI(): Promise<Fix> {
  if (!isSecureContext || !('geolocation' in navigator)) return Promise.resolve({})
  return new Promise((resolve) => {
    const give = window.setTimeout(() => resolve({}), PATIENCE_MS + 500)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        window.clearTimeout(give)
        resolve({ lon: coords.longitude, lat: coords.latitude, crs: 'WGS-84' })
      },
      () => {
        window.clearTimeout(give)
        resolve({})
      },
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30_000 },
    )
  })
}

/** Opens the map of the phone at the place, named. Only followed when somebody taps it. */
export function wayTo(lon: number, lat: number, crs: string | null, name: string): string {
  const coordinate = crs?.toUpperCase().startsWith('GCJ') ? 'gaode' : 'wgs84'
  const query = new URLSearchParams({ position: `${lon},${lat}`, name, coordinate, callnative: '1' })
  return `https://uri.amap.com/marker?${query.toString()}`
}
