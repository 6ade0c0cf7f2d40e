/** Single keys, for who works without a mouse. They rest while somebody types, while a sheet is open, or switched off. */
import { onMounted, onUnmounted, ref } from 'vue'

const KEPT = 'office:keys'
const TYPED = 'input:not([type=checkbox]):not([type=radio]), textarea, select'
export const keysOn = ref(read())

function read(): boolean {
  try {
    return localStorage.getItem(KEPT) !== 'off'
  } catch {
    return true
  }
}

export function switchKeys(on: boolean): void {
  keysOn.value = on
  try {
    localStorage.setItem(KEPT, on ? 'on' : 'off')
  } catch {
    return
  }
}

/** Does what a key is for while the component is there; a handler that does not know a key returns false. */
export function useKeys(press: (key: string) => boolean): void {
  const heard = (event: KeyboardEvent): void => {
    if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (document.querySelector('dialog[open]') !== null) return
    const typing = event.target instanceof Element && event.target.matches(TYPED)
    if (typing) {
      if (event.key === 'Escape') (event.target as HTMLElement).blur()
      return
    }
    if (press(event.key)) event.preventDefault()
  }
  onMounted(() => addEventListener('keydown', heard))
  onUnmounted(() => removeEventListener('keydown', heard))
}
