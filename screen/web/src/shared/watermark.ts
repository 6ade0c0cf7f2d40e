/**
 * What stands in a photo for whoever sees it later: number, time, place, person, coordinates, burnt into its lower edge.
 *
 * It is for people. The server trusts none of it and keeps its own time beside what the phone says.
 */
import type { Located } from './place'

export interface Mark {
  number: string
  place: string
  who: string
  at: Date
  located: Located
}

const SHARE = 1 / 44 // of the longer side: 36 px of 1600
const LEAST_PX = 13
const MOST_HEIGHT = 0.24 // the middle of the picture stays free
const FONT = "'HarmonyOS Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"

export function linesOf(mark: Mark): string[] {
  const { fix, accuracy } = mark.located
  const known = fix.lon !== undefined && fix.lat !== undefined
  const exact = accuracy === null ? '' : ` ±${accuracy}米`
  const where = known ? `${fix.lon.toFixed(5)}, ${fix.lat.toFixed(5)}（WGS-84）${exact}` : '未取得定位'
  return [`${beijing(mark.at)}  工单 ${mark.number}`, mark.place, mark.who, where].filter((line) => line.trim() !== '')
}

/** Draws the lines onto the lower edge; a line that is too long is drawn smaller, never cut. */
export function burn(canvas: HTMLCanvasElement, mark: Mark): void {
  const pen = canvas.getContext('2d')
  if (pen === null) return
  const lines = linesOf(mark)
  const { width, height } = canvas
  const size = Math.max(LEAST_PX, Math.min(Math.max(width, height) * SHARE, width / 22, (height * MOST_HEIGHT) / (lines.length * 1.4)))
  const step = size * 1.4
  const pad = size * 0.7
  const top = height - step * lines.length - pad
  pen.fillStyle = 'rgba(6, 22, 18, 0.72)'
  pen.fillRect(0, top, width, height - top)
  pen.fillStyle = '#34d9a5'
  pen.fillRect(0, top, Math.max(4, size * 0.22), height - top)
  pen.fillStyle = '#fff'
  pen.textBaseline = 'middle'
  lines.forEach((line, i) => {
    pen.font = `${i === 0 ? 700 : 500} ${size}px ${FONT}`
    pen.fillText(line, pad * 1.4, top + pad / 2 + step * (i + 0.5), width - pad * 2.4)
  })
}

function beijing(at: Date): string {
  const d = new Date(at.getTime() + 8 * 3_600_000)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`
}
