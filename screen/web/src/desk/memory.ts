/** The last look at a ticket, kept on the phone: without signal, a link still shows what it showed before. */
import type { Ticket } from '../api'

const PREFIX = 'desk:'
const MOST = 8

interface Kept {
  at: number
  ticket: Ticket
}

function all(): { name: string; at: number }[] {
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => ({ name, at: read(name)?.at ?? 0 }))
    .sort((a, b) => b.at - a.at)
}

function read(name: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as Kept | null
  } catch {
    return null
  }
}

/** Keeps the ticket; only the last few tickets of a phone are kept at all. A full or forbidden storage keeps nothing. */
export function remember(code: string, ticket: Ticket): void {
  try {
    localStorage.setItem(PREFIX + code, JSON.stringify({ at: Date.now(), ticket } satisfies Kept))
    all().slice(MOST).forEach(({ name }) => localStorage.removeItem(name))
  } catch {
    return
  }
}

export function recall(code: string): Ticket | null {
  try {
    return read(PREFIX + code)?.ticket ?? null
  } catch {
    return null
  }
}

/** The other tickets that this phone has looked at, the newest first. */
export function others(code: string): { code: string; ticket: Ticket }[] {
  try {
    return all().flatMap(({ name }) => {
      const ticket = read(name)?.ticket
      return ticket === undefined || name === PREFIX + code ? [] : [{ code: name.slice(PREFIX.length), ticket }]
    })
  } catch {
    return []
  }
}

export function forget(code: string): void {
  try {
    localStorage.removeItem(PREFIX + code)
  } catch {
    return
  }
}
