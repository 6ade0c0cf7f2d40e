/** The alarm's sound: two plain tones, made here. Browsers allow it only after somebody clicked. */
let context: AudioContext | null = null

export function allowSound(): void {
  context ??= new AudioContext()
  void context.resume()
}

export function beep(urgent: boolean): void {
  if (context === null) return
  const tones = urgent ? [880, 660, 880, 660] : [660]
  tones.forEach((frequency, i) => {
    if (context === null) return
    const at = context.currentTime + i * 0.22
    const tone = context.createOscillator()
    const level = context.createGain()
    tone.frequency.value = frequency
    level.gain.setValueAtTime(0.0001, at)
    level.gain.exponentialRampToValueAtTime(0.25, at + 0.02)
    level.gain.exponentialRampToValueAtTime(0.0001, at + 0.2)
    tone.connect(level).connect(context.destination)
    tone.start(at)
    tone.stop(at + 0.21)
  })
}
