/**
 * The service worker of the desk: the page itself, its files and the pictures of a ticket open without signal.
 *
 * It answers only for pages under /t/. What a ticket says is never answered from here: the page keeps its own last look
 * (memory.ts) and says that it is old.
 */

const SHELL = 'desk-shell-1'
const PICTURES = 'desk-pictures-1'
const MOST_PICTURES = 40

// The few calls of a service worker that are used; TypeScript keeps them in a library that excludes the DOM's.
interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Asked extends Event {
  request: Request
  respondWith(answer: Promise<Response>): void
}
interface Worker {
  skipWaiting(): Promise<void>
  clients: { claim(): Promise<void> }
  addEventListener(name: 'install' | 'activate', listener: (event: Waiting) => void): void
  addEventListener(name: 'fetch', listener: (event: Asked) => void): void
}
const worker = self as unknown as Worker

/** The newest from the server, or else the last that was kept. */
async function fresh(request: Request, key: string): Promise<Response> {
  const cache = await caches.open(SHELL)
  try {
    const answer = await fetch(request)
    if (answer.ok) await cache.put(key, answer.clone())
    return answer
  } catch (error) {
    const kept = await cache.match(key)
    if (kept === undefined) throw error
    return kept
  }
}

/** Kept for good: the address names the content. */
async function kept(request: Request, name: string, most: number): Promise<Response> {
  const cache = await caches.open(name)
  const known = await cache.match(request)
  if (known !== undefined) return known
  const answer = await fetch(request)
  if (answer.ok) {
    await cache.put(request, answer.clone())
    const keys = await cache.keys()
    await Promise.all(keys.slice(0, Math.max(0, keys.length - most)).map((old) => cache.delete(old)))
  }
  return answer
}

/** The first visit ran before this worker: fetch once more what the page is made of. */
async function fill(): Promise<void> {
  const cache = await caches.open(SHELL)
  const page = await fetch('/t/-')
  if (!page.ok) return
  await cache.put('/t/', page.clone())
  const names = (await page.text()).match(/\/static\/assets\/[\w.-]+/g) ?? []
  await cache.addAll(names)
}

worker.addEventListener('install', (event) => event.waitUntil(fill().then(() => worker.skipWaiting())))
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { pathname, origin } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (pathname.startsWith('/t/')) event.respondWith(fresh(request, '/t/'))
  else if (pathname.startsWith('/static/assets/')) event.respondWith(kept(request, SHELL, 60))
  else if (pathname.startsWith('/api/v1/evidence/')) event.respondWith(kept(request, PICTURES, MOST_PICTURES))
})

export {}
