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

type Press = (key: string) => boolean

const PREFIX = 'g' // two keys in a row: to another part of the page
const TOGETHER_MS = 1500
const presses: Press[] = []
let prefixed = -TOGETHER_MS

function heard(event: KeyboardEvent): void {
  if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
  if (document.querySelector('dialog[open]') !== null) return
  if (event.target instanceof HTMLElement && event.target.matches(TYPED)) {
    if (event.key === 'Escape') event.target.blur()
    return
  }
  const key = event.timeStamp - prefixed < TOGETHER_MS ? `${PREFIX} ${event.key}` : event.key
  prefixed = key === PREFIX ? event.timeStamp : -TOGETHER_MS
  if (presses.some((press) => press(key))) event.preventDefault()
}

/** Does what a key (or `g` and a key) is for while the component is there; the newest component is asked first.
 *  A press that does not know a key returns false. */
export function useKeys(press: Press): void {
  onMounted(() => {
    if (presses.length === 0) addEventListener('keydown', heard)
    presses.unshift(press)
  })
  onUnmounted(() => {
    presses.splice(presses.indexOf(press), 1)
    if (presses.length === 0) removeEventListener('keydown', heard)
  })
}
