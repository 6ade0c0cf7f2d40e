/** The wall is drawn once, at 1920×1080, and scaled to whatever hangs there. */
import { onMounted, onUnmounted, ref, type Ref } from 'vue'

const WIDTH = 1920
const HEIGHT = 1080

const scale = ref(1)
const left = ref(0)
const top = ref(0)

function fit(): void {
  scale.value = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT)
  left.value = (innerWidth - WIDTH * scale.value) / 2
  top.value = (innerHeight - HEIGHT * scale.value) / 2
}

export function useStage(): { scale: Ref<number>; left: Ref<number>; top: Ref<number> } {
  fit()
  onMounted(() => addEventListener('resize', fit))
  onUnmounted(() => removeEventListener('resize', fit))
  return { scale, left, top }
}

export function stageScale(): Ref<number> {
  return scale
}
