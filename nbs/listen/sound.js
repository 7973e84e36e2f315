// A sound as mono blocks at its own sample rate, and what is learnt about it on the way: heartbeat_nb.sound in JavaScript.
import {say} from './words.js'

export class BadSound extends Error {}

const text = (view, at, n) => Array.from({length: n}, (_, i) => String.fromCharCode(view.getUint8(at + i))).join('')

// How each kind of sample becomes a number from -1 to 1; `big` for big-endian.
const readers = {
  u8: (v, at) => (v.getUint8(at) - 128) / 128,
  s8: (v, at) => v.getInt8(at) / 128,
  16: (v, at, big) => v.getInt16(at, !big) / 32768,
  24: (v, at, big) => (big ? v.getInt8(at) * 65536 + v.getUint16(at + 1) : v.getInt8(at + 2) * 65536 + v.getUint16(at, true)) / 8388608,
  32: (v, at, big) => v.getInt32(at, !big) / 2147483648,
  f32: (v, at, big) => v.getFloat32(at, !big),
  f64: (v, at, big) => v.getFloat64(at, !big)
}
const width = {u8: 1, s8: 1, 16: 2, 24: 3, 32: 4, f32: 4, f64: 8}

async function chunks(blob, big) {
  const found = {}
  for (let at = 12, i = 0; at + 8 <= blob.size && i < 1000; i++) {
    const v = new DataView(await blob.slice(at, at + 8).arrayBuffer()), name = text(v, 0, 4), size = v.getUint32(4, !big)
    found[name] ??= {at: at + 8, size}
    if (name === 'data' || (name === 'SSND' && found.COMM)) break
    at += 8 + size + size % 2
  }
  return found
}

// Sizes that stand for "unknown" do not say that anything is missing.
const cutShort = (said, have) => said > 0 && !(said >= 2 ** 32 - 256 || (said >= 2 ** 31 - 4096 && said < 2 ** 31)) && 1 - have / said > .01

async function wave(blob) {
  const found = await chunks(blob, false), {fmt: _, data} = found, f = found['fmt ']
  if (!f || !data || f.size < 16) return null
  const v = new DataView(await blob.slice(f.at, f.at + Math.min(f.size, 40)).arrayBuffer())
  if (v.byteLength < 16) return null
  let format = v.getUint16(0, true)
  const channels = v.getUint16(2, true), bits = v.getUint16(14, true), step = v.getUint16(12, true)
  if (format === 0xFFFE && v.byteLength >= 26) format = v.getUint16(24, true)
  const kind = format === 3 ? `f${bits}` : format === 1 ? (bits === 8 ? 'u8' : String(bits)) : ''
  if (!width[kind] || !channels || step !== channels * width[kind]) return null
  const have = Math.max(0, blob.size - data.at), bytes = Math.min(data.size, have)
  return {sr: v.getUint32(4, true), channels, kind, at: data.at, frames: Math.floor(bytes / step), short: cutShort(data.size, have)}
}

async function aiff(blob, compressed) {
  const {COMM: c, SSND: s} = await chunks(blob, true)
  if (!c || !s) return null
  const v = new DataView(await blob.slice(c.at, c.at + Math.min(c.size, 24)).arrayBuffer())
  const channels = v.getUint16(0), bits = v.getUint16(6), how = compressed ? text(v, 18, 4) : 'NONE'
  const sr = v.getUint32(10) * 2 ** ((v.getUint16(8) & 0x7FFF) - 16383 - 31) // 80 bits; a rate needs no more of them
  const kind = {NONE: bits === 8 ? 's8' : String(bits), twos: String(bits), sowt: String(bits), fl32: 'f32', FL32: 'f32', fl64: 'f64'}[how]
  if (!width[kind] || !channels) return null
  const at = s.at + 8, have = Math.max(0, blob.size - at), bytes = Math.min(s.size - 8, have)
  return {sr, channels, kind, big: how !== 'sowt', at, frames: Math.floor(bytes / channels / width[kind]), short: cutShort(s.size - 8, have)}
}

