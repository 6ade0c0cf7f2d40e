/** Shapes on a picture, in shares 0..1 of its width and height: what a corner may do, and what is wrong with a shape. */
import type { Drawing } from './devices'

export interface Corner {
  x: number
  y: number
}

export interface Drawn {
  key: number // of the list; the id is the server's, '' for a new one
  what: 'spot' | 'mask'
  id: string
  name: string
  zone: string
  kinds: string[]
  corners: Corner[]
}

export const MOST_CORNERS = 100
const LEAST_AREA = 0.0005
const WHOLE: Corner[] = [{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 1, y: 1 }, { x: 0, y: 1 }]
let keys = 0

export const kept = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 10_000

export function opened(drawing: Drawing): Drawn[] {
  return [
    ...drawing.spots.map((one): Drawn => ({ ...one, key: ++keys, what: 'spot', kinds: [...one.kinds], corners: one.polygon.length > 0 ? one.polygon.map(([x, y]) => ({ x, y })) : WHOLE.map((corner) => ({ ...corner })) })),
    ...drawing.masks.map((one): Drawn => ({ ...one, key: ++keys, what: 'mask', zone: '', kinds: [], corners: one.polygon.map(([x, y]) => ({ x, y })) })),
  ]
}

/** A new shape: a rectangle in the middle, a little aside of the ones before it, to be drawn to its place. */
export function fresh(what: Drawn['what'], name: string, before: number): Drawn {
  const off = (before % 5) * 0.04
  const [left, top, right, bottom] = [0.36 + off, 0.36 + off, 0.6 + off, 0.6 + off].map(kept) as [number, number, number, number]
  return { key: ++keys, what, id: '', name, zone: '', kinds: [], corners: [{ x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }] }
}

export function moved(shape: Drawn, dx: number, dy: number): Corner[] {
  const xs = shape.corners.map((corner) => corner.x)
  const ys = shape.corners.map((corner) => corner.y)
  const right = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx))
  const down = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy))
  return shape.corners.map((corner) => ({ x: kept(corner.x + right), y: kept(corner.y + down) }))
}

export function middles(shape: Drawn): Corner[] {
  return shape.corners.map((one, n) => {
    const next = shape.corners[(n + 1) % shape.corners.length] ?? one
    return { x: (one.x + next.x) / 2, y: (one.y + next.y) / 2 }
  })
}

function side(p: Corner, q: Corner, r: Corner): number {
  return (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)
}

export function crosses(corners: readonly Corner[]): boolean {
  const edges = corners.map((one, n) => [one, corners[(n + 1) % corners.length] ?? one] as const)
  return edges.some(([a, b], i) => edges.some(([c, d], j) => j > i + 1 && !(i === 0 && j === edges.length - 1) && side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0))
}

/** What is wrong with a shape, '' for nothing; the server looks again. */
export function fault(shape: Drawn): string {
  if (shape.name.trim() === '') return '没有名称'
  if (shape.corners.length < 3) return '少于三个角'
  if (crosses(shape.corners)) return '边线自己相交'
  const twice = shape.corners.reduce((sum, one, n) => {
    const next = shape.corners[(n + 1) % shape.corners.length] ?? one
    return sum + one.x * next.y - next.x * one.y
  }, 0)
  return Math.abs(twice) / 2 < LEAST_AREA ? '太小，看不出东西' : ''
}

/** What is sent: as the server reads it. */
export function told(shapes: readonly Drawn[]): Pick<Drawing, 'spots' | 'masks'> {
  const polygon = (shape: Drawn): [number, number][] => shape.corners.map(({ x, y }) => [x, y])
  return {
    spots: shapes.filter((one) => one.what === 'spot').map(({ id, name, zone, kinds, ...one }) => ({ id, name: name.trim(), zone, kinds, polygon: polygon({ id, name, zone, kinds, ...one }) })),
    masks: shapes.filter((one) => one.what === 'mask').map((one) => ({ id: one.id, name: one.name.trim(), polygon: polygon(one) })),
  }
}
