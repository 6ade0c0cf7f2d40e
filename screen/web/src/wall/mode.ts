/** Which face the wall shows: the county, or its cameras (`#cameras`, so that a second screen can be set to it). */
import { onMounted, onUnmounted, ref, type Ref } from 'vue'

const CAMERAS = '#cameras'

export function useMode(): { cameras: Ref<boolean>; toggle: () => void } {
  const cameras = ref(location.hash === CAMERAS)
  const changed = (): void => {
    cameras.value = location.hash === CAMERAS
  }
  onMounted(() => addEventListener('hashchange', changed))
  onUnmounted(() => removeEventListener('hashchange', changed))
  return { cameras, toggle: () => (location.hash = cameras.value ? '' : CAMERAS) }
}
