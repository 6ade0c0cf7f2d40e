/** The JSON of the county's files as the server writes it (screen/county/*_shapes.py): people, duties, policy, revisions. */

export interface Revision {
  number: number
  author: string
  reason: string
  at: string
}
export interface Problem {
  file: string
  line: number
  code: string
  text: string
  cure: string
}
export interface Difference {
  file: string
  file_name: string
  what: 'added' | 'removed' | 'changed'
  what_name: string
  key: string
  text: string
}
export interface Gap {
  kind: string
  area: string
  village: string
  place: string
  level: string
  level_name: string
  start: string
  end: string | null
  text: string
  cure: string
}
export interface Outlook {
  base: number
  problems: Problem[]
  problems_count: number
  differences: Difference[]
  differences_count: number
  gaps_new: Gap[]
  gaps_gone: Gap[]
  holding: { person: string; name: string; tickets: number }[]
  meanwhile: { revisions: Revision[]; differences: Difference[] } | null
}
export interface Saved {
  number: number
  changed: boolean
}
export interface Duty {
  key: string
  area: string
  place: string
  level: string
  level_name: string
  role: string
  rank: number
  begins: string | null
  ends: string | null
  categories: string[]
  state: 'past' | 'now' | 'coming'
}
export interface PersonLine {
  id: string
  name: string
  phone: string
  unit: string
  volunteer: boolean
  on_leave: boolean
  duties: Duty[]
}
export interface PeoplePage {
  day: string
  revision: number
  may_edit: boolean
  total: number
  people: PersonLine[]
}
export interface Person {
  revision: number
  may_edit: boolean
  id: string
  name: string
  phone: string
  unit: string
  unit_id: string
  kind: string
  email: string
  wechat: string
  wecom: string
  channels: string[]
  bound: { name: string; since: string | null }[]
  duties: Duty[]
  leaves: { start: string; end: string | null; reason: string; state: 'past' | 'now' | 'coming' }[]
  tickets: number
}
export interface Holder {
  level: string
  level_name: string
  person: string
  name: string
  phone: string
  role: string
  deputies: string[]
}
export interface Place {
  kind: string
  code: string
  name: string
  chain: Holder[]
  missing: string[]
  gaps: number
  opens: boolean
}
export interface Tree {
  day: string
  revision: number
  may_edit: boolean
  above: [string, string][]
  here: Place
  inside: Place[]
}
export interface GapPage {
  day: string
  revision: number
  total: number
  gaps: Gap[]
}
export interface Policy {
  number: number
  newest: number
  text: string
  may_edit: boolean
}
export interface Counts {
  messages: number
  alarms: number
  tickets: number
  merges: number
  overdue: number
  climbs: number
  notices: number
  reduction: number | null
}
export interface Backtest {
  state: 'none' | 'running' | 'done' | 'failed' | 'cancelled'
  author: string
  days: number
  progress: number
  words: string
  before: Counts | null
  after: Counts | null
  changes: { at: string; place: string; words: string }[]
  changes_count: number
}

/** What a sheet sends: one change, and how it is called. */
export type Change = Record<string, unknown> & { kind: string }
export type Wish = { kind: 'put_person' | 'add_duty' | 'end_duty' | 'hand_over' | 'leave' | 'back'; person?: Person; duty?: Duty; gap?: Gap }

export const KIND_NAME: Record<string, string> = { county: '县', township: '乡镇', village: '村', below: '网格', spot: '点位', lane: '巷道', road: '路段', ditch: '沟渠', pond: '坑塘' }

/** `2026-11-29` and the days around it, by Beijing time. */
export function dayOf(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 10)
}

export function span(begins: string | null, ends: string | null): string {
  if (begins === null && ends === null) return '长期'
  return `${begins ?? '以前'} 起${ends === null ? '' : `，到 ${ends} 前`}`
}
