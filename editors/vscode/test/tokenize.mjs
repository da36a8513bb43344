// What the TextMate grammar makes of texts, with the engine of VS Code: reads a JSON list of texts on standard input,
// and writes for each a list of [text of a token, its innermost scope], which put together are the text.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const path = new URL("../syntaxes/mql.tmLanguage.json", import.meta.url);
const registry = new Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => parseRawGrammar(readFileSync(path, "utf8"), "mql.tmLanguage.json"),
});
const grammar = await registry.loadGrammar("source.mql");

function tokens(text) {
  let state = INITIAL;
  return text.split("\n").flatMap((line, at, lines) => {
    const found = grammar.tokenizeLine(line, state);
    state = found.ruleStack;
    const pieces = found.tokens
      .map((token) => [line.slice(token.startIndex, token.endIndex), token.scopes.at(-1)])
      .filter(([piece]) => piece !== "");
    return at + 1 < lines.length ? [...pieces, ["\n", "source.mql"]] : pieces;
  });
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(tokens)));
