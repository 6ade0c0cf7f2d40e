/** Filters that somebody named, kept in this browser only, and by account: a machine in an office has several users. */
import { ref, type Ref } from 'vue'
import { NOTHING, type Sift } from './queue'

const KEPT = 'office:filters:'
const MOST = 12

export interface Saved {
  name: string
  sift: Sift
}

function read(account: string): Saved[] {
  try {
    const told: unknown = JSON.parse(localStorage.getItem(KEPT + account) ?? '[]')
    return Array.isArray(told) ? told.filter(sound).slice(0, MOST) : []
  } catch {
    return []
  }
}

/** Whether it is one of ours: the storage is anybody's who shares this browser. */
function sound(one: unknown): one is Saved {
  if (typeof one !== 'object' || one === null || !('name' in one) || !('sift' in one)) return false
  const sift = one.sift as Record<string, unknown> | null
  return typeof one.name === 'string' && typeof sift === 'object' && sift !== null && typeof sift['tab'] === 'string' && Object.keys(NOTHING).every((name) => typeof sift[name] === typeof NOTHING[name as keyof typeof NOTHING])
}

export function useSaved(account: string): { saved: Ref<Saved[]>; keep: (name: string, sift: Sift) => void; drop: (name: string) => void } {
  const saved = ref(read(account))
  const write = (): void => {
    try {
      localStorage.setItem(KEPT + account, JSON.stringify(saved.value))
    } catch {
      return
    }
  }
  return {
    saved,
    keep(name, sift) {
      saved.value = [{ name, sift: { ...sift } }, ...saved.value.filter((one) => one.name !== name)].slice(0, MOST)
      write()
    },
    drop(name) {
      saved.value = saved.value.filter((one) => one.name !== name)
      write()
    },
  }
}
