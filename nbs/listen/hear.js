// From a sound to an answer, as heartbeat_nb.predict: windows, standardisation, mean, temperature, beats, doubts.
import {BadSound, Resampler, ends, join} from './sound.js'
import {clearness, findBeats, murmurTiming, stateProbs} from './heart.js'
import {say} from './words.js'

export const playRate = 8000 // at which a sound is kept for playing and drawing; hearts are below 1,000 Hz
const longest = 2 * 3600 // seconds: what is longer would not fit into a phone

// Mean 0 and variance 1.
export const standardize = x => {
  let sum = 0, squares = 0
  for (const o of x) sum += o
  const mean = sum / x.length
  for (const o of x) squares += (o - mean) ** 2
  const spread = Math.max(Math.sqrt(squares / x.length), 1e-6)
  return x.map(o => (o - mean) / spread)
}

export const windowBegins = (length, n, step) => {
  if (length <= n) return [0]
  const begins = []
  for (let b = 0; b <= length - n; b += step) begins.push(b)
  return begins.at(-1) + n === length ? begins : [...begins, length - n]
}

const softmax = x => {
  const most = Math.max(...x), e = x.map(o => Math.exp(o - most)), sum = e.reduce((a, b) => a + b)
  return e.map(o => o / sum)
}

export const temperatureScale = (probs, temperature) => {
  if (!temperature) return probs
  const most = Math.max(...probs), p = probs.map(o => (o / most) ** (1 / temperature)), sum = p.reduce((a, b) => a + b)
  return p.map(o => o / sum)
}

const weightedMean = (rows, weights) => {
  const total = weights.reduce((a, b) => a + b)
  return rows[0].map((_, k) => rows.reduce((sum, o, i) => sum + o[k] * weights[i], 0) / total)
}

// What is said first, and how probable that is.
export const nameAnswer = (probs, {classes, first}) => {
  const at = first ? classes.indexOf(first) : probs.indexOf(Math.max(...probs))
  return first && probs[at] < .5 ? [`no ${first}`, 1 - probs[at]] : [classes[at], probs[at]]
}

// Decode a sound: its wave at the net's rate, and one for the ears in 16 bits.
async function readWaves(sound, told, tick) {
  const {sr, frames} = sound.source, resample = new Resampler(sr, told.sr, told.sinc), forEars = new Resampler(sr, playRate, told.sinc)
  if (frames / sr > longest) throw new BadSound(`${sound.name} lasts more than two hours. Cut it, or use the package.`)
  const whole = new Float32Array(Math.ceil(frames * told.sr / sr)), ears = new Int16Array(Math.ceil(frames * playRate / sr))
  const at = [0, 0]
  const keep = (x, last) => {
    const a = resample.push(x, last), b = forEars.push(x, last)
    whole.set(a.subarray(0, whole.length - at[0]), at[0])
    at[0] += a.length
    for (let i = 0; i < b.length && at[1] < ears.length; i++) ears[at[1]++] = Math.max(-1, Math.min(1, b[i])) * 32767
  }
  let done = 0
  for await (const x of sound) {
    for (let i = 0; i < x.length; i += 65536) { // in steps, so that a cancel is heard
      keep(x.subarray(i, i + 65536), false)
      await tick('Reading', (done += Math.min(65536, x.length - i)) / frames)
    }
  }
  keep(new Float32Array(0), true)
  return [whole, ears]
}

// Answers for the windows: probabilities, silent?, how clear the beats are.
async function hearWindows(wave, told, run, tick) {
  const {n, step, silence} = told, begins = windowBegins(wave.length, n, step), length = Math.min(n, wave.length), found = []
  for (let i = 0; i < begins.length; i += 4) {
    const some = begins.slice(i, i + 4), batch = join(some.map(b => standardize(wave.subarray(b, b + length))))
    const {logits, states, steps} = await run(batch, some.length)
    some.forEach((b, k) => {
      const [low, high] = ends(wave.subarray(b, b + length)), width = told.classes.length
      const probs = softmax(Array.from(logits.subarray(k * width, (k + 1) * width)))
      const clear = clearness(stateProbs(states.subarray(k * 4 * steps, (k + 1) * 4 * steps), steps))
      found.push({start: b / told.sr, end: (b + length) / told.sr, probs, silent: high - low < 2 * silence, clear})
    })
    await tick('Listening', .8 * (i + some.length) / begins.length)
  }
  return found
}

