/** What the buttons are called, and what each sheet asks for. */
import type { Deed } from './office'

export interface Sheet {
  title: string
  words: string
  reasons: string[]
  /** Whether a reason must be given. */
  must: boolean
  /** What else it asks for. */
  ask?: 'until' | 'to' | 'finding' | 'photos'
  /** Photos that may come with it. */
  photos?: boolean
  danger?: boolean
}

export const NAME: Record<Deed, string> = {
  accept: '接单', still: '在处理', not_mine: '不归我管', not_true: '误报', arrive: '到场', done: '提交办结', confirm_true: '属实', confirm_false: '不属实',
  confirm_unclear: '看不清', verify_ok: '核查通过', verify_bad: '核查不通过', dispute: '对复核有异议', void: '不予立案', return: '退回', transfer: '转办',
  extend: '延期', hold: '挂账', resume: '恢复办理', rework: '返工', supervise: '督办', appeal: '申诉', force_close: '强制结案',
}

export const KEY: Partial<Record<Deed, string>> = {
  confirm_true: '1', confirm_false: '2', confirm_unclear: '3', accept: 'a', transfer: 't', extend: 'e', hold: 'h', supervise: 's', verify_ok: 'v', done: 'd',
}

export const SHEET: Record<Deed, Sheet> = {
  accept: { title: '接单', words: '接单后由您负责处置，时限开始计算。', reasons: [], must: false },
  still: { title: '在处理', words: '告诉系统您还在处理，暂时不再询问。', reasons: [], must: false },
  not_mine: { title: '不归我管', words: '说明该找谁，工单会转给上一级的责任人。', reasons: ['不在我的片区', '需要专业清运', '责任人已变动'], must: true },
  not_true: { title: '误报', words: '说明看到了什么；另一个人核实前工单不会消失。', reasons: ['现场干净，没有垃圾', '是农具、柴草，不是垃圾', '正在施工或晾晒'], must: true },
  arrive: { title: '到场', words: '登记到场时间。', reasons: [], must: false, photos: true },
  done: { title: '提交办结', words: '至少要一张处置后的照片；提交后等待核查。', reasons: ['已清理', '已清运', '已劝导'], must: false, ask: 'photos' },
  confirm_true: { title: '属实', words: '立案，派给责任人处置。', reasons: [], must: false },
  confirm_false: { title: '不属实', words: '工单以“不予立案”关闭，原因留在记录里。', reasons: ['现场干净，没有垃圾', '不是垃圾', '重复上报'], must: true },
  confirm_unclear: { title: '看不清', words: '工单不会关闭，转给上一级核实。', reasons: ['画面太暗或太糊', '被挡住了', '没有去过现场'], must: true },
  verify_ok: { title: '核查通过', words: '现场已经干净，结案。', reasons: [], must: false, photos: true },
  verify_bad: { title: '核查不通过', words: '工单退回重办。', reasons: ['还有垃圾没有清走', '清理到了别处', '照片不是这个地方'], must: true, photos: true },
  dispute: { title: '对复核有异议', words: '镜头会再看一次；再有异议由上一级裁定。', reasons: ['已经清理干净', '镜头看到的不是垃圾'], must: true },
  void: { title: '不予立案', words: '上一级同意后工单关闭；在这之前时限照常走。', reasons: ['不属于人居环境问题', '重复立案'], must: true, danger: true },
  return: { title: '退回', words: '上一级同意后转走；在这之前时限照常走。', reasons: ['不在我的片区', '需要几家一起办'], must: true },
  transfer: { title: '转办', words: '交给别人办理，对方要重新接单。', reasons: ['责任人不在', '由片区负责人办理', '需要专业清运'], must: true, ask: 'to' },
  extend: { title: '延期', words: '上一级同意后时限才改；不填时间就是允许的最长时间。', reasons: ['等车辆或机械', '天气不好', '要和农户商量'], must: true, ask: 'until' },
  hold: { title: '挂账', words: '暂时办不了的，写明到什么时候；到期自动恢复办理。', reasons: ['等项目资金', '等施工队进场', '冻土期无法施工'], must: true, ask: 'until' },
  resume: { title: '恢复办理', words: '提前结束挂账，重新派给责任人。', reasons: ['条件已具备'], must: true },
  rework: { title: '返工', words: '退回重办，并计一次返工。', reasons: ['还有垃圾没有清走', '照片不是这个地方'], must: true },
  supervise: { title: '督办', words: '责任人须在时限内书面回复，不回复会逐级上报。', reasons: ['已经超期，请说明原因', '群众反映强烈', '请今天办结'], must: true },
  appeal: { title: '申诉', words: '由上一级裁定。', reasons: [], must: true, ask: 'finding' },
  force_close: { title: '强制结案', words: '另一人批准后结案，并记入无差别台账。', reasons: ['原址已不存在', '已移交其他部门'], must: true, danger: true },
}

export const PURPOSE: Record<string, string> = {
  dispatch: '派单', climb: '上报', remind: '催办', overdue: '超期提醒', rework: '返工', triage: '请先核实', confirm: '请核实', verify: '请核查', worse: '变严重', daily: '每日提醒',
  asked: '请批复', answered: '批复结果', supervise: '督办', handover: '交接', grant: '请批静默', unreached: '通知不到', copy: '抄送',
}
export const ROUTE: Record<string, string> = {
  sms: '短信', voice: '电话', wechat: '微信', wecom: '企业微信', email: '邮件', console: '控制台', file: '文件', loudspeaker: '大喇叭', wecom_robot: '企业微信群', dingtalk_robot: '钉钉群', feishu_robot: '飞书群', webhook: '对接系统',
}
export const NOTICE: Record<string, string> = {
  waiting: '待发送', claimed: '正在发送', delivered: '已送达', accepted: '已提交给运营商', failed: '没有送到', declined: '对方不收', unwanted: '不用再发',
}
export const LEVEL: Record<string, string> = { village: '村级', township: '乡镇级', county: '县级', leader: '县领导' }
export const VERDICT: Record<string, string> = { true: '属实', false: '不属实', unclear: '看不清' }

/** What an alarm's key (place/spot/kind) is called: only its kind is for people. */
export function kindOf(alarm: string): string {
  return alarm.split('/').pop() ?? alarm
}
