/** The relief map as one ECharts option: stacked outlines for depth, townships by score, points in layers. */
import type { BinTone, Geo, GeoFeature, MapAlarm, Severity, WallData } from '../api'
import { SEVERITY_NAME } from '../shared/format'
import { getMap, registerMap, type EChartsCoreOption } from './chart'
import { contains, outline, plainGround, shape, townships, villages, type LonLat } from './geography'
import { C, FONT, scoreColour, SEVERITY_COLOUR, TIP } from './palette'

export interface MapView {
  geo: Geo
  map: WallData['map']
  /** Code of the township shown alone; null shows the county. */
  township: string | null
  /** Code of the village that is looked at. */
  village: string | null
  /** Name of the township with an urgent alarm. */
  hot: string | null
  layers: { alarms: boolean; cameras: boolean; bins: boolean }
}

/** Index of the geo that carries townships and points. */
export const SURFACE = 3
/** What a clicked point is, before its code or id; an alarm is its ticket alone. */
export const VILLAGE = 'village '
export const CAMERA = 'camera '
const CENTRE_X = '54%'
const CENTRE_Y = 298
const HIGH = 530
const WIDE = 690
const SYMBOL: Record<Severity, string> = { urgent: 'triangle', major: 'diamond', minor: 'circle' }

/** A bin's colour; where the county's limits lie, the server knows. */
const BIN_COLOUR: Record<BinTone, string> = { unknown: C.off, plain: '#8ef0ff', warn: C.major, alarm: C.urgent }

function register(name: string, features: GeoFeature[]): string {
  if (getMap(name) === undefined) registerMap(name, { type: 'FeatureCollection', features } as never)
  return name
}

function element(lines: string[]): HTMLElement {
  const box = document.createElement('div')
  for (const line of lines) box.appendChild(document.createElement('div')).textContent = line
  return box
}

function surfaces(view: MapView): { features: GeoFeature[]; ground: string; cover: string } {
  const drawn = townships(view.geo)
  const all = drawn.length > 0 ? drawn : [plainGround(view.geo)]
  const one = all.filter((f) => f.properties.code === view.township)
  if (one.length > 0) {
    const name = register(`township-${view.township ?? ''}`, one)
    return { features: one, ground: name, cover: name }
  }
  const border = outline(view.geo)
  const cover = register('townships', all)
  return { features: all, ground: border.length > 0 ? register('county', border) : cover, cover }
}

function geos(view: MapView): object[] {
  const { features, ground, cover } = surfaces(view)
  const { aspect, squeeze } = shape(features)
  const size = aspect > 1 ? Math.min(HIGH * aspect, WIDE) : HIGH
  const at = (down: number): object => ({ layoutCenter: [CENTRE_X, CENTRE_Y + down], layoutSize: size, roam: false, aspectScale: squeeze })
  const slab = (down: number, z: number, style: object): object => ({ map: ground, ...at(down), z, silent: true, itemStyle: { borderWidth: 1, ...style } })
  const state = new Map(view.map.townships.map((t) => [t.name, t]))
  const regions = features.map(({ properties: { name } }) => ({
    name,
    itemStyle:
      name === view.hot
        ? { areaColor: '#7a2420', borderColor: '#ff8d86', borderWidth: 2, shadowColor: 'rgba(255,90,82,.9)', shadowBlur: 24 }
        : { areaColor: scoreColour(state.get(name)?.score ?? null) },
  }))
  const about = ({ name }: { name: string }): HTMLElement => {
    const t = state.get(name)
    return element([name, `管护得分 ${t?.score?.toFixed(1) ?? '—'}`, `在办告警 ${t?.open ?? 0} 条${t?.worst ? `，最高${SEVERITY_NAME[t.worst]}` : ''}`])
  }
  return [
    slab(22, 0, { areaColor: '#04181b', borderColor: '#0c6b5c', shadowColor: 'rgba(52,217,165,.55)', shadowBlur: 60, shadowOffsetY: 18 }),
    slab(14, 1, { areaColor: '#083036', borderColor: '#0f7f6c' }),
    slab(7, 2, { areaColor: '#0a3d40', borderColor: '#16a086' }),
    {
      map: cover,
      ...at(0),
      z: 3,
      itemStyle: { borderColor: 'rgba(160,245,220,.42)', borderWidth: 1 },
      label: { show: false },
      emphasis: { itemStyle: { areaColor: '#2fc79c' }, label: { show: false } },
      select: { disabled: true },
      tooltip: { show: true, formatter: about, ...TIP },
      regions,
    },
    slab(0, 4, { areaColor: 'transparent', borderColor: '#7ff3d2', borderWidth: 2, shadowColor: 'rgba(52,217,165,.9)', shadowBlur: 10 }),
    // The names once more on top: points must not lie over them.
    { map: cover, ...at(0), z: 8, silent: true, itemStyle: { areaColor: 'transparent', borderWidth: 0 }, label: { show: view.township === null, color: '#f2fffb', fontSize: 16, fontWeight: 600, textBorderColor: 'rgba(3,20,20,.85)', textBorderWidth: 3 } },
  ]
}

