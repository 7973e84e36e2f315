// Reads, resamples and asks the net, beside the page and not in it.
import * as ort from './ort.wasm.min.mjs'
import {BadSound, Sound, fromArrays, openFile} from './sound.js'
import {hear} from './hear.js'
import {outline} from './draw.js'

ort.env.wasm.numThreads = 1
ort.env.wasm.wasmPaths = new URL('./', import.meta.url).href
ort.env.logLevel = 'error'

const get = async name => {
  const res = await fetch(new URL(name, import.meta.url))
  if (!res.ok) throw new Error(`${name} could not be fetched.`)
  return res
}
const ready = (async () => {
  const [told, net] = await Promise.all([get('heart.json').then(o => o.json()), get('heart.onnx').then(o => o.arrayBuffer())])
  const session = await ort.InferenceSession.create(net, {executionProviders: ['wasm'], graphOptimizationLevel: 'all'})
  const run = async (x, batch) => {
    const wave = new ort.Tensor('float32', x, [batch, 1, x.length / batch]), {logits, states} = await session.run({wave})
    const res = {logits: logits.data.slice(), states: states.data.slice(), steps: states.dims[2]}
    for (const o of [wave, logits, states]) o.dispose()
    return res
  }
  return {told, run}
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
    const answer = await hear(new Sound(source, name, told), told, run, tick, (ears, secs) => {
      const shape = outline(ears)
      postMessage({kind: 'wave', id, ears, secs, shape}, [ears.buffer, shape.low.buffer, shape.high.buffer])
    })
    postMessage({kind: 'answer', id, answer})
  } catch (e) {
    if (e instanceof Cancelled) return
    postMessage({kind: 'bad', id, message: e instanceof BadSound ? e.message : `${name} ${told.words.faults.damaged}`, detail: String(e?.stack ?? e)})
  }
}

onmessage = ({data}) => {
  current = data.id
  if (data.kind === 'hear') listen(data)
}
