/** What a person chose once on this phone: how large the type is, and which map leads the way. */
import { ref, watchEffect, type Ref } from 'vue'
import type { MapApp } from '../shared/place'

export const SIZES = [
  { name: '标准', share: 1 },
  { name: '大', share: 1.2 },
  { name: '特大', share: 1.4 },
]
const SIZE = 'desk-size'
const MAP = 'desk-map'

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}
function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    return
  }
}

/** The size of all type, as an index of `SIZES`. */
export function useSize(): Ref<number> {
  const size = ref(Math.max(0, SIZES.findIndex(({ name }) => name === read(SIZE))))
  watchEffect(() => {
    const chosen = SIZES[size.value] ?? SIZES[0]
    if (chosen === undefined) return
    document.documentElement.style.fontSize = chosen.share === 1 ? '' : `${chosen.share * 100}%`
    write(SIZE, chosen.name)
  })
  return size
}

export function rememberedMap(): MapApp | null {
  const known = read(MAP)
  return known === 'amap' || known === 'tencent' || known === 'geo' ? known : null
}
export function rememberMap(app: MapApp): void {
  write(MAP, app)
}
