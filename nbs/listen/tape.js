// Runs beside the page and hands on what the microphone gives.
registerProcessor('tape', class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0]?.length) this.port.postMessage(input[0].slice())
    return true
  }
})
