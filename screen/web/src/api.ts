/** The JSON of `/api/v1`, exactly as the server writes it (screen/shapes.py). */

export type Severity = 'urgent' | 'major' | 'minor'

/** A thing seen in a picture; corners are fractions of its width and height. */
export interface Box {
  label: string
  score: number
  x1: number
  y1: number
  x2: number
  y2: number
}

export interface Kpi {
  today: number
  today_delta: number | null
  waiting: number
  waiting_longest_min: number | null
  handling: number
  checking: number
  closed_today: number
  closed_mean_h: number | null
  overdue: number
  on_time_percent: number | null
  silent: number
}

export interface Funnel {
  days: number
  events: number
  alarms: number
  dispatched: number
  accepted: number
  handled: number
  closed: number
}

export interface Rank {
  code: string
  name: string
  score: number | null
  open: number
  closed: number
  overdue: number
}

export interface Category {
  what: string
  name: string
  count: number
}

export interface TownshipState {
  code: string
  name: string
  score: number | null
  open: number
  worst: Severity | null
}

export interface MapAlarm {
  ticket: string
  lon: number
  lat: number
  severity: Severity
  what_name: string
  place: string
  at: string
}

export interface MapCamera {
  id: string
  lon: number
  lat: number
  online: boolean
}

export type BinTone = 'unknown' | 'plain' | 'warn' | 'alarm'

export interface MapBin {
  id: string
  lon: number
  lat: number
  fill: number | null
  tone: BinTone
}

export interface Rung {
  open: number
  mean_h: number | null
}

export interface Trend {
  hours: string[]
  urgent: number[]
  major: number[]
  minor: number[]
  closed: number[]
}

export interface FillSeries {
  name: string
  points: [string, number][]
}

export interface FullSoon {
  village: string
  id: string
  name: string
  place: string
  fill: number
  eta_min: number | null
  earliest_min: number | null
  latest_min: number | null
  tone: BinTone
}

export interface LiveRow {
  ticket: string
  code: string
  at: string
  severity: Severity
  what: string
  what_name: string
  place: string
  state: string
  state_name: string
  level: string
  due_at: string | null
}

/** One row of what stands behind a figure; `looks` where the figure counts alarms. */
export interface FigureRow extends LiveRow {
  overdue: boolean
  in_time: boolean | null
  closed_at: string | null
  looks: number | null
}

export interface FigureRows {
  figure: string
  total: number
  rows: number
  now: string
  shown: FigureRow[]
}

export interface Snapshot {
  ticket: string
  sha256: string
  at: string
  place: string
  device: string
  boxes: Box[]
  what_name: string
  rendered: boolean
}

export interface WallData {
  now: string
  county: { code: string; name: string; townships: number; villages: number; revision: number }
  rendered: boolean
  links: { boxes_online: number; boxes: number; channel: 'ok' | 'down'; latency_s: number | null; engine: 'ok' | 'silent'; troubles: { channel: string; cause: string; since: string; letters: number; words: string }[] }
  kpi: Kpi
  funnel: Funnel
  ranking: Rank[]
  categories: Category[]
  map: { townships: TownshipState[]; alarms: MapAlarm[]; cameras: MapCamera[]; bins: MapBin[] }
  ladder: { county: Rung; township: Rung; village: Rung }
  trend: Trend
  bins: { full_at: number; series: FillSeries[]; soon: FullSoon[] }
  live: LiveRow[]
  snapshot: Snapshot | null
  devices: {
    cameras: number
    cameras_online: number
    cameras_unknown: number
    bins: number
    bins_silent: number
    dead_letters: number
    refused: { device: string; name: string; letters: number }[]
    tickets: number
    tickets_overdue: number
  }
}

export interface Step {
  name: string
  at: string | null
  done: boolean
}

/** The acts of who deals with it, then those of the township: is it true, is it clean now. */
export type Act = 'accept' | 'still' | 'not_mine' | 'not_true' | 'arrive' | 'done' | 'confirm_true' | 'confirm_false' | 'confirm_unclear' | 'verify_ok' | 'verify_bad' | 'dispute'

/** Beside the acts: what is asked of a superior, and how a superior answers. */
export type Move = 'return' | 'extend' | 'grant' | 'refuse' | 'reply'

/** What somebody asked for or ordered (督办): what exactly, why, and who must answer until when. */
export interface Ask {
  id: string
  move: string
  move_name: string
  what: string
  by: string
  at: string
  reason: string
  decider: string
  due_at: string
  overdue: boolean
  state: 'waiting' | 'granted' | 'refused' | 'lapsed' | 'answered'
  state_name: string
  decided_by: string | null
  words: string
}

/** Something spoken instead of typed, with which act. */
export interface VoiceNote {
  sha256: string
  at: string
  person: string
  act_name: string
  seconds: number
}

