// What a visitor sees and presses. All that computes is in worker.js.
import {Player} from './play.js'
import {Recorder} from './record.js'
import {decode} from './decode.js'
import {drawStrip, drawWave} from './draw.js'
import {clock} from './words.js'

const $ = id => document.getElementById(id), playRate = 8000
const worker = new Worker(new URL('./worker.js', import.meta.url), {type: 'module'})
let told = null, id = 0, sound = null, answer = null, view = [0, 1]
const files = new Map() // sounds the worker may ask the page to decode

// Telling

const say = text => { $('status').textContent = text }
const show = (name, on = true) => { $(name).hidden = !on }
const percent = p => p > .995 ? 'over 99 %' : p < .005 ? 'under 1 %' : `${Math.round(100 * p)} %`
const make = (tag, text, attrs = {}) => Object.assign(document.createElement(tag), {textContent: text}, attrs)

// Giving it a sound

function begin(name, what) {
  player.pause()
  files.clear()
  id++
  sound = answer = null
  show('result', false)
  show('fault', false)
  show('work')
  $('progress').removeAttribute('value')
  $('doing').textContent = told ? `Reading ${name}` : 'Waiting for the net, which comes once'
  say(`Reading ${name}`)
  document.body.dataset.state = 'busy'
  if (what.file) files.set(id, {name, file: what.file})
  worker.postMessage({kind: 'hear', id, name, ...what}, (what.arrays ?? []).map(o => o.buffer))
}

function fault(message) {
  show('work', false)
  show('result', false)
  $('fault').textContent = message
  show('fault')
  document.body.dataset.state = 'bad'
}

async function decodeHere(which) {
  const {name, file} = files.get(which) ?? {}
  if (!file) return
  let found = null
  $('doing').textContent = `Decoding ${name}`
  try { found = await decode(file) } catch { /* said below */ }
  if (which !== id) return
  if (!found) return fault(`${name} ${told.words.faults.unreadable}`)
  worker.postMessage({kind: 'hear', id, name, ...found}, found.arrays.map(o => o.buffer))
}

const cancel = () => {
  worker.postMessage({kind: 'cancel', id: ++id})
  show('work', false)
  say('Cancelled.')
  document.body.dataset.state = 'ready'
}

const heard = {
  ready(o) {
    told = o.told
    for (const [k, label] of [['no', `no ${told.first}`], ['yes', told.first]]) $('scale').style.setProperty(`--${k}`, told.colors[label])
    for (const k of ['s1', 's2']) document.querySelector(`.beats .${k}`).style.background = told.colors[k]
    show('loading', false)
    if (document.body.dataset.state === 'loading') document.body.dataset.state = 'ready'
    document.body.dataset.net = 'ready'
    if (told.engine) { // what the page promises of the browser is not so
      document.querySelector('.lead').textContent = told.said
      for (const o of document.querySelectorAll('[data-here]')) o.hidden = true
    } else setTimeout(keep, 2000)
  },
  broken() {
    show('loading', false)
    fault('The net could not be loaded. Load this page again, or use another browser.')
  },
  progress(o) {
    $('progress').value = o.share
    $('doing').textContent = `${o.what}, ${Math.round(100 * o.share)} %`
  },
  decode(o) { decodeHere(o.id) },
  wave(o) {
    sound = {wave: o.ears, shape: o.shape, rate: playRate, secs: o.secs}
    player.load(o.ears, o.shape.peak)
    view = [0, Math.min(o.secs, matchMedia('(max-width: 40rem)').matches ? 4 : 10)]
  },
  answer(o) {
    answer = globalThis.answer = o.answer
    globalThis.times = {opened: performance.timeOrigin, ...o.times} // both for tools/listen_test.py, and the curious
    show('work', false)
    tell()
    document.body.dataset.state = 'answered'
  },
  bad(o) { fault(o.message) }
}
worker.onmessage = ({data}) => { if (!data.id || data.id === id) heard[data.kind](data) }
worker.onerror = () => heard.broken()

// The answer in words

function meaning({label, probability}) {
  if (label === told.cannot_tell) return 'It hears no beats that are clear enough, so it does not say anything about a murmur. A quiet place, and the microphone pressed lightly on the skin, often help.'
  const sure = Math.round(100 * probability), on = told.calibrated_on
  return `How often is that right? It was calibrated on ${on}, as if murmurs were as common as none: then about ${Math.min(99, sure)} of 100 such answers would be right. Where murmurs are rarer, as they were there, “murmur” is right less often and “no murmur” more often. With your microphone, and other people, it may be wrong more often.`
}

