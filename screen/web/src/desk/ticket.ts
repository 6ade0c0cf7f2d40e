/** The ticket behind a desk link: asked for every few seconds, and after each act. */
import { onMounted, onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { Ticket } from '../api'
import { get, passing, Refused } from '../shared/ask'
import { setServerTime } from '../shared/clock'
import { forget, recall, remember } from './memory'

const EVERY_MS = 5_000
const PATIENCE_MS = 20_000 // a line that says nothing for so long is none

export interface TicketSource {
  ticket: ShallowRef<Ticket | null>
  /** Why the link opens nothing (expired, wrong); final. */
  closed: Ref<string | null>
  /** Whether the last question got an answer. */
  online: Ref<boolean>
  /** Whether what is shown was told by the server since the page was opened. */
  fresh: Ref<boolean>
  take: (ticket: Ticket) => void
  ask: () => Promise<void>
}

export function useTicket(code: string, tick: () => Promise<void>): TicketSource {
  // On a slow line, and while photos go up, the last look stands there at once.
  const ticket = shallowRef<Ticket | null>(recall(code))
  const fresh = ref(false)
  const closed = ref<string | null>(null)
  const online = ref(true)
  let timer = 0
  let ended = false

  function take(next: Ticket): void {
    setServerTime(next.now)
    ticket.value = next
    online.value = true
    fresh.value = true
    remember(code, next)
  }
  async function ask(): Promise<void> {
    try {
      take(await get<Ticket>(`/api/v1/desk/${encodeURIComponent(code)}`, PATIENCE_MS))
      closed.value = null
    } catch (error) {
      if (error instanceof Refused && !passing(error)) {
        closed.value = error.words
        forget(code)
        return
      }
      online.value = false
    }
  }
  async function round(): Promise<void> {
    window.clearTimeout(timer)
    await tick()
    await ask()
    if (!ended) timer = window.setTimeout(() => void round(), EVERY_MS)
  }
  const now = (): void => void round()
  onMounted(() => {
    now()
    addEventListener('online', now)
  })
  onUnmounted(() => {
    ended = true
    window.clearTimeout(timer)
    removeEventListener('online', now)
  })
  return { ticket, closed, online, fresh, take, ask }
}
