/** The red and black lists, as the server writes them (screen/office/list_shapes.py), and how months and windows are said. */
import { serverNow } from '../shared/clock'
import { monthDay } from '../shared/format'
import type { Named } from './office'

export type Colour = 'red' | 'black'
export type Step = 'submit' | 'approve' | 'refuse' | 'publish' | 'withdraw'

export interface ListLine {
  village: string
  name: string
  colour: Colour
  place: number
  points: number
  words: string
  note: string
  removed: string
  picture: string | null
  ticket: string
}

export interface Objection {
  number: number
  village: string
  name: string
  words: string
  at: string
  upheld: boolean | null
  answer: string
  answered_by: string
  own: boolean
}

export interface VillageList {
  number: number
  area: string
  area_name: string
  month: string
  state: 'draft' | 'objection' | 'approved' | 'published' | 'withdrawn'
  state_name: string
  revision: number
  until: string | null
  published_at: string | null
  lines: ListLine[]
  left_out: { name: string; words: string }[]
  objections: Objection[]
  history: { at: string; name: string; act_name: string; words: string }[]
  may: string[]
}

export interface ListPage {
  on: boolean
  black_public: boolean
  areas: Named[]
  lists: VillageList[]
}

/** What is asked for in a sheet: a new list, or something about a list, one of its lines or objections. */
export type Wish =
  | { kind: 'propose' }
  | { kind: 'points'; line: ListLine }
  | { kind: 'picture'; line: ListLine }
  | { kind: 'remove'; line: ListLine }
  | { kind: 'object' }
  | { kind: 'answer'; objection: Objection; upheld: boolean }
  | { kind: 'step'; step: Step }

export const TONE: Record<VillageList['state'], string> = { draft: '', objection: 'check', approved: 'work', published: 'done', withdrawn: 'wait' }
const BEIJING_MS = 8 * 3_600_000

export function monthName(month: string): string {
  return `${month.slice(0, 4)}年${Number(month.slice(5))}月`
}

/** The window ends at a midnight: said as the end of the day before. */
export function lastDay(until: string): string {
  return `${monthDay(new Date(Date.parse(until) - 1000).toISOString())} 24时`
}

/** The twelve months that are over, the last one first, by Beijing time. */
export function monthsOver(): string[] {
  const now = new Date(serverNow() + BEIJING_MS)
  return Array.from({ length: 12 }, (_, i) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1 - i, 1)).toISOString().slice(0, 7))
}