function tell() {
  const {label, probability, doubts, beats, secs, timing, name, unlike, clear} = answer, first = told.first
  $('file').textContent = name
  $('answer').replaceChildren(make('span', label, {className: 'label'}), ...probability === null ? [] : [make('span', percent(probability), {className: 'share'})])
  $('result').dataset.label = label.replaceAll(' ', '-')
  $('means').textContent = meaning(answer)
  const p = answer.probabilities[first]
  show('scale', !unlike)
  $('mark').style.left = `${100 * p}%`
  $('scale').setAttribute('aria-label', `Probability of a ${first}: ${percent(p)}`)
  $('doubts').replaceChildren(...[...doubts, ...unlike ? answer.notes.slice(doubts.length) : []].map(o => make('li', o)))
  show('doubts', $('doubts').children.length > 0)
  const rows = [['Heart rate', beats ? `${Math.round(beats.hr)} a minute` : 'not found', beats?.low > 0 ? `${Math.round(beats.low)} to ${Math.round(beats.high)} with 95 % confidence` : ''],
    ['Beats', beats ? String(beats.s1.length) : '–', `clear to ${Math.round(100 * clear)} %`], ['Length', clock(secs), secs < 60 ? 'seconds after the colon' : '']]
  if (timing) rows.splice(2, 0, ['Murmur', timing, 'by loudness between the heart sounds'])
  rows[rows.length - 1] = ['Length', secs < 60 ? `${secs.toFixed(1)} s` : clock(secs), '']
  $('numbers').replaceChildren(...rows.map(([k, v, more]) => {
    const o = make('div', '')
    o.append(make('dt', k), make('dd', v), ...more ? [make('dd', more, {className: 'more'})] : [])
    return o
  }))
  $('legend').replaceChildren(...[...new Set(answer.spans.map(o => o.label))].map(o => {
    const li = make('li', o), dot = make('i', '')
    dot.style.background = o === 'silent' ? 'var(--line)' : told.colors[o] ?? told.colors.unlabelled
    li.prepend(dot)
    return li
  }))
  show('beat-legend', !!beats)
  $('rows').replaceChildren(...answer.spans.map(o => {
    const tr = make('tr', '')
    tr.append(make('td', clock(o.start)), make('td', clock(o.end)), make('td', o.label), make('td', o.probability === null ? '' : percent(o.probability)))
    return tr
  }))
  for (const o of document.querySelectorAll('[data-after]')) o.hidden = o.dataset.after !== label
  show('result')
  say(`${label}${probability === null ? '' : `, ${percent(probability)}`}. ${answer.notes.join('. ')}. ${told.caution}`)
  draw()
  $('answer').focus({preventScroll: true})
  $('result').scrollIntoView({behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth', block: 'start'})
}

// Wave, timeline, player

const player = new Player(playRate, () => { follow(); draw() })
const width = () => view[1] - view[0]

function look(from, length) {
  const n = Math.min(sound.secs, Math.max(.5, length)), a = Math.max(0, Math.min(sound.secs - n, from))
  view = [a, a + n]
  draw()
}
function follow() {
  if (player.playing && (player.now > view[0] + .8 * width() || player.now < view[0])) {
    const from = player.now < view[0] ? player.now - .1 * width() : player.now - .8 * width()
    view = [0, 1].map(i => Math.max(0, Math.min(sound.secs - width(), from)) + i * width())
  }
}
function draw() {
  if (!sound || !answer) return
  const at = player.now, all = {...sound, ...answer, wave: sound.wave, view, at, colors: told.colors}
  drawWave($('canvas'), all)
  drawStrip($('strip'), all)
  $('play').textContent = player.playing ? '❚❚ Pause' : '▶ Play'
  $('time').textContent = `${clock(at)} / ${clock(sound.secs)}`
  const span = answer.spans.find(o => at <= o.end)
  $('wave').setAttribute('aria-valuemax', sound.secs.toFixed(1))
  $('wave').setAttribute('aria-valuenow', at.toFixed(1))
  $('wave').setAttribute('aria-valuetext', `${at.toFixed(1)} seconds${span ? `, ${span.label}` : ''}`)
}
const zoom = by => look((view[0] + view[1]) / 2 - width() * by / 2, width() * by)
const center = by => { // zooms about the moving line where that is in view
  const at = player.now, mid = at > view[0] && at < view[1] ? at : (view[0] + view[1]) / 2, share = (mid - view[0]) / width()
  look(mid - share * width() * by, width() * by)
}
$('play').onclick = () => player.playing ? player.pause() : player.play()
$('in').onclick = () => center(.5)
$('out').onclick = () => center(2)
$('whole').onclick = () => look(0, sound.secs)

const keys = {ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10}
$('wave').onkeydown = e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return
  const to = e.key in keys ? player.now + keys[e.key] : e.key === 'Home' ? 0 : e.key === 'End' ? sound.secs : null
  if (to !== null) {
    player.seek(to)
    if (player.now < view[0] || player.now > view[1]) look(player.now - width() / 2, width())
  } else if (e.key === ' ') $('play').click()
  else if (e.key === '+') center(.5)
  else if (e.key === '-') center(2)
  else return
  e.preventDefault()
}

let drag = null
const inside = (e, o) => (e.clientX - o.getBoundingClientRect().left) / o.clientWidth
$('wave').onpointerdown = e => { drag = {x: e.clientX, from: view[0], moved: false} }
$('wave').onpointermove = e => {
  if (!drag || !sound) return
  const by = e.clientX - drag.x
  drag.moved ||= Math.abs(by) > 5
  if (drag.moved) {
    $('wave').setPointerCapture(e.pointerId)
    look(drag.from - by / $('canvas').clientWidth * width(), width())
  }
}
$('wave').onpointerup = e => {
  if (drag && !drag.moved) player.seek(view[0] + inside(e, $('canvas')) * width())
  drag = null
}
$('wave').onpointercancel = () => { drag = null }
$('wave').addEventListener('wheel', e => {
  if (!sound || !e.ctrlKey) return
  e.preventDefault()
  const mid = view[0] + inside(e, $('canvas')) * width(), by = e.deltaY > 0 ? 1.25 : .8
  look(mid - (mid - view[0]) * by, width() * by)
}, {passive: false})
const jump = e => {
  const at = inside(e, $('strip')) * sound.secs
  player.seek(at)
  look(at - width() / 2, width())
}
$('strip').onpointerdown = e => { $('strip').setPointerCapture(e.pointerId); jump(e) }
$('strip').onpointermove = e => { if (e.buttons) jump(e) }
new ResizeObserver(draw).observe($('wave'))

// A file

const give = file => file && begin(file.name, {file})
$('choose').onclick = () => $('chosen').click()
$('chosen').onchange = () => { give($('chosen').files[0]); $('chosen').value = '' }
let over = 0
addEventListener('dragenter', e => { if (e.dataTransfer?.types.includes('Files')) { over++; document.body.classList.add('over') } })
addEventListener('dragleave', () => { if (over && !--over) document.body.classList.remove('over') })
addEventListener('dragover', e => e.preventDefault())
addEventListener('drop', e => {
  e.preventDefault()
  over = 0
  document.body.classList.remove('over')
  give(e.dataTransfer.files[0])
})

// A simulated heart

for (const o of document.querySelectorAll('[data-heart]')) o.onclick = async () => {
  const name = o.dataset.name
  document.body.dataset.state = 'busy'
  try {
    const file = await (await fetch(o.dataset.heart)).blob()
    begin(name, {file})
  } catch { fault(`${name} could not be loaded. Try again.`) }
}

// A microphone

let recorder = null
const seconds = () => +document.querySelector('[name=seconds]:checked').value
const level = $('level')
async function record() {
  if (recorder) return finish()
  show('fault', false)
  recorder = new Recorder((peak, secs) => {
    if (!recorder) return
    level.value = Math.max(0, 1 + Math.log10(Math.max(peak, 1e-3)) / 3)
    $('left').textContent = `${Math.max(0, Math.ceil(seconds() - secs))} s left`
    $('loud').textContent = peak > .98 ? 'too loud: hold it more lightly' : peak > .02 ? 'good' : 'quiet: hold it closer'
    if (secs >= seconds()) finish()
  })
  try { await recorder.start() } catch (e) {
    recorder.stop()
    recorder = null
    return fault(e.name === 'NotAllowedError' ? 'The microphone may not be used. Allow it in the settings of the browser for this page, and press Record again.' : 'No microphone was found. Plug one in, or give a recording.')
  }
  $('record').textContent = '■ Stop'
  show('meter')
  say('Recording')
}
function finish() {
  if (!recorder) return
  const {wave, sr} = recorder.stop()
  recorder = null
  $('record').textContent = '● Record'
  show('meter', false)
  if (wave.length) begin('your recording', {arrays: [wave], sr, float: true})
}
$('record').onclick = record

// The rest of the page

$('cancel').onclick = cancel
$('theme').onclick = () => {
  const o = document.documentElement.dataset
  localStorage.theme = o.theme = o.theme === 'dark' ? 'light' : 'dark'
  draw()
}
// Once the net is there, so that the first answer need not wait for what later visits need.
const keep = () => navigator.serviceWorker?.register('listen-offline.js', {scope: './listen'}).then(() => navigator.serviceWorker.ready).then(
  () => { document.body.dataset.offline = 'ready' }, () => {})