// What the heart does at each step of the whole wave, heard in pieces that overlap.
async function hearStates(wave, told, run, tick) {
  const {state_hop: hop, sr} = told, least = Math.max(told.min_samples - wave.length, 0)
  const x = least ? join([wave, new Float32Array(least)]) : wave, parts = []
  const long = Math.floor(told.piece_secs * sr / hop) * hop, over = Math.floor(told.over_secs * sr / hop) * hop
  for (let b = 0; b < Math.max(x.length - 2 * over, 1); b += long - 2 * over) {
    const last = b + long >= x.length, {states, steps} = await run(standardize(x.subarray(b, b + long)), 1)
    const probs = stateProbs(states, steps)
    parts.push(probs.subarray(b ? 4 * over / hop : 0, last ? undefined : 4 * (long - over) / hop))
    await tick('Listening', .8 + .2 * Math.min(1, (b + long) / x.length))
    if (last) break
  }
  const out = new Float64Array(parts.reduce((n, o) => n + o.length, 0))
  let at = 0
  for (const o of parts) {
    out.set(o, at)
    at += o.length
  }
  return out
}

// Neighbouring windows of one label, side by side; each stands for the time around its middle.
export const joinSpans = (windows, secs, told) => {
  const middles = windows.map(o => (o.start + o.end) / 2), edges = [0, ...middles.slice(1).map((o, i) => (o + middles[i]) / 2), secs], spans = []
  for (let i = 0, j; i < windows.length; i = j) {
    for (j = i; j < windows.length && windows[j].label === windows[i].label;) j++
    const some = windows.slice(i, j), probs = temperatureScale(weightedMean(some.map(o => o.probs), some.map(() => 1)), told.temperature)
    const named = windows[i].silent || windows[i].label === told.cannot_tell ? null : nameAnswer(probs, told)[1]
    spans.push({start: edges[i], end: edges[j], label: windows[i].label, probability: named})
  }
  return spans
}

const labelWindows = (windows, told) => windows.forEach(o => {
  o.label = o.silent ? 'silent' : o.clear < told.clear_line ? told.cannot_tell : nameAnswer(temperatureScale(o.probs, told.temperature), told)[0]
})

// What is said of the heart itself: can anything be told, and short sentences.
function hearHeart(wave, probs, hasMurmur, told) {
  const {words: {heart}} = told, clear = clearness(probs), beats = findBeats(probs, told.state_hop / told.sr, told.lasts)
  if (clear < told.clear_line) return {tells: false, notes: [say(heart.unlike, {clear})], beats: null, clear}
  if (!(beats.hr > 0)) return {tells: true, notes: [heart.no_rate], beats: null, clear}
  const notes = [say(heart.rate, beats) + (beats.low > 0 ? say(heart.between, beats) : '')]
  const timing = hasMurmur ? murmurTiming(wave, told.sr, beats.s1, beats.s2, told.thirds) : null
  if (timing) notes.push(say(heart.when, {shape: timing[0] === 'whole' ? heart.whole : timing[0], phase: timing[1]}))
  return {tells: true, notes, beats, clear, timing: timing && notes.at(-1)}
}

// The whole way. `run` asks the net for standardised windows; `tick` tells how far it is, and throws after a cancel.
export async function hear(sound, told, run, tick, heard = () => {}) {
  const [wave, ears] = await readWaves(sound, told, tick), {refusals} = told.words, {name, secs} = sound
  if (secs < told.least_secs) throw new BadSound(say(refusals.short, {name, secs, least: told.least_secs}))
  if (sound.silent) throw new BadSound(say(refusals.silent, {name}))
  heard(ears, secs)
  const windows = await hearWindows(wave, told, run, tick), weights = windows.map(o => o.silent ? 1e-12 : 1)
  labelWindows(windows, told)
  const probs = temperatureScale(weightedMean(windows.map(o => o.probs), weights), told.temperature)
  let [label, probability] = nameAnswer(probs, told)
  const long = wave.length > told.clip_secs * told.sr, states = await hearStates(wave, told, run, tick)
  const heart = hearHeart(wave, states, !long && label === told.first, told)
  const doubts = sound.doubts(long ? null : wave.reduce((sum, o) => sum + o * o, 0) / told.sr), notes = [...doubts]
  if (long) { // as a stream, which knows no beats when it answers
    const clear = weightedMean(windows.map(o => [o.clear]), weights)[0]
    heart.tells = clear >= told.clear_line
    notes.push(...heart.tells ? [] : [say(told.words.heart.unlike, {clear})])
  } else notes.push(...heart.notes)
  if (!heart.tells) [label, probability] = [told.cannot_tell, null]
  return {name, label, probability, probabilities: Object.fromEntries(told.classes.map((o, i) => [o, probs[i]])), secs, notes, doubts,
    unlike: !heart.tells, clear: heart.clear, beats: heart.tells ? heart.beats : null, timing: heart.timing ?? null, spans: joinSpans(windows, secs, told)}
}
