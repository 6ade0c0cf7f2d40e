/** What Escape closes: the newest layer that is open, and only that; then the focus goes back where it was. */
import { onMounted, onUnmounted } from 'vue'

const open: (() => void)[] = []

function pressed(event: KeyboardEvent): void {
  if (event.key === 'Escape') open[open.length - 1]?.()
}

export function useEscape(close: () => void): void {
  const before = document.activeElement
  onMounted(() => {
    if (open.length === 0) addEventListener('keydown', pressed)
    open.push(close)
  })
  onUnmounted(() => {
    open.splice(open.indexOf(close), 1)
    if (open.length === 0) removeEventListener('keydown', pressed)
    if (before instanceof HTMLElement && before.isConnected) before.focus()
    else if (before instanceof SVGElement && before.isConnected) before.focus()
  })
}
