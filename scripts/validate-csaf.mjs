#!/usr/bin/env node
// Judges CSAF documents by the BSI's validator library, preset "extended": the strict schema, the mandatory tests
// (6.1) and the optional ones (6.2).
//
//   node validate-csaf.mjs FOLDER FILES…
//   node validate-csaf.mjs --draft FOLDER FILES…
//
// --draft asks for CSAF 2.1, of which the library knows a part of the tests; its schema is not asked.
//
// FOLDER is where npm installed the library (scripts/test-deps says where). Each error and warning is a line of standard
// output, FILE LEVEL TEST POINTER MESSAGE; the last line counts. Exit status: 0 nothing found, 1 something, 2 not to be run.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const args = process.argv.slice(2)
const draft = args[0] === '--draft'
const [folder, ...files] = draft ? args.slice(1) : args
if (!folder || files.length === 0) {
  console.error('usage: validate-csaf.mjs FOLDER FILES…')
  process.exit(2)
}
const library = (name) =>
  import(pathToFileURL(join(resolve(folder), 'node_modules/@secvisogram/csaf-validator-lib', name)).href)

// The strict mode knows no test of the draft.
const { default: validate } = await library(draft ? 'validate.js' : 'validateStrict.js')
const { csaf_2_0_strict } = await library('schemaTests.js')
// The draft's schema asks for multiples of 0.1, which this library's arithmetic finds in few scores; it is judged elsewhere.
const preset = draft
  ? { ...(await library('csaf_2_1/extended.js')) }
  : { csaf_2_0_strict, ...(await library('extended.js')) }
delete preset.csaf_2_1_strict
delete preset.csaf_2_1

let found = 0
for (const file of files) {
  const document = JSON.parse(await readFile(file, 'utf8'))
  const { tests } = await validate(Object.values(preset), document)
  for (const test of tests) {
    const lines = [
      ...test.errors.map((e) => ['error', e.instancePath, e.message]),
      ...test.warnings.map((e) => ['warning', e.instancePath, e.message]),
    ]
    if (!test.isValid && test.errors.length === 0) lines.push(['error', '/', 'failed'])
    for (const [level, pointer, message] of lines) {
      found++
      console.log(`${file} ${level} ${test.name} ${pointer} ${message}`)
    }
  }
}
console.log(`${files.length} documents, ${Object.keys(preset).length} tests, ${found} errors and warnings`)
process.exit(found === 0 ? 0 : 1)
