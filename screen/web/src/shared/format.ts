/** How times and numbers are written for people. Everything unknown is a dash. Times are Beijing time (UTC+8, no
 *  summer time) whatever the screen's own computer is set to: a ticket has one time for everybody. */
import type { Severity } from '../api'

export const DASH = '—'
const DAYS = ['日', '一', '二', '三', '四', '五', '六']
const BEIJING_MS = 8 * 3_600_000
const beijing = (at: number): Date => new Date(at + BEIJING_MS) // read with the getUTC… calls
const two = (n: number): string => String(n).padStart(2, '0')

export const SEVERITY_NAME: Record<Severity, string> = { urgent: '紧急', major: '重要', minor: '一般' }

const FULL: Record<string, string> = { ',': '，', ':': '：', ';': '；', '!': '！', '?': '？' }
const BRACES = /\(([^()]*[\u3400-\u9fff][^()]*)\)|(?<=[\u3400-\u9fff”）》])\(([^()]*)\)/g
const MARKS = /([\u3400-\u9fff”）》)])([,:;!?])(?=$|[\u3400-\u9fff“（《\d])|([\d%])([,:;!?])(?=[\u3400-\u9fff“（《])/g
/** The server's sentences with the marks that Chinese is printed with; times and numbers keep theirs. */
export function printed(words: string): string {
  const braced = words.replace(BRACES, (_, chinese?: string, after?: string) => `（${chinese ?? after ?? ''}）`)
  return braced.replace(MARKS, (_, a = '', m = '', b = '', n = '') => `${a}${b}${FULL[m + n] ?? ''}`)
}

export function clock(at: number): string {
  const d = beijing(at)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`
}

export function hourMinute(iso: string): string {
  return clock(Date.parse(iso)).slice(0, 5)
}

export function longDate(at: number): string {
  const d = beijing(at)
  return `${d.getUTCFullYear()}年${d.getUTCMonth() + 1}月${d.getUTCDate()}日 星期${DAYS[d.getUTCDay()] ?? ''}`
}

export function monthDay(iso: string): string {
  const d = beijing(Date.parse(iso))
  return `${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
}

export function dateTime(iso: string): string {
  return `${monthDay(iso)} ${clock(Date.parse(iso))}`
}

/** `9:12` below an hour, `1:56:30` above; `null` when there is no limit. Negative time is counted up, as overdue. */
export function countdown(dueAt: string | null, now: number): { text: string; overdue: boolean; left: number } | null {
  if (dueAt === null) return null
  const left = Date.parse(dueAt) - now
  const s = Math.floor(Math.abs(left) / 1000)
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  if (h >= 48) return { text: `${Math.floor(h / 24)} 天`, overdue: left < 0, left }
  return { text: h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`, overdue: left < 0, left }
}

export function ago(iso: string, now: number): string {
  const minutes = Math.floor(Math.max(0, now - Date.parse(iso)) / 60_000)
  if (minutes < 1) return '刚刚'
  if (minutes < 60) return `${minutes} 分钟前`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} 小时前` : `${Math.floor(minutes / 1440)} 天前`
}

/** A length of time in the unit that people would use: minutes below an hour, days from two days on. */
function lasting(minutes: number): string {
  const hours = minutes / 60
  if (Math.round(minutes) < 60) return `${Math.max(1, Math.round(minutes))} 分钟`
  if (hours >= 48) return `${Math.round(hours / 24)} 天`
  return `${hours < 10 ? hours.toFixed(1) : Math.round(hours)} 小时`
}

export function inMinutes(minutes: number | null): string {
  return minutes === null ? DASH : `约 ${lasting(minutes)}`
}

export function meanHours(hours: number | null): string {
  return `平均 ${hours === null ? DASH : lasting(hours * 60)}`
}

export function longest(minutes: number | null): string {
  return `最长 ${minutes === null ? DASH : lasting(minutes)}`
}

export function grouped(n: number): string {
  return n.toLocaleString('en-US')
}

export function percent(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(1)}%` : DASH
}
