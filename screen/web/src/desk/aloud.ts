/** The ticket read aloud, where the phone has a Chinese voice of its own. Nothing leaves the phone. */
import { onMounted, onUnmounted, ref, type Ref } from 'vue'
import type { Ticket } from '../api'

export interface Aloud {
  able: Ref<boolean>
  speaking: Ref<boolean>
  press: (words: string) => void
}

function chinese(): SpeechSynthesisVoice | undefined {
  return speechSynthesis.getVoices().find((voice) => voice.localService && /^(zh|cmn)/i.test(voice.lang))
}

export function useAloud(): Aloud {
  const able = ref(false)
  const speaking = ref(false)
  const there = 'speechSynthesis' in window
  const look = (): void => {
    able.value = chinese() !== undefined
  }
  function press(words: string): void {
    if (speaking.value) {
      speechSynthesis.cancel()
      speaking.value = false
      return
    }
    const said = new SpeechSynthesisUtterance(words)
    said.voice = chinese() ?? null
    said.lang = 'zh-CN'
    said.rate = 0.9
    said.onend = said.onerror = () => (speaking.value = false)
    speaking.value = true
    speechSynthesis.speak(said)
  }
  onMounted(() => {
    if (!there) return
    look()
    speechSynthesis.addEventListener('voiceschanged', look)
  })
  onUnmounted(() => {
    if (!there) return
    speechSynthesis.removeEventListener('voiceschanged', look)
    speechSynthesis.cancel()
  })
  return { able, speaking, press }
}

const WANTED: Record<string, string> = { accept: '接单', handle: '办完', triage: '答复', verify: '答复', recheck: '核查', hold: '恢复办理' }

/** What, where, until when, and why it came back: one sentence each. */
export function sentence(ticket: Ticket): string {
  const due = ticket.due_at === null || ticket.due_kind === null ? '' : `请在${spoken(ticket.due_at)}之前${WANTED[ticket.due_kind] ?? ''}。`
  const back = ticket.reason ? `${ticket.reason}。` : ''
  return `${ticket.what_name}。地点：${ticket.place}，${ticket.spot_name}。${back}${due}${ticket.acts?.length ? '' : ticket.state_name}`
}

function spoken(iso: string): string {
  const d = new Date(Date.parse(iso) + 8 * 3_600_000)
  const minutes = d.getUTCMinutes()
  return `${d.getUTCMonth() + 1}月${d.getUTCDate()}日${d.getUTCHours()}点${minutes === 0 ? '' : `${minutes}分`}`
}
