/** A countdown lamp: how much time is left, as a tone (with its shape) and in words. */
export type Tone = 'red' | 'amber' | 'green' | 'grey'

export interface Lamp {
  tone: Tone
  words: string
}

const MINUTE = 60_000
const SHORT = 10 * MINUTE // less is always pressing
const LONG = 4 * 60 * MINUTE // more is never pressing

/** `at` is when the ticket began, `dueAt` its limit, `now` in milliseconds. The last quarter of the time is amber. */
export function lampOf(at: string, dueAt: string | null, overdue: boolean, closed: boolean, now: number): Lamp {
  if (closed) return { tone: 'grey', words: overdue ? '已办结（超期）' : '已办结' }
  if (dueAt === null) return { tone: overdue ? 'red' : 'grey', words: overdue ? '已超期' : '无时限' }
  const due = Date.parse(dueAt)
  const left = due - now
  if (left < 0) return { tone: 'red', words: `超 ${span(-left)}` }
  const pressing = Math.min(LONG, Math.max(SHORT, (due - Date.parse(at)) / 4))
  return { tone: left <= pressing ? 'amber' : 'green', words: `剩 ${span(left)}` }
}

/** A length of time in words: the two largest units, seconds only in the last ten minutes. */
export function span(ms: number): string {
  const minutes = Math.floor(ms / MINUTE)
  if (minutes < 1) return `${Math.floor(ms / 1000)}秒`
  if (minutes < 10) return `${minutes}分${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}秒`
  if (minutes < 60) return `${minutes}分`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}小时${minutes % 60 ? `${minutes % 60}分` : ''}`
  return `${Math.floor(hours / 24)}天${hours % 24 ? `${hours % 24}小时` : ''}`
}
