/** How the pages ask the server, and the two ways in which it does not answer. */
import { printed } from './format'

/** The server answered, and said no: `words` are its plain-Chinese detail. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly words: string,
  ) {
    super(words)
  }
}

/** No answer came: no signal, or the server is away. */
export class Unreachable extends Error {}

/** Whether the same question may well be answered later: no signal, too many questions, a server in trouble. */
export function passing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status === 429 || error.status >= 500))
}

/** To the login, and from there back to where one was: on a second screen that is the camera wall. */
export function toLogin(): void {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.hash)}`)
}

/** The pages speak Chinese, whatever the browser prefers; so must the words of a refusal that they show. */
export const CHINESE = { 'accept-language': 'zh-CN' } as const

/** What a page asks by itself while nobody touches it does not keep a session open. */
const TOUCHES = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const
const RESTS_MS = 60_000
let touched = Date.now()
if (typeof window !== 'undefined')
  for (const one of TOUCHES) window.addEventListener(one, () => (touched = Date.now()), { passive: true, capture: true })

async function answer<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response
  const resting: Record<string, string> = Date.now() - touched > RESTS_MS ? { 'x-resting': '1' } : {}
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init, headers: { ...CHINESE, ...(init.headers as Record<string, string>), ...resting } })
  } catch {
    throw new Unreachable(url)
  }
  const body: unknown = await response.json().catch(() => null)
  if (!response.ok) throw new Refused(response.status, printed(detail(body) ?? '') || `服务器拒绝了请求（${response.status}）`)
  return body as T
}

function detail(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('detail' in body)) return null
  return typeof body.detail === 'string' ? body.detail : null
}

/** Asks; after `patience` ms without an answer it counts as unreachable. */
export function get<T>(url: string, patience?: number): Promise<T> {
  const headers = { accept: 'application/json' }
  if (patience === undefined) return answer<T>(url, { headers })
  const stop = new AbortController()
  const timer = window.setTimeout(() => stop.abort(), patience)
  return answer<T>(url, { headers, signal: stop.signal }).finally(() => window.clearTimeout(timer))
}

/** Keys of deeds by address and words: pressed twice or tried again it is one deed, said anew later it is another. */
const SETTLED_MS = 1500 // a second click that comes after the answer
const DOUBT_MS = 600_000 // no answer came: whether it was done is not known
const RUNS_MS = 10_000 // 409: it still runs, or was done and its answer is shown once only; pressed later it is meant anew
const keys = new Map<string, { key: string; until: number; running: Promise<unknown> | null }>()

async function once<T>(deed: string, send: (key: string) => Promise<T>): Promise<T> {
  const now = Date.now()
  for (const [other, { running, until }] of keys) if (running === null && until < now) keys.delete(other)
  const known = keys.get(deed) ?? { key: newKey(), until: 0, running: null }
  if (known.running !== null) return known.running as Promise<T>
  keys.set(deed, known)
  let lasts = SETTLED_MS
  try {
    const running = send(known.key)
    known.running = running
    return await running
  } catch (error) {
    lasts = passing(error) ? DOUBT_MS : error instanceof Refused && error.status === 409 ? RUNS_MS : -1
    throw error
  } finally {
    known.running = null
    known.until = Date.now() + lasts
  }
}

/** A deed with its key; without one of its caller's it gets its own. */
export function post<T>(url: string, body: unknown, key?: string): Promise<T> {
  const json = JSON.stringify(body)
  const send = (mark: string): Promise<T> =>
    answer<T>(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', 'idempotency-key': mark }, body: json })
  return key === undefined ? once(`${url}\n${json}`, send) : send(key)
}

export function postFile<T>(url: string, file: Blob, name: string, key: string): Promise<T> {
  const form = new FormData()
  form.append('file', file, name)
  return answer<T>(url, { method: 'POST', headers: { accept: 'application/json', 'idempotency-key': key }, body: form })
}

export function postForm<T>(url: string, form: FormData): Promise<T> {
  return answer<T>(url, { method: 'POST', headers: { accept: 'application/json' }, body: form })
}

/** A random key. `crypto.randomUUID` exists only on https, and a village server may be plain http. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Address of a voice note: of a code's own ticket, or of a ticket that a signed-in person sees. */
export function voiceOf(sha256: string, of: { code: string } | { ticket: string }): string {
  return 'code' in of ? `/api/v1/desk/${encodeURIComponent(of.code)}/voice/${sha256}` : `/api/v1/tickets/${of.ticket}/voices/${sha256}`
}

/** Address of a picture; a desk shows only what its own code opens. */
export function evidence(sha256: string, code?: string): string {
  const url = `/api/v1/evidence/${sha256}`
  return code === undefined ? url : `${url}?code=${encodeURIComponent(code)}`
}

/** The same for what the wall shows to everybody before it: watched, not called for. */
export function walled(sha256: string): string {
  return `/api/v1/evidence/${sha256}?on=wall`
}
