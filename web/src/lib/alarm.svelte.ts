// The sounds of the watch: one for an event to be acknowledged, a more urgent one for a warning, a low one for a lost
// picture. Browsers allow sound only after somebody has pressed something, hence "arm".

export type Alarm = 'none' | 'event' | 'warning' | 'lost';

interface Beep {
  hertz: number;
  seconds: number;
}

const PATTERNS: Record<Exclude<Alarm, 'none'>, { beeps: Beep[]; every_ms: number }> = {
  event: { beeps: [{ hertz: 880, seconds: 0.18 }], every_ms: 1_500 },
  warning: {
    beeps: [
      { hertz: 988, seconds: 0.16 },
      { hertz: 740, seconds: 0.16 },
      { hertz: 988, seconds: 0.16 },
      { hertz: 740, seconds: 0.16 },
    ],
    every_ms: 900,
  },
  lost: {
    beeps: [
      { hertz: 330, seconds: 0.25 },
      { hertz: 220, seconds: 0.35 },
    ],
    every_ms: 4_000,
  },
};
const VOLUME = 0.25;

class Sound {
  armed = $state(false);
  #context: AudioContext | null = null;
  #sounding: Alarm = 'none';
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Arms the sound and plays the test tone: to be called from a key or a button. */
  async arm(): Promise<void> {
    this.#context ??= new AudioContext();
    this.#context.onstatechange = () => (this.armed = this.#context?.state === 'running');
    await this.#context.resume();
    this.armed = this.#context.state === 'running';
    this.#play([
      { hertz: 523, seconds: 0.15 },
      { hertz: 659, seconds: 0.15 },
      { hertz: 784, seconds: 0.2 },
    ]);
  }

  /** Sounds `alarm` until told otherwise. */
  sound(alarm: Alarm): void {
    if (alarm === this.#sounding) return;
    this.#sounding = alarm;
    clearInterval(this.#timer);
    if (alarm === 'none') return;
    const { beeps, every_ms } = PATTERNS[alarm];
    this.#play(beeps);
    this.#timer = setInterval(() => this.#play(beeps), every_ms);
  }

  #play(beeps: Beep[]): void {
    const context = this.#context;
    if (!context || context.state !== 'running') return;
    let start_s = context.currentTime + 0.02;
    for (const { hertz, seconds } of beeps) {
      const oscillator = context.createOscillator();
      const gain = context.createGain();
      oscillator.type = 'square';
      oscillator.frequency.value = hertz;
      gain.gain.setValueAtTime(0, start_s);
      gain.gain.linearRampToValueAtTime(VOLUME, start_s + 0.01);
      gain.gain.setValueAtTime(VOLUME, start_s + seconds - 0.02);
      gain.gain.linearRampToValueAtTime(0, start_s + seconds);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(start_s);
      oscillator.stop(start_s + seconds);
      start_s += seconds + 0.03;
    }
  }
}

export const alarmSound = new Sound();
