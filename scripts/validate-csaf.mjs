#!/usr/bin/env node
// Judges CSAF 2.0 documents by the BSI's validator library, preset "extended": the strict schema, the mandatory tests
// (6.1) and the optional ones (6.2).
//
//   node validate-csaf.mjs FOLDER FILES…
//
// FOLDER is where npm installed the library (scripts/test-deps says where). Each error and warning is a line of standard
// output, FILE LEVEL TEST POINTER MESSAGE; the last line counts. Exit status: 0 nothing found, 1 something, 2 not to be run.
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, ...files] = process.argv.slice(2)
if (!folder || files.length === 0) {
  console.error('usage: validate-csaf.mjs FOLDER FILES…')
  process.exit(2)
}
const library = (name) =>
  import(pathToFileURL(join(resolve(folder), 'node_modules/@secvisogram/csaf-validator-lib', name)).href)

const { default: validate } = await library('validateStrict.js')
const { csaf_2_0_strict } = await library('schemaTests.js')
const preset = { csaf_2_0_strict, ...(await library('extended.js')) }

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
