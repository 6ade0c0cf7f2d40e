/** A figure of the wall as a question: which list stands behind it, and under which tabs it is read. */
import type { Rank } from '../api'
import { hourMinute } from '../shared/format'

export interface Tab {
  name: string
  figure: string
  params?: Record<string, string | string[]>
  unit?: string
}

export interface FigureAsk {
  title: string
  tabs: Tab[]
}

export function address(tab: Tab, limit: number): string {
  const params = new URLSearchParams({ limit: String(limit) })
  for (const [name, value] of Object.entries(tab.params ?? {})) for (const one of [value].flat()) params.append(name, one)
  return `/api/v1/figures/${tab.figure}?${params.toString()}`
}

export function one(title: string, figure: string, params?: Tab['params'], unit?: string): FigureAsk {
  return { title, tabs: [{ name: title, figure, ...(params ? { params } : {}), ...(unit ? { unit } : {}) }] }
}

const CARDS: Record<string, FigureAsk> = {
  today: one('今日告警', 'today'),
  waiting: one('待接单', 'waiting'),
  handling: { title: '处置中', tabs: [{ name: '处置中', figure: 'handling' }, { name: '没有回音', figure: 'silent' }] },
  checking: one('待核查', 'checking'),
  closed: one('今日办结', 'closed_today'),
  overdue: one('超期', 'overdue'),
  rate: { title: '按时办结率', tabs: [{ name: '近 30 日办结', figure: 'dealt' }, { name: '其中超期', figure: 'late' }] },
}

export function card(key: string): FigureAsk {
  return CARDS[key] ?? one(key, key)
}

export function township(rank: Pick<Rank, 'code' | 'name'>): FigureAsk {
  const params = { scope: rank.code }
  return {
    title: `${rank.name} · 近 30 日`,
    tabs: [
      { name: '在办', figure: 'rank_open', params },
      { name: '超期', figure: 'rank_overdue', params },
      { name: '已结束', figure: 'rank_ended', params },
    ],
  }
}

/** What came and what ended in one hour of the trend, or in so many. */
export function hours(iso: string, many = 1): FigureAsk {
  const params = { hour: iso, hours: String(many) }
  const next = new Date(Date.parse(iso) + many * 3_600_000).toISOString()
  return {
    title: many === 1 ? `${hourMinute(iso)}–${hourMinute(next)}` : `近 ${many} 小时`,
    tabs: [
      { name: '告警', figure: 'hour_opened', params },
      { name: '紧急', figure: 'hour_opened', params: { ...params, severity: 'urgent' } },
      { name: '重要', figure: 'hour_opened', params: { ...params, severity: 'major' } },
      { name: '一般', figure: 'hour_opened', params: { ...params, severity: 'minor' } },
      { name: '办结', figure: 'hour_closed', params },
    ],
  }
}

export const UPKEEP: FigureAsk = {
  title: '设备工单',
  tabs: [{ name: '待修', figure: 'upkeep' }, { name: '超期', figure: 'upkeep_overdue' }],
}
