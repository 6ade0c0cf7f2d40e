/** Plane geometry on the county's own outlines: what lies where, and how large it is on the glass. */
import type { Geo, GeoFeature } from '../api'

export type LonLat = [number, number]
type Ring = readonly LonLat[]

function rings(feature: GeoFeature): readonly Ring[][] {
  const g = feature.geometry
  if (g.type === 'Polygon') return [g.coordinates]
  return g.type === 'MultiPolygon' ? g.coordinates : []
}

function insideRing([x, y]: LonLat, ring: Ring): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [a, b] = [ring[i], ring[j]]
    if (a === undefined || b === undefined) continue
    if (a[1] > y !== b[1] > y && x < ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside
  }
  return inside
}

/** Whether the point lies in the feature's surface; holes are outside. */
export function contains(feature: GeoFeature, point: LonLat): boolean {
  return rings(feature).some(([outer, ...holes]) => outer !== undefined && insideRing(point, outer) && !holes.some((hole) => insideRing(point, hole)))
}

export function townships(geo: Geo): GeoFeature[] {
  return geo.features.filter((f) => f.properties.level === 'township')
}

export function outline(geo: Geo): GeoFeature[] {
  return geo.features.filter((f) => f.properties.level === 'county')
}

/** What a county without any outline is drawn on: a plain rectangle around its villages. */
export function plainGround(geo: Geo): GeoFeature {
  const at = villages(geo).map((one) => one.at)
  const span = (values: number[]): [number, number] => (values.length > 0 ? [Math.min(...values) - 0.05, Math.max(...values) + 0.05] : [0, 0.1])
  const [[w, e], [s, n]] = [span(at.map(([x]) => x)), span(at.map(([, y]) => y))]
  const ring: Ring[] = [[[w, s], [e, s], [e, n], [w, n], [w, s]]]
  return { type: 'Feature', properties: { code: '', name: '', level: 'township' }, geometry: { type: 'Polygon', coordinates: ring as [number, number][][] } }
}

export interface VillagePoint {
  code: string
  name: string
  at: LonLat
}

export function villages(geo: Geo): VillagePoint[] {
  return geo.features.flatMap((f) => (f.properties.level === 'village' && f.geometry.type === 'Point' ? [{ code: f.properties.code, name: f.properties.name, at: f.geometry.coordinates }] : []))
}

export function townshipAt(geo: Geo, point: LonLat): GeoFeature | undefined {
  return townships(geo).find((f) => contains(f, point))
}

/** Width over height as it looks on the ground, and the factor that makes it so at this latitude. */
export function shape(features: readonly GeoFeature[]): { aspect: number; squeeze: number } {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const feature of features)
    for (const polygon of rings(feature))
      for (const [x, y] of polygon[0] ?? []) [w, s, e, n] = [Math.min(w, x), Math.min(s, y), Math.max(e, x), Math.max(n, y)]
  if (!(n > s)) return { aspect: 1, squeeze: 1 }
  const squeeze = Math.cos((((s + n) / 2) * Math.PI) / 180)
  return { aspect: ((e - w) * squeeze) / (n - s), squeeze }
}
