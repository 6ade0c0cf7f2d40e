/** A part of the wall's data that changes only when its content does, so that a chart is redrawn only then. */
import { shallowRef, watch, type Ref, type ShallowRef } from 'vue'

export function usePart<W, T>(whole: Ref<W | null>, pick: (whole: W) => T): ShallowRef<T | null> {
  const part = shallowRef<T | null>(null) as ShallowRef<T | null>
  let written = ''
  watch(
    whole,
    (value) => {
      const next = value === null ? null : pick(value)
      const text = JSON.stringify(next)
      if (text === written) return
      written = text
      part.value = next
    },
    { immediate: true },
  )
  return part
}
