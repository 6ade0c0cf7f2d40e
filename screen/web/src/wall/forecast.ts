/** Where a fill level is heading: a straight line through its latest rise, never above full. */

export type Point = [number, number]

const LOOK_BACK_MS = 3 * 3_600_000
const AHEAD_MS = 6 * 3_600_000
const STEP_MS = 3_600_000
const EMPTIED = 10 // a fall by so many percent is an emptying: what was before it says nothing about now

/** Points from the last measurement to six hours ahead; empty when there is too little to say, or nothing rises. */
export function forecast(points: readonly Point[]): Point[] {
  const last = points[points.length - 1]
  if (last === undefined) return []
  const recent = sinceEmptied(points.filter(([at]) => at >= last[0] - LOOK_BACK_MS))
  const first = recent[0]
  if (first === undefined || last[0] - first[0] < STEP_MS / 2) return []
  const slope = (last[1] - first[1]) / (last[0] - first[0])
  if (slope <= 0) return []
  const ahead: Point[] = [last]
  for (let ms = STEP_MS; ms <= AHEAD_MS; ms += STEP_MS) ahead.push([last[0] + ms, Math.min(100, last[1] + slope * ms)])
  return ahead
}

function sinceEmptied(points: readonly Point[]): readonly Point[] {
  let from = 0
  for (let i = 1; i < points.length; i += 1) {
    if ((points[i - 1]?.[1] ?? 0) - (points[i]?.[1] ?? 0) >= EMPTIED) from = i
  }
  return points.slice(from)
}
