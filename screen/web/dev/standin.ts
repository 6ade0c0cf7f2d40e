/**
 * A stand-in for the server, for `npm run dev` only: it answers with the JSON beside it and walks one ticket through
 * its life, so that pages can be drawn without a county. Nothing of it is built into the pages.
 *
 * `POST /dev/alarm` raises the urgent alarm, `POST /dev/reset` starts again.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from 'vite'
import type { Geo, GeoFeature, LiveRow, MapAlarm, Snapshot, Ticket, WallData } from '../src/api.ts'

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T
}

interface Alarm {
  row: LiveRow
  mark: MapAlarm
  snapshot: Snapshot
}

const listeners = new Set<ServerResponse>()
const pictures = new Map<string, Buffer>()
/** The shipped county's outline, and its villages as points, as the server joins them. */
function geo(): Geo {
  const outline = fixture<Geo>('../../../county/qingluan/outline.geojson')
  const rows = readFileSync(new URL('../../../county/qingluan/regions.csv', import.meta.url), 'utf8').split('\n').map((line) => line.split(','))
  const villages = rows.flatMap(([code, name, parent, , , , lon, lat]): GeoFeature[] =>
    code?.length === 12 && name && parent && lon && lat ? [{ type: 'Feature', properties: { code, name, level: 'village', township: parent }, geometry: { type: 'Point', coordinates: [Number(lon), Number(lat)] } }] : [],
  )
  return { ...outline, features: [...outline.features, ...villages] }
}

let wall = fixture<WallData>('./wall.json')
let desk = fixture<Ticket>('./desk.json')

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(body))
}

function tell(event: string, data: unknown): void {
  for (const listener of listeners) listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

function raise(): void {
  const alarm = fixture<Alarm>('./alarm.json')
  wall = { ...wall, live: [alarm.row, ...wall.live], snapshot: alarm.snapshot, map: { ...wall.map, alarms: [...wall.map.alarms, alarm.mark] } }
  wall.kpi = { ...wall.kpi, today: wall.kpi.today + 1, waiting: wall.kpi.waiting + 1 }
  tell('alarm', alarm.row)
  tell('wall', wall)
}

const NEXT: Record<string, Partial<Ticket> & { step: number }> = {
  accept: { step: 1, state: 'accepted', state_name: '已接单', acts: ['arrive', 'done', 'not_true'], due_kind: 'handle', due_at: '2026-11-21T16:32:08+08:00' },
  still: { step: 1, acts: ['arrive', 'done', 'not_true'] },
  arrive: { step: 1, state: 'on_site', state_name: '处置中', acts: ['done', 'not_true'] },
  done: { step: 2, state: 'to_check', state_name: '待核查', acts: [], due_at: null, due_kind: null },
  not_mine: { step: 0, state: 'dispatched', state_name: '已派遣(待接单)', acts: [], due_at: null, due_kind: null },
  not_true: { step: 0, state: 'to_confirm', state_name: '待核实', acts: [], due_at: null, due_kind: null },
}

function act(name: string): void {
  const { step, ...change } = NEXT[name] ?? { step: 0 }
  const at = desk.now
  const steps = desk.steps.map((s, i) => (i <= step && !s.done ? { ...s, done: true, at } : s))
  desk = { ...desk, ...change, steps, history: [...desk.history, { at, words: `责任人操作：${name}` }] }
}

async function bytes(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function keep(body: Buffer): string {
  const from = body.indexOf('\r\n\r\n') + 4
  const photo = body.subarray(from, body.lastIndexOf('\r\n--'))
  const sha256 = createHash('sha256').update(photo).digest('hex')
  pictures.set(sha256, photo)
  return sha256
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('event: ping\ndata: {}\n\n')
  listeners.add(response)
  response.on('close', () => listeners.delete(response))
}

function picture(response: ServerResponse, sha256: string): void {
  const photo = pictures.get(sha256)
  response.writeHead(200, { 'content-type': photo === undefined ? 'image/svg+xml' : 'image/jpeg' })
  response.end(photo ?? readFileSync(new URL('./scene.svg', import.meta.url)))
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const posted = request.method === 'POST'
  if (path === '/api/v1/wall') json(response, wall)
  else if (path === '/api/v1/geo') json(response, geo())
  else if (path === '/api/v1/session') json(response, { name: 'admin', open_wall: false })
  else if (path === '/api/v1/events') stream(response)
  else if (path.startsWith('/api/v1/evidence/')) picture(response, path.slice(17))
  else if (path.startsWith('/api/v1/tickets/')) json(response, { ...desk, acts: undefined })
  else if (posted && path.endsWith('/photo')) json(response, { sha256: keep(await bytes(request)) })
  else if (posted && path.startsWith('/api/v1/desk/')) {
    await bytes(request)
    act(path.split('/').pop() ?? '')
    json(response, desk)
  } else if (path.startsWith('/api/v1/desk/')) json(response, desk)
  else if (posted && path === '/api/v1/login') json(response, { detail: '用户名或口令不对' }, 401)
  else if (posted && path === '/dev/alarm') json(response, raise() ?? {})
  else if (posted && path === '/dev/reset') {
    wall = fixture('./wall.json')
    desk = fixture('./desk.json')
    json(response, {})
  } else return false
  return true
}

function page(url: string): string {
  const path = url.split('?')[0] ?? '/'
  if (path === '/') return '/wall.html'
  if (path.startsWith('/t/')) return '/desk.html'
  if (path === '/report' || path.startsWith('/r/')) return '/report.html'
  return path === '/login' ? '/login.html' : url
}

export function standIn(): Plugin {
  return {
    name: 'stand-in server',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        void answer(request, response).then((answered) => {
          if (answered) return
          request.url = page(request.url ?? '/')
          next()
        })
      })
    },
  }
}
