/** Which buttons a person gets: one main thing to do, and beside it the ways to say no. */
import type { Act, Move } from '../api'

/** Everything that a phone may send. */
export type Deed = Act | Move

export const ACT_NAME: Record<Deed, string> = {
  accept: '接单',
  still: '在处理',
  not_mine: '不归我管',
  not_true: '误报',
  arrive: '到达现场',
  done: '提交办结',
  confirm_true: '核实属实',
  confirm_false: '核实不属实',
  confirm_unclear: '看不清',
  verify_ok: '核查通过',
  verify_bad: '核查不通过',
  dispute: '对复核有异议',
  return: '申请退回',
  extend: '申请延期',
  grant: '同意',
  refuse: '不同意',
  reply: '书面回复',
}

/** Acts that need a reason, with the short word on their button. */
export type Reasoned = 'not_mine' | 'not_true' | 'confirm_false' | 'confirm_unclear' | 'verify_bad' | 'dispute' | Exclude<Move, 'grant'>
export const SIDE: { act: Extract<Reasoned, Act>; words: string }[] = [
  { act: 'not_true', words: '误报' },
  { act: 'not_mine', words: '不归我' },
  { act: 'confirm_false', words: '不属实' },
  { act: 'confirm_unclear', words: '看不清' },
  { act: 'verify_bad', words: '不通过' },
  { act: 'dispute', words: '镜头看错了' },
]

export interface Main {
  act: Act
  words: string
  ready: boolean
}

export function mainAct(acts: ReadonlySet<Act>, photos: number, marking: boolean): Main | null {
  if (acts.has('accept')) return { act: 'accept', words: '接 单', ready: true }
  if (acts.has('arrive') && photos === 0) return { act: 'arrive', words: '我已到现场', ready: true }
  if (acts.has('done') && marking) return { act: 'done', words: '正在加水印…', ready: false }
  if (acts.has('done')) return { act: 'done', words: photos === 0 ? '拍照后提交办结' : '提交办结', ready: true }
  if (acts.has('confirm_true')) return { act: 'confirm_true', words: '属实，派人处理', ready: true }
  if (acts.has('verify_ok')) return { act: 'verify_ok', words: '已干净，通过', ready: true }
  return null
}
