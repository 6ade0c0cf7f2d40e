/** The wall is drawn once, at 1920×1080, and scaled to whatever hangs there. A glass that is three times as wide as high
 *  is two screens side by side: there it is drawn at 3840×1080, the county on the left and its cameras on the right. */
import { onMounted, onUnmounted, ref, type Ref } from 'vue'

const WIDTH = 1920
const HEIGHT = 1080
const WIDE_FROM = 3

const wide = ref(false)
const scale = ref(1)
const left = ref(0)
const top = ref(0)

function fit(): void {
  wide.value = innerWidth / innerHeight >= WIDE_FROM
  const width = wide.value ? 2 * WIDTH : WIDTH
  scale.value = Math.min(innerWidth / width, innerHeight / HEIGHT)
  left.value = (innerWidth - width * scale.value) / 2
  top.value = (innerHeight - HEIGHT * scale.value) / 2
}

export function useStage(): { scale: Ref<number>; left: Ref<number>; top: Ref<number>; wide: Ref<boolean> } {
  fit()
  onMounted(() => addEventListener('resize', fit))
  onUnmounted(() => removeEventListener('resize', fit))
  return { scale, left, top, wide }
}

export function stageScale(): Ref<number> {
  return scale
}
