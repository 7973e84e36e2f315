// Sentences of the package, which come as templates of Python's str.format.

const number = (x, how) => {
  const [, digits, kind] = /^(?:\.(\d+))?([a-z%]?)$/.exec(how), n = digits === undefined ? 6 : +digits
  if (kind === 'f') return fixed(x, n)
  if (kind === '%') return fixed(100 * x, n) + '%'
  if (kind === 'e') return x.toExponential(n).replace(/e([+-])(\d)$/, 'e$10$2')
  return kind === 'g' ? String(Number(x.toPrecision(n))) : String(x)
}

// As Python, which rounds a half to the even neighbour.
const fixed = (x, n) => {
  const low = Math.floor(x)
  return n === 0 && x - low === .5 ? String(low % 2 ? low + 1 : low) : x.toFixed(n)
}

export const say = (template, values = {}) =>
  template.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name, how) => how ? number(values[name], how) : String(values[name]))

// h:mm:ss.s where there are hours, otherwise m:ss.s
export const clock = secs => {
  const tenths = Math.round(10 * secs), two = n => String(n).padStart(2, '0')
  const hours = Math.floor(tenths / 36000), minutes = Math.floor(tenths / 600) % 60, rest = `${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`
}
