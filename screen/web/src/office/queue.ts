/** The queue: which tickets are shown, page by page, asked for again every quarter of a minute and after each act. */
import { computed, onMounted, onUnmounted, reactive, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { setServerTime } from '../shared/clock'
import { ask, wordsOf } from './ask'
import type { Line, QueuePage, Tab } from './office'

const EVERY_MS = 15_000
const TYPING_MS = 300

export interface Sift {
  tab: Tab
  words: string
  severity: string
  what: string
  scope: string
  person: string
  overdue: boolean
}

export const NOTHING: Omit<Sift, 'tab'> = { words: '', severity: '', what: '', scope: '', person: '', overdue: false }

export interface Queue {
  sift: Sift
  page: ShallowRef<QueuePage | null>
  lines: ComputedRef<Line[]>
  trouble: Ref<string | null>
  pageNumber: ComputedRef<number>
  load: () => Promise<void>
  next: () => void
  back: () => void
}

export function queryOf(sift: Sift, after: string): string {
  const query = new URLSearchParams({ tab: sift.tab })
  for (const name of ['words', 'severity', 'what', 'scope', 'person'] as const) if (sift[name].trim() !== '') query.set(name, sift[name].trim())
  if (sift.overdue) query.set('overdue', 'true')
  if (after !== '') query.set('after', after)
  return query.toString()
}

/** `may`: whether this account sees tickets at all; until it is known nothing is asked. */
export function useQueue(first: Tab, may: () => boolean): Queue {
  const sift = reactive<Sift>({ tab: first, ...NOTHING })
  const page = shallowRef<QueuePage | null>(null)
  const trouble = ref<string | null>(null)
  const before = ref<string[]>([]) // cursors of the pages up to this one
  let asked = 0
  let timer = 0
  let typing = 0

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    if (!may()) return
    const turn = ++asked
    try {
      const answer = await ask<QueuePage>(`/api/v1/queue?${queryOf(sift, before.value.at(-1) ?? '')}`)
      if (turn !== asked) return
      setServerTime(answer.now)
      page.value = answer
      trouble.value = null
    } catch (error) {
      if (turn === asked) trouble.value = wordsOf(error)
    }
    timer = window.setTimeout(() => void (document.hidden ? later() : load()), EVERY_MS)
  }
  function later(): void {
    timer = window.setTimeout(() => void load(), EVERY_MS)
  }
  function turn(cursors: string[]): void {
    before.value = cursors
    void load()
  }
  watch(sift, () => {
    window.clearTimeout(typing)
    typing = window.setTimeout(() => turn([]), TYPING_MS)
  })
  onMounted(() => void load())
  onUnmounted(() => window.clearTimeout(timer))
  return {
    sift, page, trouble, load,
    lines: computed(() => page.value?.tickets ?? []),
    pageNumber: computed(() => before.value.length + 1),
    next: () => { if (page.value?.after) turn([...before.value, page.value.after]) },
    back: () => { if (before.value.length > 0) turn(before.value.slice(0, -1)) },
  }
}