function points(z: number, data: object[], style: object): object {
  return { type: 'scatter', coordinateSystem: 'geo', geoIndex: SURFACE, z, silent: true, data, ...style }
}

/** The alarms on this view, worst last so that it is drawn on top. */
export function alarmsOn(view: MapView): MapAlarm[] {
  const rank: Record<Severity, number> = { minor: 0, major: 1, urgent: 2 }
  if (!view.layers.alarms) return []
  return view.map.alarms.filter((a) => shown(view, [a.lon, a.lat])).sort((a, b) => rank[a.severity] - rank[b.severity])
}

function shown(view: MapView, at: LonLat): boolean {
  if (view.township === null) return true
  return townships(view.geo).some((f) => f.properties.code === view.township && contains(f, at))
}

function series(view: MapView): object[] {
  const alone = view.township !== null
  const here = villages(view.geo).filter((v) => shown(view, v.at))
  const dots = here.map((v) => ({ name: `${VILLAGE}${v.code}`, label: { formatter: v.name }, value: v.at }))
  const chosen = here.filter((v) => v.code === view.village).map((v) => ({ name: `${VILLAGE}${v.code}`, value: v.at }))
  const cameras = (online: boolean): object[] => view.map.cameras.filter((c) => c.online === online && shown(view, [c.lon, c.lat])).map((c) => ({ name: `${CAMERA}${c.id}`, value: [c.lon, c.lat] }))
  const bins = view.map.bins.filter((b) => shown(view, [b.lon, b.lat])).map((b) => ({
    name: b.id,
    value: [b.lon, b.lat],
    itemStyle: { color: BIN_COLOUR[b.tone] },
  }))
  const grow = alone ? 1.8 : 1
  return [
    points(5, dots, { symbolSize: 4 * grow, itemStyle: { color: 'rgba(157,240,216,.55)' }, cursor: 'pointer', silent: !alone, label: { show: alone, position: 'right', color: '#dff7f0', fontSize: 14, textBorderColor: 'rgba(3,20,20,.8)', textBorderWidth: 2 }, labelLayout: { hideOverlap: true } }),
    points(5, chosen, { symbolSize: 22, itemStyle: { color: 'transparent', borderColor: '#eafff8', borderWidth: 2 } }),
    ...(view.layers.cameras
      ? [points(6, cameras(true), { silent: !alone, cursor: 'pointer', symbolSize: 5 * grow, itemStyle: { color: '#7fd2ff', borderColor: '#06282d', borderWidth: 1 } }), points(6, cameras(false), { silent: !alone, cursor: 'pointer', symbolSize: 5 * grow, itemStyle: { color: C.off, borderColor: '#04181b', borderWidth: 1 } })]
      : []),
    ...(view.layers.bins ? [points(7, bins, { symbol: 'rect', symbolSize: 6 * grow })] : []),
    points(9, alarmsOn(view).map((a) => ({
      name: a.ticket,
      value: [a.lon, a.lat],
      symbol: SYMBOL[a.severity],
      symbolSize: a.severity === 'urgent' ? 17 : 13,
      itemStyle: { color: SEVERITY_COLOUR[a.severity], shadowColor: SEVERITY_COLOUR[a.severity], shadowBlur: 12 },
      tooltip: { formatter: () => element([a.what_name, a.place]), ...TIP },
    })), { silent: false, zlevel: 1, cursor: 'pointer' }),
  ]
}

export function mapOption(view: MapView): EChartsCoreOption {
  return { animation: false, textStyle: { fontFamily: FONT }, tooltip: { show: true, trigger: 'item', ...TIP }, geo: geos(view), series: series(view) }
}
