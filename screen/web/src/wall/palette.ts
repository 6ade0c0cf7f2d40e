/** Colours the canvas charts share with wall.css, and the two numeral fonts in canvas notation. */
import type { Severity } from '../api'

export const C = {
  jade: '#34d9a5',
  sky: '#5cc3ff',
  gold: '#f4c95d',
  urgent: '#ff5a52',
  major: '#ffa23f',
  minor: '#ffd75e',
  off: '#5b7377',
  text: '#eaf6f2',
  muted: '#8fb0ac',
  line: '#1b4448',
} as const

export const SEVERITY_COLOUR: Record<Severity, string> = { urgent: C.urgent, major: C.major, minor: C.minor }
export const FONT = 'Barlow,"Microsoft YaHei","Noto Sans CJK SC",sans-serif'

export const AXIS = {
  axisLine: { lineStyle: { color: C.line } },
  axisTick: { show: false },
  axisLabel: { color: C.muted, fontSize: 13, fontFamily: 'Barlow' },
  splitLine: { lineStyle: { color: 'rgba(255,255,255,.06)' } },
}

export const TIP = {
  backgroundColor: 'rgba(6,18,21,.94)',
  borderColor: C.line,
  padding: [8, 12],
  textStyle: { color: C.text, fontSize: 14, fontFamily: FONT },
}

const RAMP: [number, [number, number, number]][] = [
  [70, [18, 58, 61]],
  [80, [20, 90, 88]],
  [90, [19, 130, 113]],
  [100, [36, 184, 144]],
]

/** Fill of a township by its score; a township without a score keeps a quiet middle tone. */
export function scoreColour(score: number | null): string {
  if (score === null) return '#175e5b'
  const s = Math.min(100, Math.max(70, score))
  for (let i = 1; i < RAMP.length; i += 1) {
    const [from, to] = [RAMP[i - 1], RAMP[i]]
    if (from === undefined || to === undefined || s > to[0]) continue
    const t = (s - from[0]) / (to[0] - from[0])
    return `rgb(${from[1].map((c, k) => Math.round(c + ((to[1][k] ?? c) - c) * t)).join(',')})`
  }
  return '#24b890'
}
