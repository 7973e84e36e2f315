// Reads, resamples and asks the net, beside the page and not in it.
import {BadSound, Sound, fromArrays, openFile} from './sound.js'
import {hear} from './hear.js'
import {outline} from './draw.js'

const get = async name => {
  const res = await fetch(new URL(name, import.meta.url))
  if (!res.ok) throw new Error(`${name} could not be fetched.`)
  return res
}

// When what was done, in ms since 1970: the page's clock and this one begin at different times.
const times = {began: performance.timeOrigin}
const note = what => { times[what] = performance.timeOrigin + performance.now() }

// The net in this thread.
async function here() {
  const [ort, net] = await Promise.all([import('./ort.wasm.min.mjs'), get('heart.onnx').then(o => o.arrayBuffer())])
  note('net fetched')
  Object.assign(ort.env.wasm, {numThreads: 1, wasmPaths: new URL('./', import.meta.url).href})
  ort.env.logLevel = 'error'
  const session = await ort.InferenceSession.create(net, {executionProviders: ['wasm'], graphOptimizationLevel: 'all'})
  note('net ready')
  return async (x, batch) => {
    const wave = new ort.Tensor('float32', x, [batch, 1, x.length / batch]), {logits, states} = await session.run({wave})
    const res = {logits: logits.data.slice(), states: states.data.slice(), steps: states.dims[2]}
    for (const o of [wave, logits, states]) o.dispose()
    return res
  }
}

// The net on a server, which `heart.json` names.
const there = ({engine, classes}) => async (x, batch) => {
  const res = await fetch(new URL(`${engine}?batch=${batch}`, import.meta.url), {method: 'POST', body: x}).catch(() => null)
  if (!res?.ok) throw new BadSound((await res?.json().catch(() => null))?.error ?? 'The server does not answer. Is heartbeat_serve still running?')
  const all = new Float32Array(await res.arrayBuffer()), n = batch * classes.length
  return {logits: all.slice(0, n), states: all.slice(n), steps: (all.length - n) / batch / 4}
}

const ready = (async () => {
  const told = await get('heart.json').then(o => o.json())
  return {told, run: told.engine ? there(told) : await here()}
})()
ready.then(({told}) => postMessage({kind: 'ready', told}), e => postMessage({kind: 'broken', message: String(e?.message ?? e)}))

let current = 0 // the sound that is being heard; 0: none
const turn = new MessageChannel(), waiting = []
turn.port1.onmessage = () => waiting.shift()()
const breathe = () => new Promise(done => { waiting.push(done); turn.port2.postMessage(0) }) // lets messages in, as a cancel
class Cancelled extends Error {}

async function listen({id, name, file, arrays, sr, float}) {
  const {told, run} = await ready
  let told_at = 0
  const tick = async (what, share) => {
    await breathe()
    if (current !== id) throw new Cancelled()
    if (performance.now() - told_at > 100) {
      told_at = performance.now()
      postMessage({kind: 'progress', id, what, share})
    }
  }
  try {
    if (file && !file.size) throw new BadSound(`${name} ${told.words.faults.empty}`)
    const source = arrays ? fromArrays(arrays, sr, float) : await openFile(file)
    if (!source) return postMessage({kind: 'decode', id}) // a browser's task, and that of the page
    note('sound opened')
    const answer = await hear(new Sound(source, name, told), told, run, tick, (ears, secs) => {
      note('sound read')
      const shape = outline(ears)
      postMessage({kind: 'wave', id, ears, secs, shape}, [ears.buffer, shape.low.buffer, shape.high.buffer])
    })
    note('answered')
    postMessage({kind: 'answer', id, answer, times})
  } catch (e) {
    if (e instanceof Cancelled) return
    postMessage({kind: 'bad', id, message: e instanceof BadSound ? e.message : `${name} ${told.words.faults.damaged}`, detail: String(e?.stack ?? e)})
  }
}

onmessage = ({data}) => {
  current = data.id
  if (data.kind === 'hear') listen(data)
}
