/** A question that is asked again whenever what it depends on changes, and the last answer kept while none comes. */
import { shallowRef, ref, watch, type Ref, type ShallowRef } from 'vue'
import { get, Refused } from '../shared/ask'

export interface Asking<T> {
  data: ShallowRef<T | null>
  trouble: Ref<string | null>
}

/** `address` null asks nothing; another address forgets the answer to the one before. */
export function useAsking<T>(address: () => string | null, version: () => string): Asking<T> {
  const data = shallowRef<T | null>(null) as ShallowRef<T | null>
  const trouble = ref<string | null>(null)
  let asked = 0

  watch(
    [address, version],
    async ([wanted], [before]) => {
      if (wanted !== before) data.value = null
      if (wanted === null) return
      asked += 1
      const mine = asked
      try {
        const answer = await get<T>(wanted)
        if (mine !== asked) return
        data.value = answer
        trouble.value = null
      } catch (error) {
        if (mine === asked) trouble.value = error instanceof Refused ? error.words : '暂时取不到，正在再试'
      }
    },
    { immediate: true },
  )
  return { data, trouble }
}
