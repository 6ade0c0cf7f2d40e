/** Which urgent alarm the wall shouts about, and for how long. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { LiveRow, WallData } from '../api'
import { beep } from './sound'
import { stateTone } from './tone'

export interface Urgent {
  /** The alarm that is shouted about until somebody accepts it; null when there is none. */
  row: ComputedRef<LiveRow | null>
  /** Rises by one with each new alarm, for a flash. */
  flash: Ref<number>
  /** Ticket of the newest alarm, marked in the feed. */
  fresh: Ref<string | null>
  /** Alarms that came by the stream and are not in the wall's data yet. */
  ahead: ShallowRef<LiveRow[]>
  take: (row: LiveRow) => void
  dismiss: () => void
}

export function useUrgent(wall: Ref<WallData | null>, sound: Ref<boolean>): Urgent {
  const dismissed = ref(new Set<string>())
  const ahead = shallowRef<LiveRow[]>([])
  const flash = ref(0)
  const fresh = ref<string | null>(null)

  watch(wall, (data) => {
    const known = new Set(data?.live.map((row) => row.ticket))
    ahead.value = ahead.value.filter((row) => !known.has(row.ticket))
  })
  const row = computed(() => {
    const rows = [...ahead.value, ...(wall.value?.live ?? [])]
    return rows.find((r) => r.severity === 'urgent' && stateTone(r.state) === 'wait' && !dismissed.value.has(r.ticket)) ?? null
  })
  watch(row, (shown) => {
    document.title = shown === null ? '农村人居环境智能监测管护平台' : `【紧急】${shown.place} ${shown.what_name}`
  })

  function take(alarm: LiveRow): void {
    ahead.value = [alarm, ...ahead.value.filter((r) => r.ticket !== alarm.ticket)].slice(0, 6)
    fresh.value = alarm.ticket
    flash.value += 1
    if (sound.value) beep(alarm.severity === 'urgent')
  }
  function dismiss(): void {
    if (row.value !== null) dismissed.value = new Set([...dismissed.value, row.value.ticket])
  }
  return { row, flash, fresh, ahead, take, dismiss }
}
