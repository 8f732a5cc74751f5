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
    'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'submit'] }],
    'no-inline-style': 'error',
    // A list that is searched as one types is no select.
    'prefer-native-element': ['error', { exclude: ['listbox', 'combobox'] }],
    'tel-non-breaking': 'off',
  },
}))
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const report = await judge.validateString(html)
  // The palette is left by its keys and sends nothing.
  const found = report.results.flatMap((r) => r.messages).filter((one) => !(one.ruleId === 'wcag/h32' && one.selector === '#palette > form'))
  for (const one of found) console.log(`${name}: ${one.ruleId}: ${one.message} (${one.selector ?? `line ${one.line}`})`)
}
