/** Whether the reason is asked before a ticket's pictures and voices are shown (screen/audit/grants.py). */
import { ref, shallowRef, watch, type Ref } from 'vue'
import { get } from './ask'

export interface EvidenceNeed {
  pictures: boolean
  voices: boolean
  name: string // empty where the account does not say it
  unit: string
  causes: { code: string; name: string }[]
}

export interface Need {
  need: Ref<EvidenceNeed | null>
  known: Ref<boolean> // before, no picture is asked for
  load: () => Promise<void>
}

/** Asks anew whenever the ticket changes. Without an answer the pictures are tried: the server decides anyway. */
export function useNeed(of: () => { ticket: string; wall: boolean; version: string | number }): Need {
  const need = shallowRef<EvidenceNeed | null>(null)
  const known = ref(false)
  async function load(): Promise<void> {
    const { ticket, wall } = of()
    try {
      const told = await get<EvidenceNeed>(`/api/v1/tickets/${encodeURIComponent(ticket)}/evidence${wall ? '?on=wall' : ''}`)
      if (ticket === of().ticket && wall === of().wall) need.value = told
    } catch {
      need.value = null
    }
    known.value = true
  }
  watch(
    () => { const { ticket, wall } = of(); return `${ticket} ${wall}` },
    () => { known.value = false; need.value = null },
  )
  watch(() => { const { ticket, wall, version } = of(); return `${ticket} ${wall} ${version}` }, () => void load(), { immediate: true })
  return { need, known, load }
}
