/** How somebody binds a WeChat or WeCom: begin, scan, type two numbers. The tab remembers an attempt that is under way. */
import { computed, onUnmounted, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { Attempt, Bindings, BindingState, BindWay } from '../api'
import { passing, post, Refused } from './ask'

const EVERY_MS = 2_000
const KEPT = 'bind-attempt'

/** An attempt as this tab keeps it; without a picture it is one to unbind. */
export interface Begun extends Attempt {
  way: BindWay
  code: string
}

export interface Binding {
  bindings: ShallowRef<Bindings | null>
  begun: ShallowRef<Begun | null>
  state: Ref<BindingState['state']>
  trouble: Ref<string | null>
  busy: Ref<boolean>
  unbinding: ComputedRef<boolean>
  open: () => Promise<void>
  begin: (way: BindWay, unbind: boolean) => Promise<void>
  confirm: (sms: string, pair: string) => Promise<boolean>
  leave: () => void
}

export function useBinding(code: string): Binding {
  const bindings = shallowRef<Bindings | null>(null)
  const begun = shallowRef<Begun | null>(recalled(code))
  const state = ref<BindingState['state']>('open')
  const trouble = ref<string | null>(null)
  const busy = ref(false)
  const unbinding = computed(() => begun.value !== null && begun.value.picture === null)
  let timer = 0

  function keep(next: Begun | null): void {
    begun.value = next
    if (next === null) sessionStorage.removeItem(KEPT)
    else sessionStorage.setItem(KEPT, JSON.stringify(next))
  }
  function leave(): void {
    clearTimeout(timer)
    keep(null)
  }
  async function trying<T>(act: () => Promise<T>): Promise<T | null> {
    busy.value = true
    trouble.value = null
    try {
      return await act()
    } catch (error) {
      trouble.value = error instanceof Refused ? error.words : '连不上服务器，请检查网络后再试'
      return null
    } finally {
      busy.value = false
    }
  }
  async function look(): Promise<void> {
    const mine = begun.value
    if (mine === null) return
    try {
      const told = await post<BindingState>('/api/v1/binding/state', { code, attempt: mine.attempt })
      if (begun.value !== mine) return
      state.value = told.state
      if (told.words !== '') trouble.value = told.words
      if (told.state === 'over' || told.state === 'done') return leave()
    } catch (error) {
      if (!passing(error)) return leave()
    }
    timer = window.setTimeout(() => void look(), EVERY_MS)
  }
  async function open(): Promise<void> {
    bindings.value = (await trying(() => post<Bindings>('/api/v1/binding', { code }))) ?? bindings.value
    clearTimeout(timer)
    await look()
  }
  async function begin(way: BindWay, unbind: boolean): Promise<void> {
    leave()
    const told = await trying(() => post<Attempt>(`/api/v1/binding/${unbind ? 'unbind' : 'begin'}`, { code, way }))
    if (told === null) return
    state.value = unbind ? 'scanned' : 'open'
    keep({ ...told, way, code })
    await look()
  }
  async function confirm(sms: string, pair: string): Promise<boolean> {
    const mine = begun.value
    if (mine === null) return false
    const told = await trying(() => post<Bindings>('/api/v1/binding/confirm', { code, attempt: mine.attempt, sms, pair }))
    if (told === null) return false
    bindings.value = told
    leave()
    return true
  }
  onUnmounted(() => clearTimeout(timer))
  return { bindings, begun, state, trouble, busy, unbinding, open, begin, confirm, leave }
}

/** The attempt that this tab began before it was led away, if it is of the same page and not over. */
function recalled(code: string): Begun | null {
  const kept = sessionStorage.getItem(KEPT)
  const begun = kept === null ? null : (JSON.parse(kept) as Begun)
  return begun !== null && begun.code === code && Date.parse(begun.until) > Date.now() ? begun : null
}
