/** Where in the page one is: the part behind #, so that links, the back key and reloading do what they should. */
import { onUnmounted, shallowReadonly, shallowRef, type Ref } from 'vue'
import { QUEUE, viewNamed, type View } from './views'

const TICKET = /^#case\/([0-9a-f-]{36})$/i

export interface Route {
  view: View
  ticket: string | null
}

export function routeOf(hash: string): Route {
  const ticket = TICKET.exec(hash)?.[1] ?? null
  return { view: ticket === null ? viewNamed(hash.slice(1)) : QUEUE, ticket }
}

export function useRoute(): Readonly<Ref<Route>> {
  const route = shallowRef(routeOf(location.hash))
  const changed = (): void => {
    route.value = routeOf(location.hash)
  }
  addEventListener('hashchange', changed)
  onUnmounted(() => removeEventListener('hashchange', changed))
  return shallowReadonly(route)
}

export function go(hash: string): void {
  location.hash = hash
}
