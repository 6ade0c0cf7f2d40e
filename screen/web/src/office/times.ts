/** Times that somebody types: always Beijing time, whatever the computer is set to. */

/** `2026-11-28T18:00` of a form as the server reads it. */
export function instant(local: string): string {
  return `${local.length === 16 ? `${local}:00` : local}+08:00`
}

/** A moment as a form's `datetime-local` shows it. */
export function local(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 16)
}
