/** The JSON of the office, as the server writes it (screen/office_shapes.py, queue_shapes.py, silence_shapes.py …). */
import type { Act, Ask, Severity, Ticket } from '../api'

export type SideMove = 'void' | 'return' | 'transfer' | 'extend' | 'hold' | 'resume' | 'rework' | 'supervise' | 'appeal' | 'force_close'
export type Deed = Act | SideMove

export interface Me {
  account: string
  name: string
  role: string // as what, in Chinese
  sees_all: boolean
  levels: string[]
  areas: string[]
  helper: boolean
  rights: string[]
}

export interface Line {
  ticket: string
  number: string
  at: string
  severity: Severity
  what: string
  what_name: string
  place: string
  state: string
  state_name: string
  level: string
  person: string
  due_at: string | null
  closed_at: string | null
  overdue: boolean
}

export type Tab = 'mine' | 'accept' | 'work' | 'check' | 'overdue' | 'open' | 'all'

export interface QueuePage {
  now: string
  tickets: Line[]
  after: string
  tabs: Record<Tab, number>
  asks: number
  mutes: number
}

export interface Named {
  code: string
  name: string
}

export interface QueueForm {
  county: string
  categories: Named[]
  villages: Named[]
  spots: Named[]
  people: Named[]
}

export interface Stage {
  name: string
  began: string | null
  ended: string | null
  due_at: string | null
  limit: string
  spent_s: number
  times: number
  late: boolean
}

export interface Shown {
  sha256: string
  at: string
  phase?: 'before' | 'after' | null
  doubts?: string[]
}

export interface CaseFile extends Ticket {
  overdue: boolean
  photos: Shown[]
  pair: { before: string | null; after: string | null }
  sources: string[]
  stages: Stage[]
  asks: Ask[]
}

export interface Choices {
  acts: Act[]
  moves: SideMove[]
  asks: Ask[]
  alarms: string[]
}

export interface Told {
  at: string
  person: string
  purpose: string
  route: string
  channel: string
  state: string
  sent_at: string | null
  maybe_doubled: boolean
  tries: { at: string; channel: string; result: string; words: string }[]
}

export interface Paper {
  id: string
  number: string
  issuer: string
  person: string
  issued_at: string
  due_at: string
  standing: string
}

export interface Receiver {
  person: string
  name: string
  unit: string
  duty: string
  level_name: string
  near: boolean
}

export interface AskLine {
  ticket: string
  number: string
  place: string
  ask: Ask
}

export interface Mute {
  number: number
  hold: 'asked' | 'held' | 'refused' | 'ended'
  hold_name: string
  place: string
  categories: string[]
  begin: string
  until: string
  daily: string[]
  works: boolean
  author: string
  reason: string
  granted_by: string
  finds: number
  looks: number
  grantable: boolean
}

export interface Report {
  id: string
  at: string
  source_name: string
  what_name: string
  place: string
  words: string
  origin: string
  ticket: string
  named: boolean
  verdict: 'true' | 'false' | 'unclear' | null
}

export interface Rewards {
  awards: { ticket: string; report: string; amount: string; month: string; words: string }[]
  ledger: { n: number; ticket: string; deed: 'approved' | 'paid' | 'withdrawn'; deed_name: string; amount: string; month: string; by: string; at: string; words: string }[]
}

export interface FairLine {
  n: number
  at: string
  deed_name: string
  author: string
  level: string
  place: string
  ticket: string | null
  number: string
  reason: string
  words: string
}

export interface RegisterLine {
  n: number
  at: string
  deed_name: string
  account: string
  name: string
  unit: string
  role: string
  source: string
  subject: string
  kind: string
  reason: string
  content: string
  more: string
  words: string
}

export interface Register {
  rows: RegisterLine[]
  next: number | null
  head: string
}

export interface RegisterForm {
  deeds: { code: string; name: string }[]
}

export interface Chain {
  rows: number
  head: string
  broken: number | null
  words: string
}

/** One line of the log of messages; the person is masked. */
export interface Message {
  id: string
  at: string
  person: string
  purpose_name: string
  channel: string
  state: string
  state_name: string
  failed: boolean
  tries: number
  sent_at: string | null
  maybe_doubled: boolean
  words: string
  ticket: string | null
  number: string
  place: string
}

/** A message of a device that was not let in; `text` only where it is looked at alone. */
export interface Letter {
  id: number
  at: string
  device: string
  topic: string
  reason: string
  times: number
  size: number
  replayed_at: string | null
  replay_result: string | null
  text: string | null
  cursor: string
}

/** What goes with an act: the same key for every try. */
export interface Wish {
  reason: string
  until?: string
  to?: string
  finding?: string
}
