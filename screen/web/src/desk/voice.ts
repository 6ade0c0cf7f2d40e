/** The phone's recorder: one voice note of at most a minute, as the browser encodes it (Opus or AAC). */

export interface Voice {
  blob: Blob
  url: string
  seconds: number
}

const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']
const BITS = 24_000 // a second: a minute is 180 kB
const LEAST_S = 0.5
let running: { machine: MediaRecorder; parts: Blob[]; stream: MediaStream } | null = null

function possible(): boolean {
  return isSecureContext && 'mediaDevices' in navigator && 'MediaRecorder' in window
}

/** Throws when there is no microphone, or the person did not allow it. */
async function begin(): Promise<void> {
  cancel()
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
  const machine = new MediaRecorder(stream, { audioBitsPerSecond: BITS, ...(mimeType === undefined ? {} : { mimeType }) })
  const parts: Blob[] = []
  machine.ondataavailable = (event) => parts.push(event.data)
  machine.start()
  running = { machine, parts, stream }
}

/** The note, or nothing where it was too short to hold a word. */
async function end(seconds: number): Promise<Voice | null> {
  const now = running
  running = null
  if (now === null) return null
  await new Promise<void>((resolve) => {
    now.machine.onstop = () => resolve()
    now.machine.stop()
  })
  now.stream.getTracks().forEach((track) => track.stop())
  if (seconds < LEAST_S) return null
  const blob = new Blob(now.parts, { type: now.machine.mimeType.split(';')[0] ?? '' })
  return { blob, url: URL.createObjectURL(blob), seconds }
}

function cancel(): void {
  running?.stream.getTracks().forEach((track) => track.stop())
  running = null
}

export const recorder = { possible, begin, end, cancel }
