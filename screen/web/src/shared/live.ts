/**
 * The live stream of the wall: server-sent events that come back by themselves.
 *
 * A browser gives up on an event stream after an HTTP error, and a dead line may stay open without a word, so this
 * watches the silence itself, reconnects with a growing jittered pause, and fetches the whole picture again after each
 * reconnection: what was missed in between is caught up, never guessed.
 */
import { computed, onUnmounted, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { LiveRow, WallData } from '../api'
import { get, Refused, toLogin } from './ask'
import { setServerTime } from './clock'

const SILENCE_MS = 45_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

export interface Live {
  wall: ShallowRef<WallData | null>
  connected: Ref<boolean>
  /** When the shown data were made (milliseconds), by the server's clock. */
  dataAt: ComputedRef<number | null>
}

export function useLive(onAlarm: (row: LiveRow) => void): Live {
  const wall = shallowRef<WallData | null>(null)
  const connected = ref(false)
  let source: EventSource | null = null
  let pause = FIRST_PAUSE_MS
  let watchdog = 0
  let retry = 0
  let ended = false

  const take = (data: WallData): void => {
    setServerTime(data.now)
    wall.value = data
  }
  const heard = (): void => {
    window.clearTimeout(watchdog)
    watchdog = window.setTimeout(lost, SILENCE_MS)
  }
  async function catchUp(): Promise<void> {
    try {
      take(await get<WallData>('/api/v1/wall'))
    } catch (error) {
      if (error instanceof Refused && error.status === 401) toLogin()
      else lost()
    }
  }
  function lost(): void {
    source?.close()
    source = null
    connected.value = false
    window.clearTimeout(watchdog)
    window.clearTimeout(retry)
    if (ended) return
    retry = window.setTimeout(open, pause * (0.5 + Math.random() / 2))
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
  function open(): void {
    const stream = new EventSource('/api/v1/events')
    source = stream
    heard()
    stream.onopen = () => {
      connected.value = true
      pause = FIRST_PAUSE_MS
      heard()
      void catchUp()
    }
    stream.onerror = () => {
      // The browser hides the status of a refused stream; ask the plain way, which tells a lapsed login from a cut.
      void catchUp().then(() => {
        if (stream === source) lost()
      })
    }
    stream.addEventListener('wall', (event) => {
      heard()
      take(JSON.parse(event.data as string) as WallData)
    })
    stream.addEventListener('alarm', (event) => {
      heard()
      onAlarm(JSON.parse(event.data as string) as LiveRow)
    })
    stream.addEventListener('ping', heard)
  }

  void catchUp()
  open()
  onUnmounted(() => {
    ended = true
    lost()
  })
  return { wall, connected, dataAt: computed(() => (wall.value === null ? null : Date.parse(wall.value.now))) }
}
