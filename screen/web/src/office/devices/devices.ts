/** The JSON of the devices page, as the server writes it (screen/county/device_shapes.py, drawings.py). */
import type { Severity } from '../../api'

export type Kind = 'box' | 'camera' | 'bin'
export const KIND: Record<Kind, string> = { box: '盒子', camera: '摄像机', bin: '垃圾桶' }
export const CLOCK_SLACK_S = 120 // as much as the rules let a device's clock run ahead

export interface Row {
  id: string
  kind: Kind
  name: string
  place: string
  village: string
  box: string
  lon: number | null
  lat: number | null
  well: boolean
  words: string
  heard_at: string | null
  facts: string[]
  version: string
  clock_off_s: number | null
  waiting: number
  dead_letters: number
  lacking: string[]
}

export interface Point {
  id: string
  kind: Kind
  name: string
  lon: number
  lat: number
  well: boolean
}

export interface Page {
  now: string
  revision: number
  counts: Record<Kind, { total: number; faulty: number }>
  lacking: number
  total: number
  shown: Row[]
  points: Point[]
}

export interface Config {
  state: 'none' | 'unsent' | 'sent' | 'trying' | 'running' | 'refused'
  words: string
  wanted: number | null
  author: string
  reason: string
  at: string | null
  answered_at: string | null
}

export interface Still {
  sha256: string
  at: string
  rendered: boolean
  fresh: boolean
}

export interface Whole {
  now: string
  revision: number
  device: Row
  behind: Row[]
  credential: { state: 'valid' | 'revoked' | 'none' | 'box'; made_at: string | null; made_by: string; revoked_at: string | null; revoked_why: string }
  invitation: { state: 'open' | 'used' | 'over'; made_by: string; made_at: string; expires_at: string; tries: number } | null
  legal: { basis: string; basis_words: string; purpose: string; sign_date: string | null; consent: string; lacking: string[]; viewers: { code: string; name: string }[] } | null
  config: Config | null
  spots: { id: string; name: string; zone_name: string; kind_names: string[]; whole: boolean }[]
  masks: number
  still: Still | null
  tickets: { id: string; number: string; what_name: string; spot_name: string; severity: Severity; at: string }[]
}

export interface Found {
  kind: Kind | 'truck' | 'spot'
  id: string
  by: string
  village: string
  place: string
  times: number
}

export interface Drawing {
  revision: number
  camera: string
  name: string
  place: string
  spots: { id: string; name: string; zone: string; kinds: string[]; polygon: [number, number][] }[]
  masks: { id: string; name: string; polygon: [number, number][] }[]
  zones: { code: string; name: string }[]
  kinds: { code: string; name: string }[]
  still: Still | null
  config: Config | null
}

export interface Saved {
  revision: number
  changes: string[]
  notes: string[]
  told: boolean
  config: Config | null
}

export const TONE: Record<Config['state'], string> = { none: '', unsent: 'wait', sent: 'check', trying: 'check', running: 'done', refused: 'wait' }

export function clockWords(off: number | null): string {
  if (off === null || Math.abs(off) <= CLOCK_SLACK_S) return ''
  const size = Math.abs(off) < 7_200 ? `${Math.round(Math.abs(off) / 60)} 分钟` : `${Math.round(Math.abs(off) / 3_600)} 小时`
  return `时钟${off > 0 ? '快' : '慢'} ${size}`
}
