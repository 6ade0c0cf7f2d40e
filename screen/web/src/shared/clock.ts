/** Time as the server sees it: a screen's own clock may be wrong, so only its seconds are used, not its date. */
import { onUnmounted, readonly, ref, type Ref } from 'vue'

let offset = 0
const now = ref(Date.now())
let timer: number | undefined
let users = 0

/** Takes the server's time from an answer that was just received. */
export function setServerTime(iso: string): void {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return
  offset = at - Date.now()
  now.value = at
}

export function serverNow(): number {
  return Date.now() + offset
}

/** A clock that ticks each second while a component uses it; milliseconds since 1970. */
export function useNow(): Readonly<Ref<number>> {
  users += 1
  timer ??= window.setInterval(() => (now.value = serverNow()), 1000)
  onUnmounted(() => {
    users -= 1
    if (users > 0) return
    window.clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
