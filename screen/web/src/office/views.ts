/** Every view of the office, one line each: where, how it is called, which right it is for, its key, its component. */
import { defineAsyncComponent, type Component } from 'vue'

export interface View {
  name: string // the part of the address behind #; the queue's is empty
  words: string
  key: string // pressed after g
  right: string // of screen/access/roles.py
  group: 'work' | 'manage'
  component: Component | null // null: the queue, which stays while others are shown
}

const later = (load: () => Promise<{ default: Component }>): Component => defineAsyncComponent(load)

export const VIEWS: readonly View[] = [
  { name: '', words: '工单', key: 'q', right: 'tickets', group: 'work', component: null },
  { name: 'asks', words: '申请督办', key: 's', right: 'tickets', group: 'work', component: later(() => import('./AnswersView.vue')) },
  { name: 'mutes', words: '静默', key: 'm', right: 'tickets', group: 'work', component: later(() => import('./MutesView.vue')) },
  { name: 'reports', words: '群众反映', key: 'r', right: 'tickets', group: 'work', component: later(() => import('./ReportsView.vue')) },
  { name: 'log', words: '台账', key: 'l', right: 'tickets', group: 'work', component: later(() => import('./LogView.vue')) },
  { name: 'notices', words: '通知记录', key: 't', right: 'fairness', group: 'manage', component: later(() => import('./NoticesView.vue')) },
  { name: 'audit', words: '审计登记', key: 'u', right: 'audit', group: 'manage', component: later(() => import('./AuditView.vue')) },
  { name: 'letters', words: '死信', key: 'e', right: 'letters', group: 'manage', component: later(() => import('./LettersView.vue')) },
  { name: 'lists', words: '红黑榜', key: 'h', right: 'lists', group: 'manage', component: later(() => import('./ListsView.vue')) },
  { name: 'people', words: '人员和职责', key: 'p', right: 'people', group: 'manage', component: later(() => import('./PeopleView.vue')) },
  { name: 'policy', words: '规则', key: 'o', right: 'policy', group: 'manage', component: later(() => import('./PolicyView.vue')) },
  { name: 'accounts', words: '账号', key: 'a', right: 'accounts', group: 'manage', component: later(() => import('./AccountsView.vue')) },
  { name: 'devices', words: '设备', key: 'd', right: 'devices', group: 'manage', component: later(() => import('./devices/DevicesView.vue')) },
]
export const QUEUE = VIEWS[0]!

export function viewNamed(name: string): View {
  return VIEWS.find((view) => view.name === name) ?? QUEUE
}

/** Where somebody begins whose work is no tickets: who keeps the accounts at the accounts. */
export function homeOf(views: readonly View[]): View {
  return views.find((view) => view.right === 'accounts') ?? views[0] ?? QUEUE
}
