// A microphone as it is: no filter for speech, which would take the heart away.
export class Recorder {
  constructor(heard) { this.heard = heard }

  async start() {
    const plain = {channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false}
    this.stream = await navigator.mediaDevices.getUserMedia({audio: plain})
    this.audio = new AudioContext()
    await this.audio.audioWorklet.addModule(new URL('./tape.js', import.meta.url))
    this.parts = []
    this.samples = 0
    const tape = new AudioWorkletNode(this.audio, 'tape', {numberOfOutputs: 0})
    tape.port.onmessage = ({data}) => {
      if (!this.stream) return
      this.parts.push(data)
      this.samples += data.length
      let peak = 0
      for (const o of data) peak = Math.max(peak, Math.abs(o))
      this.heard(peak, this.samples / this.audio.sampleRate)
    }
    this.audio.createMediaStreamSource(this.stream).connect(tape)
    await this.audio.resume()
  }

  // What was recorded: one array, and its rate.
  stop() {
    for (const o of this.stream?.getTracks() ?? []) o.stop()
    this.stream = null
    const wave = new Float32Array(this.samples ?? 0), sr = this.audio?.sampleRate ?? 0
    let at = 0
    for (const o of this.parts ?? []) {
      wave.set(o, at)
      at += o.length
    }
    this.audio?.close()
    this.parts = []
    return {wave, sr}
  }
}