// A file whose samples are read here, at its own rate, as browsers would not; null for what they must decode.
export async function openFile(blob) {
  if (blob.size < 12) return null
  const v = new DataView(await blob.slice(0, 12).arrayBuffer()), kind = text(v, 0, 4) + text(v, 8, 4)
  const f = kind === 'RIFFWAVE' ? await wave(blob) : kind === 'FORMAIFF' || kind === 'FORMAIFC' ? await aiff(blob, kind === 'FORMAIFC') : null
  if (!f) return kind === 'RIFFWAVE' ? {unreadable: true} : null
  const size = width[f.kind], get = readers[f.kind]
  async function read(from, n) {
    n = Math.max(0, Math.min(n, f.frames - from))
    const at = f.at + from * f.channels * size, v = new DataView(await blob.slice(at, at + n * f.channels * size).arrayBuffer())
    return Array.from({length: f.channels}, (_, c) => {
      const x = new Float32Array(n)
      for (let i = 0, k = c * size; i < n; i++, k += f.channels * size) x[i] = get(v, k, f.big)
      return x
    })
  }
  return {...f, eight: size === 1, float: f.kind[0] === 'f', read}
}

// What a browser decoded, or a microphone gave: one array a channel.
export const fromArrays = (arrays, sr, float = false) => ({
  sr, channels: arrays.length, frames: arrays[0]?.length ?? 0, short: false, eight: false, float,
  read: async (from, n) => arrays.map(o => o.subarray(from, from + n))
})

const variance = x => {
  let sum = 0, squares = 0
  for (const o of x) sum += o
  const mean = sum / x.length
  for (const o of x) squares += (o - mean) ** 2
  return squares / x.length
}

const mix = (xs, weights) => {
  if (xs.length === 1) return xs[0]
  const out = new Float32Array(xs[0].length)
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (let c = 0; c < xs.length; c++) sum += weights[c] * xs[c][i]
    out[i] = sum
  }
  return out
}

const equal = n => new Array(n).fill(1 / n)

// The same for all; or the loudest channel alone, where the mean would cancel what is in it.
export const channelWeights = xs => {
  const power = xs.map(variance), most = Math.max(...power)
  return variance(mix(xs, equal(xs.length))) < .01 * most ? power.map((_, i) => +(i === power.indexOf(most))) : equal(xs.length)
}

const ends = x => {
  let low = Infinity, high = -Infinity
  for (const o of x) {
    if (o < low) low = o
    if (o > high) high = o
  }
  return [low, high]
}

export class Sound {
  constructor(source, name, told) {
    Object.assign(this, {source, name, told, secs: 0, low: Infinity, high: -Infinity, full: 0, values: 0, energy: 0, weights: null})
    if (source.unreadable) throw this.bad('unreadable')
    if (!(source.sr >= 100 && source.sr <= 192000)) throw this.bad('rate', {sr: source.sr})
    if (source.short) throw this.bad('short')
  }
  bad(fault, values) { return new BadSound(`${this.name} ${say(this.told.words.faults[fault], values)}`) }
  get silent() { return this.high - this.low < 2 * this.told.silence }
  get opposite() { return this.source.channels > 1 && this.weights !== null && Math.max(...this.weights) === 1 }

  async *[Symbol.asyncIterator]() {
    const {sr, channels, frames} = this.source, {step, sr: rate, clip_secs} = this.told
    const usual = 2 ** 18, long = Math.min(Math.max(usual, Math.floor(32 * step / rate * sr) * channels), 2 ** 22)
    const n = Math.max(1, Math.floor((frames / sr > clip_secs ? long : usual) / channels))
    for (let done = 0; done < frames; done += n) yield this.learn(await this.source.read(done, n))
    this.secs = frames / sr
    if (!frames) throw this.bad('none')
  }

