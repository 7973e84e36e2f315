// The wave with its beats and a moving line, and the timeline of answers under it.
const bin = 64 // samples whose lowest and highest are kept, so that half an hour is drawn as fast as a second

export const outline = wave => {
  const n = Math.ceil(wave.length / bin), low = new Int16Array(n), high = new Int16Array(n)
  let peak = 1
  for (let i = 0; i < n; i++) {
    let a = 32767, b = -32768
    for (let k = i * bin; k < Math.min(wave.length, (i + 1) * bin); k++) {
      if (wave[k] < a) a = wave[k]
      if (wave[k] > b) b = wave[k]
    }
    low[i] = a
    high[i] = b
    peak = Math.max(peak, -a, b)
  }
  return {low, high, peak}
}

export const fit = canvas => {
  const {clientWidth: w, clientHeight: h} = canvas, dense = Math.min(devicePixelRatio || 1, 2)
  if (canvas.width !== Math.round(w * dense) || canvas.height !== Math.round(h * dense)) Object.assign(canvas, {width: Math.round(w * dense), height: Math.round(h * dense)})
  const c = canvas.getContext('2d')
  c.setTransform(dense, 0, 0, dense, 0, 0)
  c.clearRect(0, 0, w, h)
  return [c, w, h]
}

export const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

// Lowest and highest sample between two positions.
const span = (wave, {low, high}, from, to) => {
  let a = 32767, b = -32768
  if (to - from < 4 * bin) for (let i = Math.max(0, Math.floor(from)); i < Math.min(wave.length, Math.max(to, from + 1)); i++) {
    if (wave[i] < a) a = wave[i]
    if (wave[i] > b) b = wave[i]
  }
  else for (let i = Math.max(0, Math.floor(from / bin)); i < Math.min(low.length, Math.ceil(to / bin)); i++) {
    if (low[i] < a) a = low[i]
    if (high[i] > b) b = high[i]
  }
  return a > b ? [0, 0] : [a, b]
}

const ticks = length => [.1, .2, .5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1200].find(o => length / o <= 8) ?? 3600

export function drawWave(canvas, {wave, shape, rate, view, at, beats, colors}) {
  const [c, w, h] = fit(canvas), [from, to] = view, x = t => (t - from) / (to - from) * w, top = 22, foot = h - 18, middle = (top + foot) / 2
  c.strokeStyle = c.fillStyle = color('--line')
  c.font = '11px system-ui, sans-serif'
  c.textAlign = 'center'
  const every = ticks(to - from)
  for (let t = Math.ceil(from / every - 1e-9) * every; t <= to; t += every) {
    c.fillStyle = color('--line')
    c.fillRect(x(t), top, 1, foot - top)
    c.fillStyle = color('--soft')
    const text = every < 1 ? t.toFixed(1) : t < 60 ? `${Math.round(t)} s` : `${Math.floor(Math.round(t) / 60)}:${String(Math.round(t) % 60).padStart(2, '0')}`
    c.fillText(text, Math.max(12, Math.min(w - 14, x(t))), h - 4)
  }
  c.fillStyle = color('--wave')
  const size = (foot - top) / 2 / shape.peak
  for (let i = 0; i < w; i++) {
    const [a, b] = span(wave, shape, (from + (to - from) * i / w) * rate, (from + (to - from) * (i + 1) / w) * rate)
    c.fillRect(i, middle - b * size - .5, 1, (b - a) * size + 1)
  }
  if (beats && to - from <= 40) for (const [k, name] of [['s1', 'S1'], ['s2', 'S2']]) for (const t of beats[k]) {
    if (t < from || t > to) continue
    c.fillStyle = colors[k]
    c.globalAlpha = .8
    c.fillRect(x(t) - .75, top - 4, 1.5, foot - top + 4)
    c.globalAlpha = 1
    const near = w / (to - from) * .33 < 26, text = near ? name[1] : name
    c.fillStyle = color('--text')
    if (w / (to - from) * .33 > 8) c.fillText(text, x(t), 12)
  }
  c.fillStyle = color('--accent')
  if (at >= from && at <= to) c.fillRect(x(at) - 1, top - 4, 2, foot - top + 4)
}

export function drawStrip(canvas, {spans, secs, view, at, colors}) {
  const [c, w, h] = fit(canvas), x = t => t / secs * w
  for (const o of spans) {
    c.fillStyle = o.label === 'silent' ? color('--line') : (colors[o.label] ?? colors.unlabelled)
    c.globalAlpha = o.label === 'silent' ? 1 : .35 + .65 * Math.max(0, 2 * (o.probability ?? .5) - 1)
    c.fillRect(x(o.start), 4, Math.max(1, x(o.end) - x(o.start) - (o.end < secs ? 1 : 0)), h - 8)
  }
  c.globalAlpha = 1
  c.strokeStyle = color('--text')
  c.lineWidth = 1.5
  if (view[1] - view[0] < secs - .01) c.strokeRect(x(view[0]) + .75, .75, Math.max(3, x(view[1]) - x(view[0]) - 1.5), h - 1.5)
  c.fillStyle = color('--accent')
  c.fillRect(x(at) - 1, 0, 2, h)
}
