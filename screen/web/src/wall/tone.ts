/** A ticket's state as a tone, and in the few characters a row has room for. */
export type Tone = 'wait' | 'work' | 'check' | 'done' | 'other'

const KNOWN: Record<string, { tone: Tone; short: string }> = {
  to_confirm: { tone: 'wait', short: '待核实' },
  dispatched: { tone: 'wait', short: '待接单' },
  accepted: { tone: 'work', short: '已接单' },
  on_site: { tone: 'work', short: '处置中' },
  to_check: { tone: 'check', short: '待核查' },
  closed: { tone: 'done', short: '已结案' },
  closed_unaided: { tone: 'done', short: '自行清除' },
  dropped: { tone: 'other', short: '已撤销' },
  not_filed: { tone: 'other', short: '不予立案' },
}

export function stateTone(state: string): Tone {
  return KNOWN[state]?.tone ?? 'other'
}

export function shortState(state: string, name: string): string {
  return KNOWN[state]?.short ?? name
}
