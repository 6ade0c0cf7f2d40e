/** The JSON of reports (screen/report_shapes.py), and the codes of those that were sent from this phone. */

export interface Choice {
  code: string
  name: string
}

export interface FormData {
  categories: Choice[]
  villages: Choice[]
  most_photos: number
}

export interface Receipt {
  code: string
  number: string
  new: boolean
  words: string
}

export interface Progress {
  at: string
  what_name: string
  place: string
  state: string
  state_words: string
  new: boolean
  verdict_words: string
  reward_words: string
  closed_at: string | null
}

/** Where it is: a known spot, the phone's position, or a village with words; null while nobody has said. */
export type Where =
  | { spot: string; place?: string }
  | { lon: number; lat: number; crs: 'WGS-84'; place?: string }
  | { region: string; place: string }

export interface Sent {
  code: string
  what: string
  at: string
}

const KEY = 'jingcun-reports'
const MOST = 20

/** What was reported from this phone, the newest first; empty where a browser keeps nothing. */
export function sent(): Sent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? (kept as Sent[]) : []
  } catch {
    return []
  }
}

export function remember(one: Sent): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([one, ...sent().filter((other) => other.code !== one.code)].slice(0, MOST)))
  } catch {
    // a private window: the code stands on the page
  }
}