  // Note loudness and full-scale samples of one block; refuse what is no sound; give the rest as it is heard.
  learn(xs) {
    const {eight, float} = this.source, least = 1 - 2 ** (eight ? -7 : -15), most = float ? 2 - least : Infinity
    let peak = 0, spread = 0
    for (const x of xs) {
      const [low, high] = ends(x)
      spread = Math.max(spread, high - low)
      for (const o of x) {
        const size = Math.abs(o)
        if (!(size < Infinity)) throw this.bad('nan')
        if (size > peak) peak = size
        if (size >= least && size <= most) this.full++
      }
      this.values += x.length
    }
    if (peak > 1e9) throw this.bad('values', {peak})
    if (!this.weights && spread >= 2 * this.told.silence) this.weights = channelWeights(xs)
    const mono = mix(xs, this.weights ?? equal(xs.length)), [low, high] = ends(mono)
    this.low = Math.min(this.low, low)
    this.high = Math.max(this.high, high)
    let sum = 0
    for (const o of mono) sum += o * o
    this.energy += sum / this.source.sr
    return mono
  }

  // What about a recording may spoil the answer; `energy` is left at the net's rate, null: not known.
  doubts(energy) {
    const {words: {doubts}, quiet_peak, clipped_share, high_share, secs: window} = this.told, notes = []
    const peak = (this.high - this.low) / 2, share = this.full / Math.max(1, this.values)
    if (peak < quiet_peak) notes.push(say(doubts.quiet, {db: -20 * Math.log10(Math.max(peak, 1e-9))}))
    if (share > clipped_share) notes.push(say(doubts.clipped, {share}))
    const lost = energy === null || !this.energy ? 0 : 1 - energy / this.energy
    if (lost > high_share) notes.push(say(doubts.high, {share: lost}))
    if (this.opposite) notes.push(doubts.opposite)
    if (this.secs < window) notes.push(say(doubts.short, {secs: this.secs, window}))
    return notes
  }
}

const gcd = (a, b) => b ? gcd(b, a % b) : a

// Bring a wave that comes in pieces to another sample rate, by a windowed sinc; the weights are those of the package.
export class Resampler {
  constructor(old, rate, {zeros, rolloff}) {
    const g = gcd(old, rate)
    this.old = old / g
    this.new = rate / g
    const base = Math.min(this.old, this.new) * rolloff, reach = this.reach = Math.ceil(zeros * this.old / base), n = this.taps = 2 * reach + 2
    this.weights = new Float32Array(this.old === this.new ? 0 : this.new * n)
    for (let p = 0, i = 0; i < this.weights.length; p++) for (let k = 0; k < n; k++, i++) {
      const at = Math.floor(p * this.old / this.new) + k - reach
      const t = Math.max(-zeros, Math.min(zeros, (at / this.old - p / this.new) * base)), a = Math.PI * t
      this.weights[i] = (t ? Math.sin(a) / a : 1) * Math.cos(a / zeros / 2) ** 2 * base / this.old
    }
    this.held = new Float32Array(reach) // before the start: silence
    this.first = -reach
    this.seen = this.given = 0
  }

  push(x, last = false) {
    if (this.old === this.new) return x
    const {old, new: rate, reach, taps, weights} = this
    this.seen += x.length
    const held = new Float32Array(this.held.length + x.length + (last ? reach + 1 : 0))
    held.set(this.held)
    held.set(x, this.held.length)
    const end = Math.max(this.given, Math.ceil((last ? this.seen : this.seen - reach - 1) * rate / old)), out = new Float32Array(end - this.given)
    for (let n = this.given; n < end; n++) {
      const from = Math.floor(n * old / rate) - reach - this.first, w = n % rate * taps
      let sum = 0
      for (let k = 0; k < taps; k++) sum += weights[w + k] * held[from + k]
      out[n - this.given] = sum
    }
    const gone = Math.max(0, Math.min(Math.floor(end * old / rate) - reach - this.first, held.length))
    this.held = held.slice(gone)
    this.first += gone
    this.given = end
    return out
  }
}

export const join = parts => {
  const out = new Float32Array(parts.reduce((n, o) => n + o.length, 0))
  let at = 0
  for (const o of parts) {
    out.set(o, at)
    at += o.length
  }
  return out
}

export {ends}
