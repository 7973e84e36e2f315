// mp3, m4a, ogg, flac and what else the browser knows, at the file's own rate where that can be read from its head.
const ascii = (b, at, n) => String.fromCharCode(...b.subarray(at, at + n))
const find = (b, word, to = b.length) => {
  const code = [...word].map(o => o.charCodeAt(0))
  for (let i = 0; i < to - code.length; i++) if (b[i] === code[0] && code.every((o, k) => b[i + k] === o)) return i
  return -1
}
const mp3Rates = [[11025, 12000, 8000], [], [22050, 24000, 16000], [44100, 48000, 32000]]

export const rateOf = b => {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength), kind = ascii(b, 0, 4)
  if (kind === 'fLaC' && b.length > 21) return b[18] << 12 | b[19] << 4 | b[20] >> 4
  if (kind === 'OggS') {
    const at = find(b, '\x01vorbis', 200)
    return at >= 0 ? v.getUint32(at + 12, true) : 48000
  }
  if (ascii(b, 4, 4) === 'ftyp') {
    const at = find(b, 'mp4a')
    return at >= 0 && at + 30 < b.length ? v.getUint16(at + 28) : 48000
  }
  let at = kind.slice(0, 3) === 'ID3' ? 10 + (b[6] << 21 | b[7] << 14 | b[8] << 7 | b[9]) : 0
  for (const end = Math.min(b.length - 4, at + 8192); at < end; at++) {
    if (b[at] === 255 && (b[at + 1] & 0xE6) === 0xE2) return mp3Rates[b[at + 1] >> 3 & 3][b[at + 2] >> 2 & 3] ?? 48000
  }
  return 48000
}

const large = 4e6, most = 200e6 // bytes: from here on at a low rate, so that memory lasts; and not at all

export async function decode(file) {
  if (file.size > most) return null
  const bytes = await file.arrayBuffer(), own = rateOf(new Uint8Array(bytes))
  const rate = file.size > large ? 8000 : Math.max(8000, Math.min(96000, own * Math.ceil(8000 / own)))
  const sound = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes)
  return {arrays: Array.from({length: sound.numberOfChannels}, (_, i) => sound.getChannelData(i).slice()), sr: sound.sampleRate}
}
