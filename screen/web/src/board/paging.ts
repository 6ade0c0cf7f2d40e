/** How a board of any size is filled: how large a letter is, and how many rows stand below each other. */

export interface Fit {
  /** Pixels of one letter's height. */
  unit: number
  rows: number
}

const LEAST = 11 // below it an LED board has too few dots for a Chinese character
const ACROSS = 30 // letters that the widest row needs
const DOWN = 9 // heading, and at least three rows
const HEAD = 2.6 // letters high, heading and margins
const ROW = 1.75

export function fit(width: number, height: number): Fit {
  const unit = Math.max(LEAST, Math.min(width / ACROSS, height / DOWN))
  return { unit, rows: Math.max(1, Math.floor((height / unit - HEAD) / ROW)) }
}

export function paged<T>(all: readonly T[], rows: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / rows) }, (_, i) => all.slice(i * rows, (i + 1) * rows))
}
