/** Where in the page one is: the part behind #, so that links, the back key and reloading do what they should. */
import { onUnmounted, readonly, ref, type Ref } from 'vue'

export type View = 'queue' | 'asks' | 'mutes' | 'reports' | 'log'
const VIEWS: readonly string[] = ['asks', 'mutes', 'reports', 'log']
const TICKET = /^#case\/([0-9a-f-]{36})$/i

export interface Route {
  view: View
  ticket: string | null
}

export function routeOf(hash: string): Route {
  const ticket = TICKET.exec(hash)?.[1] ?? null
  const name = hash.slice(1)
  return { view: ticket === null && VIEWS.includes(name) ? (name as View) : 'queue', ticket }
}

export function useRoute(): Readonly<Ref<Route>> {
  const route = ref(routeOf(location.hash))
  const changed = (): void => {
    route.value = routeOf(location.hash)
  }
  addEventListener('hashchange', changed)
  onUnmounted(() => removeEventListener('hashchange', changed))
  return readonly(route)
}

export function go(hash: string): void {
  location.hash = hash
}
