/**
 * What a person did, kept until the server has it: in order, each with one key, so that a retry never counts twice.
 *
 * The rows live in memory and in the phone's own database, so a page that is closed without signal goes on when the
 * link is opened again.
 */
import { ref, type Ref } from 'vue'
import type { Ticket } from '../api'
import { newKey, passing, post, postFile, Refused } from '../shared/ask'
import type { Details } from '../shared/photo'
import type { Deed } from './acts'

export interface Row {
  id?: number | undefined
  code: string
  act: Deed
  body: Record<string, unknown>
  photos: Blob[]
  details?: Details[]
  voice?: Blob
  seconds?: number
  /** The phone's clock when it was done: the server wants to know how long it waited. */
  pressed: string
  key: string
}

const STORE = 'acts'

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })
}

/** The phone's database, or null where a browser has none to give (private windows of some). */
async function open(): Promise<IDBDatabase | null> {
  try {
    const request = indexedDB.open('jingcun-desk', 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id', autoIncrement: true })
    return await finished(request)
  } catch {
    return null
  }
}

async function adding(db: IDBDatabase, row: Row): Promise<number> {
  return Number(await finished(db.transaction(STORE, 'readwrite').objectStore(STORE).add(row)))
}

export interface Queue {
  waiting: Ref<Row[]>
  sending: Ref<string | null>
  put: (row: Omit<Row, 'id' | 'key' | 'pressed'>) => Promise<void>
  flush: () => Promise<void>
}

export interface Outcome {
  taken: (row: Row, ticket: Ticket) => void
  refused: (row: Row, words: string) => void
  unreachable: () => void
}

export function useQueue(outcome: Outcome): Queue {
  const waiting = ref<Row[]>([]) as Ref<Row[]>
  const sending = ref<string | null>(null)
  let busy = false
  const database = open()
  const loaded = database.then(async (db) => {
    if (db === null) return
    const kept = await finished(db.transaction(STORE).objectStore(STORE).getAll() as IDBRequest<Row[]>).catch((): Row[] => [])
    waiting.value = [...kept, ...waiting.value]
  })

  async function put(row: Omit<Row, 'id' | 'key' | 'pressed'>): Promise<void> {
    await loaded
    const full: Row = { ...row, key: newKey(), pressed: new Date().toISOString() }
    const db = await database
    // A full phone keeps nothing: then it is sent from this page alone.
    if (db !== null) full.id = await adding(db, full).catch(() => undefined)
    waiting.value = [...waiting.value, full]
    await flush()
  }

  async function remove(row: Row): Promise<void> {
    waiting.value = waiting.value.filter((other) => other.key !== row.key)
    const db = await database
    if (db !== null && row.id !== undefined) await finished(db.transaction(STORE, 'readwrite').objectStore(STORE).delete(row.id)).catch(() => undefined)
  }

  async function send(row: Row): Promise<Ticket> {
    const base = `/api/v1/desk/${encodeURIComponent(row.code)}`
    const photos: ({ sha256: string } & Partial<Details>)[] = []
    for (const [i, photo] of row.photos.entries()) {
      sending.value = `正在上传照片 ${i + 1}/${row.photos.length}…`
      const kept = await postFile<{ sha256: string }>(`${base}/photo`, photo, `photo-${i + 1}.jpg`, `${row.key}-${i}`)
      photos.push({ sha256: kept.sha256, ...row.details?.[i] })
    }
    const body: Record<string, unknown> = { ...row.body, pressed_at: row.pressed }
    if (row.photos.length > 0 || row.act === 'done') body.photos = photos
    if (row.voice !== undefined) {
      sending.value = '正在上传语音…'
      body.voices = [(await postFile<{ sha256: string }>(`${base}/voice`, row.voice, 'voice', `${row.key}-voice`)).sha256]
    }
    sending.value = '正在提交…'
    return post<Ticket>(`${base}/${row.act}`, { ...body, sent_at: new Date().toISOString() }, row.key)
  }

  /** Sends what waits, oldest first; stops at the first row that finds no server. */
  async function flush(): Promise<void> {
    if (busy) return
    busy = true
    try {
      await loaded
      for (let row = waiting.value[0]; row !== undefined; row = waiting.value[0]) {
        const ticket = await send(row)
          .catch((error: unknown) => {
            if (passing(error) || !(error instanceof Refused)) throw error
            return error
          })
        await remove(row)
        if (ticket instanceof Refused) outcome.refused(row, ticket.words)
        else outcome.taken(row, ticket)
      }
    } catch (error) {
      if (!passing(error)) throw error
      outcome.unreachable()
    } finally {
      sending.value = null
      busy = false
    }
  }
  return { waiting, sending, put, flush }
}
