// Judges HTML by html-validate, which scripts/test-deps installs. Standard input is one JSON object of pages by their names;
// standard output has one line for each fault. The folder that holds node_modules is the first argument.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const { HtmlValidate, StaticConfigLoader } = createRequire(process.argv[2] + '/')('html-validate')
const judge = new HtmlValidate(new StaticConfigLoader({
  root: true,
  extends: ['html-validate:recommended'],
  rules: {
    // Matters of taste, or of the writer's comfort, and not of the reader's browser.
    'long-title': 'off',
    'no-trailing-whitespace': 'off',
    'no-implicit-button-type': 'off',
    'no-implicit-input-type': 'off',
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'submit'] }],
    'no-inline-style': 'error',
    'tel-non-breaking': 'off',
  },
}))
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const report = await judge.validateString(html)
  for (const one of report.results.flatMap((r) => r.messages)) console.log(`${name}: ${one.ruleId}: ${one.message} (${one.selector ?? `line ${one.line}`})`)
}
