// Beats and murmurs from what the net says of each moment: heartbeat_nb.heart in JavaScript.

// (4, steps) scores to probabilities, a row of four a step.
export const stateProbs = (scores, steps) => {
  const out = new Float64Array(4 * steps)
  for (let t = 0; t < steps; t++) {
    let most = -Infinity, sum = 0
    for (let s = 0; s < 4; s++) most = Math.max(most, scores[s * steps + t])
    for (let s = 0; s < 4; s++) sum += out[4 * t + s] = Math.exp(scores[s * steps + t] - most)
    for (let s = 0; s < 4; s++) out[4 * t + s] /= sum
  }
  return out
}

// How clear the beats are: the mean probability of the likeliest state.
export const clearness = probs => {
  let sum = 0
  for (let t = 0; t < probs.length; t += 4) sum += Math.max(probs[t], probs[t + 1], probs[t + 2], probs[t + 3])
  return sum / (probs.length / 4)
}

// The likeliest sequence of states that follow each other (Viterbi).
export const statePath = (probs, step, lasts) => {
  const n = probs.length / 4, leave = lasts.map(o => Math.min(step / o, .9))
  const stay = leave.map(o => Math.log(1 - o)), go = leave.map((_, s) => Math.log(leave[(s + 3) % 4]))
  const came = new Uint8Array(4 * n), path = new Uint8Array(n)
  let best = [0, 1, 2, 3].map(s => Math.log(probs[s]))
  for (let t = 1; t < n; t++) {
    const next = [0, 0, 0, 0]
    for (let s = 0; s < 4; s++) {
      const a = best[(s + 3) % 4] + go[s], b = best[s] + stay[s]
      came[4 * t + s] = +(a > b)
      next[s] = Math.max(a, b) + Math.log(probs[4 * t + s])
    }
    best = next
  }
  path[n - 1] = best.indexOf(Math.max(...best))
  for (let t = n - 1; t > 0; t--) path[t - 1] = (path[t] - came[4 * t + path[t]] + 4) % 4
  return path
}

// The middle of each sound of a kind, in seconds; one that is cut by the ends is left out.
export const soundMiddles = (path, probs, state, step) => {
  const n = path.length, res = []
  for (let a = 0; a < n; a++) {
    if (path[a] !== state || (a && path[a - 1] === state)) continue
    let b = a
    while (b < n && path[b] === state) b++
    if (a === 0 || b === n) continue
    let sum = 0, weight = 0
    for (let t = Math.max(a - 1, 0); t < Math.min(b + 1, n); t++) {
      sum += (t + .5) * probs[4 * t + state]
      weight += probs[4 * t + state]
    }
    res.push(sum / weight * step)
  }
  return res
}

const gapsOf = (...times) => times.flatMap(o => o.slice(1).map((t, i) => t - o[i])).filter(o => o < 2.5) // longer ones hold a break

const median = x => {
  const o = [...x].sort((a, b) => a - b), half = o.length >> 1
  return o.length % 2 ? o[half] : (o[half - 1] + o[half]) / 2
}

export const findBeats = (probs, step, lasts) => {
  const path = statePath(probs, step, lasts), [s1, s2] = [0, 2].map(o => soundMiddles(path, probs, o, step))
  const gaps = gapsOf(s1).sort((a, b) => a - b), n = gaps.length, k = Math.max(0, Math.floor(n / 2 - .98 * Math.sqrt(n)))
  const between = n < 6 ? [NaN, NaN] : [60 / gaps[n - 1 - k], 60 / gaps[k]], all = gapsOf(s1, s2)
  return {s1, s2, hr: all.length ? 60 / median(all) : NaN, low: between[0], high: between[1]}
}

// A length that is a product of 2, 3 and 5, for the transform below.
export const fastLength = n => {
  for (let m = n; ; m++) {
    let rest = m
    for (const p of [2, 3, 5]) while (rest % p === 0) rest /= p
    if (rest === 1) return m
  }
}

// Fourier transform of a length whose factors are 2, 3 and 5 (Stockham); sign -1 forward, 1 back, without 1/n.
export const transform = (re, im, sign) => {
  const n = re.length, cos = new Float64Array(n), sin = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    cos[i] = Math.cos(2 * Math.PI * i / n)
    sin[i] = sign * Math.sin(2 * Math.PI * i / n)
  }
  let a = [re, im], b = [new Float64Array(n), new Float64Array(n)]
  for (let s = 1; s < n;) {
    const length = n / s, p = [5, 3, 2].find(o => length % o === 0), m = length / p
    for (let q = 0; q < m; q++) for (let j = 0; j < p; j++) for (let k = 0; k < s; k++) {
      let x = 0, y = 0
      for (let r = 0; r < p; r++) {
        const at = k + s * (q + m * r), w = j * r % p * (n / p)
        x += a[0][at] * cos[w] - a[1][at] * sin[w]
        y += a[0][at] * sin[w] + a[1][at] * cos[w]
      }
      const w = q * j * s % n, to = k + s * (p * q + j)
      b[0][to] = x * cos[w] - y * sin[w]
      b[1][to] = x * sin[w] + y * cos[w]
    }
    ;[a, b] = [b, a]
    s *= p
  }
  return a
}

// The power of a band of the wave, averaged over some 20 ms, sample by sample.
const highPower = (wave, sr, low = 100, high = 500) => {
  const n = fastLength(wave.length), re = new Float64Array(n)
  re.set(wave)
  const [x, y] = transform(re, new Float64Array(n), -1)
  for (let i = 0; i < n; i++) {
    const hz = Math.min(i, n - i) * sr / n
    if (hz < low || hz > high) x[i] = y[i] = 0
  }
  const band = transform(x, y, 1)[0], size = Math.max(1, Math.round(.02 * sr)), half = size >> 1, m = wave.length
  const power = i => (band[i < 0 ? -1 - i : i >= m ? 2 * m - 1 - i : i] / n) ** 2, out = new Float64Array(m)
  let sum = 0
  for (let i = -half; i < size - half; i++) sum += power(i)
  for (let i = 0; i < m; i++) {
    out[i] = sum / size
    sum += power(i + size - half) - power(i - half)
  }
  return out
}

// When in the beat there is most above 100 Hz: [shape, phase], or null where no beat was found.
export const murmurTiming = (wave, sr, s1, s2, thirds) => {
  const power = highPower(wave, sr), rows = []
  const level = (a, b) => {
    const from = Math.floor(a * sr), to = Math.min(Math.max(Math.floor(b * sr), from + 1), power.length)
    let sum = 0
    for (let i = from; i < to; i++) sum += power[i]
    return 10 * Math.log10(sum / (to - from) + 1e-12)
  }
  const cut = (a, b) => [0, 1, 2].map(i => level(a + (b - a) * i / 3, a + (b - a) * (i + 1) / 3))
  for (const a of s1) {
    const b = s2.find(o => o >= a) ?? Infinity, c = s1.find(o => o > a) ?? Infinity
    if (.12 < b - a && b - a < .6 && .15 < c - b && c - b < 2) rows.push([...cut(a + .07, b - .05), ...cut(b + .06, c - .07)])
  }
  if (!rows.length) return null
  const db = thirds.map((_, i) => median(rows.map(o => o[i]))), most = x => Math.max(...x)
  const from = most(db.slice(0, 3)) >= most(db.slice(3)) ? 0 : 3, part = db.slice(from, from + 3)
  const [shape, phase] = thirds[from + part.indexOf(most(part))].split(' ')
  return [most(part) - Math.min(...part) < 3 ? 'whole' : shape, phase]
}
