/** One case: its file, what may be done with it now, and the way of an act with its photos and its key. */
import { onMounted, onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { setServerTime } from '../shared/clock'
import { detailsOf, type Photo } from '../shared/photo'
import { ask, hand, tell, wordsOf } from './ask'
import type { CaseFile, Choices, Deed, Wish } from './office'

const EVERY_MS = 20_000
const NONE: Choices = { acts: [], moves: [], asks: [], alarms: [] }

export interface Case {
  file: ShallowRef<CaseFile | null>
  may: ShallowRef<Choices>
  trouble: Ref<string | null>
  /** Rises with each change, for what is loaded beside it. */
  version: Ref<number>
  load: () => Promise<void>
}

export function useCase(ticket: string): Case {
  const file = shallowRef<CaseFile | null>(null)
  const may = shallowRef<Choices>(NONE)
  const trouble = ref<string | null>(null)
  const version = ref(0)
  let timer = 0
  let gone = false

  async function load(): Promise<void> {
    window.clearTimeout(timer)
    try {
      const url = `/api/v1/tickets/${ticket}`
      const [told, choices] = await Promise.all([ask<CaseFile>(url), ask<Choices>(`${url}/choices`)])
      if (gone) return
      if (file.value?.history.length !== told.history.length) version.value += 1
      setServerTime(told.now)
      file.value = told
      may.value = choices
      trouble.value = null
    } catch (error) {
      trouble.value = wordsOf(error)
    }
    if (!gone) timer = window.setTimeout(() => void load(), EVERY_MS)
  }
  onMounted(() => void load())
  onUnmounted(() => {
    gone = true
    window.clearTimeout(timer)
  })
  return { file, may, trouble, version, load }
}

/** Hands in the photos, then acts. With the same key again nothing happens twice. */
export async function actOn(ticket: string, deed: Deed, wish: Wish, photos: Photo[], key: string): Promise<void> {
  const kept: object[] = []
  for (const [i, photo] of photos.entries()) {
    const { sha256 } = await hand<{ sha256: string }>(`/api/v1/tickets/${ticket}/photo`, photo.blob, `photo-${i + 1}.jpg`, `${key}-${photo.url.slice(-12)}`)
    kept.push({ sha256, ...detailsOf(photo, 'after') })
  }
  await tell(`/api/v1/tickets/${ticket}/acts/${deed}`, { ...wish, photos: kept }, key)
}