/** What a desk link shows; `/api/v1/tickets/{id}` is the same without the acts. */
export interface Ticket {
  ticket: string
  number: string
  what_name: string
  severity: Severity
  severity_name: string
  stage: string
  state: string
  state_name: string
  place: string
  spot_name: string
  at: string
  due_at: string | null
  due_kind: 'triage' | 'accept' | 'handle' | 'verify' | 'recheck' | 'hold' | null
  now: string
  level: string
  person: { name: string; phone_masked: string } | null
  township: { name: string; phone: string } | null
  picture: { sha256: string; boxes: Box[] } | null
  lon: number | null
  lat: number | null
  crs: string | null
  steps: Step[]
  acts?: Act[]
  moves?: Move[]
  asks?: Ask[]
  history: { at: string; words: string }[]
  photos: { sha256: string; at: string }[]
  voices?: VoiceNote[]
  /** What may be said with one tap, by act. */
  phrases?: Record<string, string[]>
  /** The place as Chinese maps have it (GCJ-02). */
  map_lon?: number | null
  map_lat?: number | null
  near_m?: number
  arrived?: { at: string; words: string } | null
  /** Who the link is for, with their unit. */
  you?: string
  reason: string | null
  rendered: boolean
  relapse?: number
  earlier?: string | null
}

/** By which ways somebody may be reached beside the phone. */
export type BindWay = 'wechat' | 'wecom'

export interface Bindings {
  ways: { way: BindWay; name: string; since: string | null; offered: boolean }[]
  phone_masked: string
}

/** Something to scan; picture and link are null where it is to unbind. */
export interface Attempt {
  attempt: string
  until: string
  picture: string | null
  link: string | null
}

export interface BindingState {
  state: 'open' | 'scanned' | 'done' | 'over'
  words: string
}

type Ring = [number, number][]

/** One outline of `/api/v1/geo`: the county, a township, or (as a point) a village. */
export interface GeoFeature {
  type: 'Feature'
  properties: { code: string; name: string; level: 'county' | 'township' | 'village'; township?: string }
  geometry:
    | { type: 'Polygon'; coordinates: Ring[] }
    | { type: 'MultiPolygon'; coordinates: Ring[][] }
    | { type: 'Point'; coordinates: [number, number] }
}

export interface Geo {
  type: 'FeatureCollection'
  features: GeoFeature[]
}

/** The newest picture of a camera. `fresh`: young, and the camera online; every other one is shown as old. */
export interface Still {
  ticket: string
  sha256: string
  at: string
  boxes: Box[]
  what_name: string
  rendered: boolean
  fresh: boolean
}

export interface Camera {
  id: string
  name: string
  village: string
  place: string
  online: boolean
  words: string
  heard_at: string | null
  still: Still | null
  glimpse?: Glimpse | null
  /** Whether this viewer may watch it live. */
  live?: boolean
  open: number
  worst: Severity | null
}

/** The newest still that a camera gave by itself. */
export interface Glimpse {
  at: string
  fresh: boolean
}

export interface LiveBegun {
  watch: string
  camera: string
  at: string
}

export interface LiveShown {
  state: 'waiting' | 'live' | 'stale' | 'over'
  words: string
  at: string
  age_s: number | null
  frame: string | null
  rendered: boolean
  jpeg: string | null
}

export interface Cameras {
  now: string
  total: number
  online: number
  shown: Camera[]
}

export interface Crumb {
  code: string
  name: string
}

export interface Place {
  now: string
  path: Crumb[]
  open: number
  children: { code: string; name: string; open: number; worst: Severity | null; cameras: number; bins: number }[]
  cameras: Camera[]
  bins: { id: string; name: string; fill: number | null; tone: BinTone; heard_at: string | null }[]
}

export interface Equipment {
  now: string
  kind: 'box' | 'camera' | 'bin'
  total: number
  faulty: number
  spots: number
  spots_judged: number
  shown: { id: string; kind: string; name: string; place: string; village: string; well: boolean; words: string; heard_at: string | null; facts: string[] }[]
}

export interface BoardRank {
  name: string
  score: number | null
  open: number
  closed: number
  overdue: number
}

export interface BoardVillage {
  place: number
  name: string
  points: number
  picture: string | null
}

/** A published red and black list (screen/wall/board_lists.py): villages only. */
export interface BoardList {
  area: string
  month: string
  red: BoardVillage[]
  black: BoardVillage[]
}

/** The public board: counts and ranking, nothing personal. */
export interface Board {
  now: string
  county: string
  rendered: boolean
  days: number
  today: number
  closed_today: number
  working: number
  on_time_percent: number | null
  ranking: BoardRank[]
  categories: { name: string; count: number }[]
}
