// Plays a wave of 16 bits in short pieces, so that half an hour needs no memory of its own.
export class Player {
  constructor(rate, moved) { Object.assign(this, {rate, moved, wave: new Int16Array(0), gain: 1, at: 0, playing: false}) }

  load(wave, peak) {
    this.pause()
    Object.assign(this, {wave, at: 0, gain: Math.min(30, .9 / (peak / 32768))})
  }
  get secs() { return this.wave.length / this.rate }
  get now() { return this.playing ? Math.min(this.secs, this.from + Math.max(0, this.audio.currentTime - this.began)) : this.at }

  async play() {
    if (this.playing || !this.wave.length) return
    this.audio ??= new AudioContext()
    await this.audio.resume()
    if (this.at > this.secs - .05) this.at = 0
    Object.assign(this, {playing: true, from: this.at, began: this.audio.currentTime + .05, sent: Math.floor(this.at * this.rate), parts: new Set()})
    this.send()
    this.timer = setInterval(() => this.send(), 500)
    const step = () => {
      if (!this.playing) return
      if (this.now >= this.secs) {
        this.pause()
        this.at = this.secs
      }
      this.moved()
      requestAnimationFrame(step)
    }
    step()
  }

  // Keep some seconds ahead of what is heard.
  send() {
    const piece = 4 * this.rate
    while (this.sent < this.wave.length && this.sent / this.rate < this.now + 6) {
      const x = this.wave.subarray(this.sent, this.sent + piece), buffer = this.audio.createBuffer(1, x.length, this.rate), y = buffer.getChannelData(0)
      for (let i = 0; i < x.length; i++) y[i] = x[i] / 32768 * this.gain
      const part = new AudioBufferSourceNode(this.audio, {buffer})
      part.connect(this.audio.destination)
      part.onended = () => this.parts.delete(part)
      this.parts.add(part)
      part.start(Math.max(0, this.began + this.sent / this.rate - this.from))
      this.sent += x.length
    }
  }

  pause() {
    if (!this.playing) return
    this.at = this.now
    this.playing = false
    clearInterval(this.timer)
    for (const o of this.parts) o.stop()
    this.moved()
  }

  seek(secs) {
    const again = this.playing
    this.pause()
    this.at = Math.max(0, Math.min(this.secs, secs))
    if (again) this.play()
    else this.moved()
  }
}
